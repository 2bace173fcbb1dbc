"""`why` and `funnel` on a full database: a million people, ten million events, three million runs.

Nothing may grow with the number of people except a funnel, which grows with what its own rule has done.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from automation.clock import to_ms
from automation.i18n import language
from automation.insight.funnel import read_funnel
from automation.insight.why import why
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from benchmarks.common import (
    IDENTITY,
    Result,
    bare_sqlite,
    insert,
    load_project,
    open_clock,
    open_engine,
    shown,
    transaction,
)

PEOPLE = 1_000_000
NOW = "2026-08-01T12:00:00+08:00"
LIMIT = 1.0
"""Seconds that an account may take."""

CATALOG = """
contact:
  level: {type: text, choices: [普卡, 银卡, 金卡]}
events:
  order.paid: {label: 已付款, properties: {amount: {type: money}}}
"""
RULES = """
defaults: {frequency_cap: [{max: 4, per: 7d}]}
rules:
  - id: thanks
    trigger: {type: event, with: {name: order.paid}}
    audience: [{contact.level: [银卡, 金卡]}, {did: {event: order.paid, within: 90d, at_least: 2}}]
    guards: {cooldown: 30d}
    steps:
      - do: contact.tag
        with: {add: [x]}
      - wait: 3d
      - do: message.send
        with: {channels: [sms], template: hello}
  - id: birthday
    trigger: {type: anniversary, with: {field: contact.birthday, at: "10:00"}}
    audience: [{contact.level: 金卡}]
    steps: [{do: contact.tag, with: {add: [x]}}]
  - id: win_back
    trigger: {type: inactivity, with: {event: order.paid, for: 90d, at: "10:00"}}
    steps: [{do: contact.tag, with: {add: [x]}}]
  - id: everybody
    trigger: {type: schedule, with: {cron: "0 10 * * *"}}
    audience: [{contact.level: 金卡}]
    steps: [{do: contact.tag, with: {add: [x]}}]
"""
TEMPLATES = {"hello.sms.j2": "【店】您好，拒收请回复R"}


def run(quick: bool = False) -> list[Result]:
    """The slowest of each kind of question, for people from the first to the last."""
    people = PEOPLE // 10 if quick else PEOPLE
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        load_project(root, RULES, CATALOG, TEMPLATES)
        clock = open_clock(NOW)
        engine = open_engine(root, clock)
        engine.close()
        _fill(root / "engine.db", people, to_ms(clock.now()))
        database, project = Database(f"sqlite:///{root / 'engine.db'}"), Project.load(Settings.load(root))
        asked = [1, people // 2, people]
        yesterday = clock.now() - timedelta(days=1)
        results = []
        with language("en"):
            for rule in ("thanks", "birthday", "win_back", "everybody"):
                for at in (None, yesterday):
                    name = f"why {rule}{' --at yesterday' if at else ''}, {people:,} people"
                    worst = max(
                        _timed(lambda i=i, r=rule, a=at: why(database, project, r, i, clock.now(), a)) for i in asked
                    )
                    results.append(_result(name, worst))
            seconds = _timed(lambda: read_funnel(database, project, "thanks"))
        database.close()
        results.append(Result(f"funnel of {people:,} entries", shown(seconds), "–", seconds))
        return results


def _result(name: str, seconds: float) -> Result:
    return Result(name, shown(seconds), shown(LIMIT), seconds / LIMIT, "<= 1")


def _timed(ask: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    ask()
    return time.perf_counter() - begin


def _fill(path: Path, people: int, now: int) -> None:
    """Two orders, one run and its log for each person; a month of daily firings of the three clock rules."""
    conn = bare_sqlite(path)
    rules = {key: (id_, version) for id_, key, version in conn.execute("SELECT id, key, version_id FROM rule")}
    with transaction(conn):
        conn.execute("UPDATE rule SET activated_at = ?", (now - 100 * _DAY,))
        conn.execute("UPDATE rule_version SET created_at = ?", (now - 100 * _DAY,))
        insert(conn, "contact", _contacts(people, now), "(id, attributes, created_at, updated_at)")
        insert(conn, "identity", (("member_no", f"M{i}", i, now) for i in range(1, people + 1)), IDENTITY)
        insert(conn, "contact_date", _birthdays(people), "(field, month_day, contact_id, lunar_month_day)")
        insert(conn, "event", _orders(people, now), _EVENT)
        insert(conn, "run", _runs(people, now, *rules["thanks"]), _RUN)
        insert(conn, "execution_log", _log(people, now, *rules["thanks"]), _LOGGED)
        for key in ("birthday", "win_back", "everybody"):
            insert(conn, "occurrence", _firings(key, people, now, *rules[key]), _FIRING)
    conn.execute("ANALYZE")
    conn.close()


_DAY = 86_400_000
_EVENT = "(id, name, contact_id, occurred_at, received_at, source, message_id, properties)"
_RUN = (
    "(id, key, rule_id, rule_version_id, contact_id, event_id, status, position, variables, entered_at, ended_at,"
    " reason)"
)
_LOGGED = "(at, code, rule_id, rule_version_id, contact_id, run_id, event_id, step)"
_FIRING = (
    "(key, rule_id, rule_version_id, due_at, since, since_event_id, status, cursor, looked_at, entered, skipped,"
    " finished_at)"
)


def _contacts(people: int, now: int) -> Iterator[tuple[Any, ...]]:
    levels = ("普卡", "银卡", "金卡")
    for i in range(1, people + 1):
        text = f'{{"level": "{levels[i % 3]}", "birthday": "1990-{i % 12 + 1:02}-{i % 28 + 1:02}"}}'
        yield i, text, now - 100 * _DAY, now - 100 * _DAY


def _birthdays(people: int) -> Iterator[tuple[Any, ...]]:
    for i in range(1, people + 1):
        yield "birthday", f"{i % 12 + 1:02}-{i % 28 + 1:02}", i, ""


def _orders(people: int, now: int) -> Iterator[tuple[Any, ...]]:
    """In the order of time: one each within the 95 days before the last 5, and one each within 45 days."""
    for n in range(2 * people):
        i, at = n % people + 1, now - 100 * _DAY + n * 90 * _DAY // (2 * people)
        yield n + 1, "order.paid", i, at, at, "bench", f"o{n}", '{"amount": "9.90"}'


def _runs(people: int, now: int, rule: int, version: int) -> Iterator[tuple[Any, ...]]:
    for i in range(1, people + 1):
        at = now - 60 * _DAY + i * 40 * _DAY // people
        yield i, f"e{i}", rule, version, i, i, "done", 3, "{}", at, at + 3 * _DAY, "completed"


def _log(people: int, now: int, rule: int, version: int) -> Iterator[tuple[Any, ...]]:
    steps = [("entered", None), ("step.done", 0), ("waiting", 1), ("message.queued", 2), ("message.accepted", 2)]
    for i in range(1, people + 1):
        at = now - 60 * _DAY + i * 40 * _DAY // people
        for code, step in steps:
            path = None if step is None else f"rules/thanks/steps/{step}"
            yield at, code, rule, version, i, i, i if step is None else None, path


def _firings(key: str, people: int, now: int, rule: int, version: int) -> Iterator[tuple[Any, ...]]:
    for days in range(30, 0, -1):
        due = now - days * _DAY - 2 * 3_600_000
        skipped = f'{{"skipped.audience": {people}}}'
        yield f"{key}{days}", rule, version, due, due - _DAY, 0, "done", people, people, 0, skipped, due + 60_000
