"""The win-back rule over a whole history of real orders: its entries equal an independent computation, and how fast."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from automation.clock import ManualClock, from_ms
from automation.engine.engine import Engine
from automation.store.database import Database
from automation.store.schema import identity
from automation.store.schema import run as run_table
from benchmarks.common import ROOT, Result, load_project
from examples.cdnow import SAMPLE, WIN_BACK, ZONE, Order, expected_win_backs, read_orders, replay


def run(quick: bool = False, orders: Path = SAMPLE) -> list[Result]:
    """546 days on SQLite, each with its events, its check of who lapsed, its coupons and messages."""
    history = read_orders(orders)
    if quick:
        kept = set(sorted({order.customer for order in history})[:100])
        history = [order for order in history if order.customer in kept]
    with tempfile.TemporaryDirectory() as folder:
        seconds, entered = _live(Path(folder), history)
    expected = expected_win_backs(history)
    name = f"win-back over {len(history):,} orders: entries"
    ratio = len(entered & expected) / max(len(entered | expected), 1)
    return [
        Result(name, f"{len(entered):,} in {seconds:.0f} s", f"{len(expected):,}", ratio, ">= 1"),
    ]


def _live(folder: Path, orders: list[Order]) -> tuple[float, set[tuple[str, object]]]:
    catalog = (ROOT / "catalog.yaml").read_text(encoding="utf-8")
    templates = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "templates").glob("*.j2")}
    settings = '[providers.email]\ntype = "outbox"\nformat = "jsonl"\n'
    project = load_project(folder, WIN_BACK, catalog, templates, settings)
    database = Database(f"sqlite:///{folder / 'history.db'}")
    database.migrate()
    clock = ManualClock(datetime(1996, 12, 31, tzinfo=UTC))
    engine = Engine(project, database, clock)
    begin = time.perf_counter()
    replay(engine, clock, orders)
    seconds = time.perf_counter() - begin
    engine.close()
    with database.read() as conn:
        customers = {
            row.contact_id: row.value.removeprefix("CD")
            for row in conn.execute(select(identity).where(identity.c.kind == "member_no"))
        }
        entered = {
            (customers[row.contact_id], from_ms(int(row.key.removeprefix("after:"))).astimezone(ZONE).date())
            for row in conn.execute(select(run_table))
        }
    return seconds, entered
