"""Delivery to a provider that does nothing: queued messages are checked again, rendered, marked, sent and settled.

Floor: a bare Jinja2 render of the same template with the same variables, and the very same writes by `executemany` in
the same two transactions per batch: the message to `sending`, then its outcome, its log rows and its run. The floor
looks nobody up: no contact, event, consent, suppression or quiet hour. The two alternate batch by batch.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jinja2

from automation.engine.engine import Engine
from automation.store.database import Database
from benchmarks.common import (
    CONSENT,
    IDENTITY,
    Result,
    bare_sqlite,
    copy_of,
    in_process,
    insert,
    load_project,
    open_clock,
    open_engine,
    peak_mib,
    transaction,
)

NOW = "2026-08-02T12:00:00+08:00"
TEMPLATE = (
    "【晨光商城】{{ contact.name }}您好，您的订单 {{ event.order_id }}（{{ event.amount / 100 }} 元）已付款，"
    "{% if contact.level == '金卡' %}金卡免运费，{% else %}满 99 元免运费，{% endif %}预计 {{ event.eta }} 送达。"
    "拒收请回复R"
)
RULES = """
defaults:
  quiet_hours: {from: "21:00", to: "09:00", then: delay}
rules:
  - id: paid
    name: 付款通知
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: message.send, with: {channels: [sms], template: paid}}]
"""
CATALOG = """
contact:
  name: {label: 姓名, type: text}
  level: {label: 等级, type: text}
events:
  order.paid: {label: 已付款, properties: {order_id: text, amount: money, eta: text}}
"""
PLUGIN = '''
"""Takes every message and sends nothing."""

from automation.channels import CHANNELS
from automation.i18n import Text
from automation.providers.base import Outcome, Provider


class Null(Provider):
    type = "nothing"
    title = Text("空", "nothing")
    channels = frozenset(CHANNELS)
    max_batch = 500

    def send(self, messages):
        return [Outcome.accepted(message.reference) for message in messages]
'''
SENDING = """UPDATE message SET status = ?, attempts = ?, lease_until = ?, due_at = ?, provider = ?,
account = ?, template_version = ?, variables = ?, sent_at = ? WHERE id = ?"""
OUTCOME = """UPDATE message SET status = ?, due_at = ?, lease_until = ?, provider_message_id = ?, outcome_code = ?,
outcome_detail = ?, settled_at = ?, look_up_at = ? WHERE id = ?"""
PROGRESS = """UPDATE run SET status = ?, position = ?, due_at = ?, mode_key = ?, variables = ?, ended_at = ?, reason = ?
WHERE id = ?"""


def fill(folder: Path, count: int) -> None:
    """`count` members who can be reached, each with a paid order and a message in the queue."""
    (folder / "plugins").mkdir()
    (folder / "plugins" / "nothing.py").write_text(PLUGIN, encoding="utf-8")
    settings = '[providers.sms]\ntype = "nothing"\n'
    load_project(folder, RULES, CATALOG, {"paid.sms.j2": TEMPLATE}, settings)
    engine = open_engine(folder, open_clock(NOW))
    conn = bare_sqlite(folder / "engine.db")
    with transaction(conn):
        _people(conn, count)
    conn.close()
    body = {"name": "order.paid", "occurred_at": "2026-08-02T11:00:00+08:00", "source": "shop"}
    for start in range(0, count, 1000):
        engine.ingest([json.dumps({**body, **_order(i)}) for i in range(start, min(start + 1000, count))])
    while engine.advance(2000):
        pass
    engine.database.close()


def _people(conn: sqlite3.Connection, count: int) -> None:
    everyone = range(1, count + 1)
    attributes = (
        json.dumps({"name": f"会员{i}", "level": "金卡" if i % 3 else "银卡"}, ensure_ascii=False) for i in everyone
    )
    insert(conn, "contact", ((i, text, None, 1, 1) for i, text in zip(everyone, attributes, strict=True)))
    for kind, form in (("member_no", "M{:07}"), ("phone", "+86138{:08}")):
        insert(conn, "identity", ((kind, form.format(i - 1), i, 1) for i in everyone), IDENTITY)
    insert(conn, "consent", ((i, "marketing", "*", "granted", "benchmark", 1, 1) for i in everyone), CONSENT)


def _order(i: int) -> dict[str, Any]:
    properties = {"order_id": f"D{i:08}", "amount": f"{i % 500}.90", "eta": "8 月 5 日"}
    return {"contact": f"M{i:07}", "message_id": f"order-{i:08}", "properties": properties}


def measure(count: int) -> tuple[float, float]:
    """Seconds of the engine and of the floor."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, count)
        engine = open_engine(root, open_clock(NOW))
        bare = copy_of(engine.database, root / "floor.db")
        template = jinja2.Environment().from_string(TEMPLATE)
        seconds: list[tuple[float, float]] = []
        while True:
            done, logged = _last(engine.database)
            begin = time.perf_counter()
            sent = engine.deliver("sms")
            ours = time.perf_counter() - begin
            if not sent:
                break
            seconds.append((ours, _floor(bare, template, _written(engine.database, done, logged))))
        del seconds[0]  # compiles what there is to compile
        return sum(one for one, _ in seconds), sum(one for _, one in seconds)


def _last(database: Database) -> tuple[int, int]:
    """The last message that was accepted, and the last log row."""
    with database.read() as conn:
        return (
            conn.exec_driver_sql("SELECT coalesce(max(id), 0) FROM message WHERE status = 'accepted'").scalar_one(),
            conn.exec_driver_sql("SELECT max(id) FROM execution_log").scalar_one(),
        )


SENT = "FROM message WHERE id > {message} AND status = 'accepted'"
WRITTEN = {
    "sending": "SELECT 'sending', attempts, settled_at + 300000, NULL, provider, account, template_version, variables, "
    "sent_at, id " + SENT,
    "outcome": "SELECT status, due_at, lease_until, provider_message_id, outcome_code, outcome_detail, settled_at, "
    "look_up_at, id " + SENT,
    "progress": "SELECT status, position, due_at, mode_key, variables, ended_at, reason, id FROM run "
    f"WHERE id IN (SELECT run_id {SENT})",
    "log": "SELECT * FROM execution_log WHERE id > {log}",
}


def _written(database: Database, message: int, log: int) -> dict[str, list[Any]]:
    """What the engine has written for the messages above one, and the log rows above one, ready for the floor."""
    with database.read() as conn:
        rows: dict[str, list[Any]] = {
            name: [tuple(row) for row in conn.exec_driver_sql(sql.format(message=message, log=log))]
            for name, sql in WRITTEN.items()
        }
    return {**rows, "variables": [json.loads(row[7]) for row in rows["sending"]]}


def _floor(conn: sqlite3.Connection, template: jinja2.Template, rows: dict[str, list[Any]]) -> float:
    begin = time.perf_counter()
    for variables in rows["variables"]:
        template.render(variables)
    with transaction(conn):
        conn.executemany(SENDING, rows["sending"])
    with transaction(conn):
        conn.executemany(OUTCOME, rows["outcome"])
        conn.executemany(PROGRESS, rows["progress"])
        insert(conn, "execution_log", rows["log"])
    return time.perf_counter() - begin


def peak(count: int) -> float:
    """MiB that a process needs at most to deliver `count` messages."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), count)
        return float(in_process("benchmarks.delivery", folder)["peak"])


def run(quick: bool = False) -> list[Result]:
    count, few, many = (2_000, 2_000, 10_000) if quick else (10_000, 100_000, 200_000)
    ours, floor = measure(count)
    per_second = (f"{count / seconds:,.0f}" for seconds in (ours, floor))
    small, big = peak(few), peak(many)  # SQLite's page cache of 48 MiB is full at either
    return [
        Result("delivery to a null provider: messages a second", *per_second, floor / ours, ">= 0.4"),
        Result(f"its peak memory, {many:,} messages over {few:,} (MiB)", f"{big:.0f}", f"{small:.0f}", big - small),
    ]


def _deliver_alone(folder: Path) -> None:
    engine: Engine = open_engine(folder, open_clock(NOW))
    while engine.deliver("sms"):
        pass
    print(json.dumps({"peak": peak_mib()}))


if __name__ == "__main__":
    _deliver_alone(Path(sys.argv[1]))
