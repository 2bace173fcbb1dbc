"""The win-back rule over eighteen months of real orders enters exactly whom an independent computation names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from automation.clock import ManualClock, from_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.engine.engine import Engine
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from automation.store.schema import coupon_code, event, identity, message, run
from examples.cdnow import LAST_DAY, WIN_BACK, ZONE, expected_win_backs, read_orders, replay

ROOT = Path(__file__).resolve().parents[2]


def test_win_backs_on_the_sample(db: Database, tmp_path: Path) -> None:
    # given the repository's catalogue and templates, and the rule without a control group
    (tmp_path / "rules.yaml").write_text(WIN_BACK, encoding="utf-8")
    (tmp_path / "catalog.yaml").write_text((ROOT / "catalog.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "templates").symlink_to(ROOT / "templates")
    (tmp_path / "automation.toml").write_text('[providers.email]\ntype = "outbox"\nformat = "jsonl"\n')
    clock = ManualClock(datetime(1996, 12, 31, tzinfo=UTC))
    engine = Engine(Project.load(Settings.load(tmp_path)), db, clock)
    orders = read_orders()
    # when the history is lived through; every fifth customer can be written to
    reachable = _reachable(db, orders, clock)
    last_day, lapses = (
        (LAST_DAY, 1491) if db.is_sqlite else (date(1997, 6, 30), 332)
    )  # each day costs a hundred round trips
    replay(engine, clock, orders, last_day=last_day)
    # then
    expected = expected_win_backs(orders, last_day=last_day)
    assert len(expected) == lapses
    with db.read() as conn:
        customers = {row.contact_id: row.value.removeprefix("CD") for row in _identities(conn)}
        entered = {
            (customers[row.contact_id], from_ms(int(row.key.removeprefix("after:"))).astimezone(ZONE).date())
            for row in conn.execute(select(run))
        }
        assert entered == expected
        assert len(set(conn.scalars(select(coupon_code.c.run_id)))) == len(expected)
        mailed = list(conn.scalars(select(message.c.contact_id).where(message.c.status == "accepted")))
        assert sorted(customers[c] for c in mailed) == sorted(c for c, _ in expected if c in reachable)
        bought = select(event.c.id).where(event.c.name == "order.paid")
        assert len(list(conn.scalars(bought))) == len([order for order in orders if order.day <= last_day])
    assert len(orders) == 6919


def _reachable(db: Database, orders: list[Any], clock: ManualClock) -> set[str]:
    from automation.catalogue.loader import load_catalogue
    from automation.contacts.resolve import resolve

    chosen = sorted({order.customer for order in orders})[::5]
    catalogue, _ = load_catalogue(None, "catalog.yaml")
    now = int(clock.now().timestamp() * 1000)
    with db.write() as conn:
        wanted = [{"member_no": f"CD{c}", "email": f"c{c}@example.com"} for c in chosen]
        ids = resolve(conn, catalogue, wanted, now, create=True, actor="test")
        record_consent(conn, [ConsentChange(i, "marketing", "email", "granted", "test", now) for i in ids])  # type: ignore[arg-type]
    return set(chosen)


def _identities(conn: Any) -> Any:
    return conn.execute(select(identity).where(identity.c.kind == "member_no"))
