"""Limits under concurrency: several workers hammer the same people, then the tables are counted.

Never more than allowed; and not fewer, where the number is certain. On PostgreSQL by four processes, on SQLite by four
threads with a database of their own each, and by two processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, select

from automation.clock import SystemClock
from automation.store import schema
from automation.store.database import Database
from tests.engine.hammer import EVENTS, PEOPLE, hammer, start
from tests.engine.world import World

ROOT = Path(__file__).parents[2]
ROUNDS = 4
STOCK, MESSAGES, PAID = 4, 7, 5
CATALOG = "events:\n" + "".join(f"  hit.{name}: {{label: {name}}}\n" for name in EVENTS) + (
    f"coupons:\n  FEW: {{label: 券, kind: generated, stock: {STOCK}, per_contact: 1, valid_for: 1d, prefix: F}}\n"
    "  LOTS: {label: 券, kind: generated, per_contact: 100, valid_for: 1d, prefix: L}\n"
)  # fmt: skip
SMS = "{do: sms.send, with: {template: hello}}"
BOTH = "{do: message.send, with: {channels: [sms, email], template: hello}}"
FREE = "consent: transactional, frequency_cap: none"


def rule(id_: str, on: str, guards: str, steps: str, mode: str = "parallel", priority: int = 0) -> str:
    return f"""
  - id: {id_}
    name: {id_}
    priority: {priority}
    trigger: {{type: event, with: {{name: hit.{on}}}}}
    mode: {{on_again: {mode}, per: contact}}
    guards: {{{guards}}}
    steps: [{steps}]"""


ALLOWED = "limit: [{max: 5, per: 30d, of: entries}, {max: 3, per: 30d, of: coupons}]"
RULES = (
    "defaults: {frequency_cap: [{max: 3, per: 1d, channel: sms}, {max: 5, per: 7d}]}\nrules:"
    + rule("all_1", "all", "consent: marketing", BOTH)
    + rule("all_2", "all", "consent: marketing", BOTH)
    + rule("own", "own", "frequency_cap: [{max: 2, per: 1d, scope: rule}]", SMS)
    + rule("cool", "cool", "cooldown: 30d", "{do: contact.tag, with: {add: [x]}}")
    + rule("skip", "skip", "consent: marketing", "{wait: 1d}", "skip")
    + rule("queue", "queue", "consent: marketing", "{wait: 1d}", "queue")
    + rule("restart", "restart", "consent: marketing", "{wait: 1d}", "restart")
    + rule("coupon", "coupon", "consent: marketing", "{do: coupon.issue, with: {batch: FEW}}")
    + rule("limit", "limit", ALLOWED, "{do: coupon.issue, with: {batch: LOTS}}")
    + rule("budget", "budget", f"{FREE}, budget: {{messages: {MESSAGES}}}", SMS)
    + rule("cost", "cost", f"{FREE}, budget: {{cost: 0.5}}", SMS)
)
RULES += rule("low", "rank", "frequency_cap: [{max: 1, per: 1d}]", SMS, priority=1)
RULES += rule("high", "rank", "frequency_cap: [{max: 1, per: 1d}]", SMS, priority=9)
SETTINGS = '[prices]\nsms = "0.1"\n'


@dataclass
class Hammered:
    """What is in the tables afterwards."""

    database: Database
    workers: int

    @property
    def each(self) -> int:
        """How many events of one name every person had."""
        return self.workers * ROUNDS

    def rows(self, name: str) -> list[Any]:
        with self.database.read() as conn:
            return list(conn.execute(select(schema.metadata.tables[name])))

    def of(self, table: str, rule_key: str) -> list[Any]:
        ids = {row.key: row.id for row in self.rows("rule")}
        return [row for row in self.rows(table) if row.rule_id == ids[rule_key]]


@pytest.fixture(
    scope="module", params=[("postgresql", 4), ("sqlite", 4), ("sqlite", 2)],
    ids=["postgresql-4-processes", "sqlite-4-threads", "sqlite-2-processes"],
)  # fmt: skip
def hammered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hammered]:
    kind, workers = request.param
    folder = tmp_path_factory.mktemp("hammer")
    if kind == "sqlite":
        database = Database(f"sqlite:///{folder / 'automation.db'}")
    else:
        database = request.getfixturevalue("own_postgres")
    database.migrate()
    w = World(folder, database, RULES, catalog=CATALOG, settings=SETTINGS)
    w.clock.set(SystemClock().now())
    for person in range(PEOPLE):
        w.person(f"M{person}", phone=f"1380013800{person}", email=f"m{person}@example.com", name="安娜")
        for letter, digit in (("O", 1), ("R", 2)):
            w.person(f"{letter}{person}", phone=f"139001390{digit}{person}", name="波")
    names = [f"w{i}" for i in range(workers)]
    (_threads if (kind, workers) == ("sqlite", 4) else _processes)(folder, database, names)
    w.clock.set(SystemClock().now() + timedelta(seconds=2))  # who had to wait for a moment has waited
    w.run()
    yield Hammered(database, workers)
    w.engine.close()
    database.close()


@pytest.fixture(scope="module")
def own_postgres(postgres_server: str) -> Iterator[Database]:
    """A database that is kept for the whole module."""
    name = f"hammered_{os.getpid()}"  # each worker of the suite may have its own at the same time
    admin = create_engine(make_url(postgres_server), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name}")
    database = Database(make_url(postgres_server).set(database=name).render_as_string(hide_password=False))
    yield database
    database.close()
    with admin.connect() as conn:
        conn.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


def _processes(folder: Path, database: Database, names: list[str]) -> None:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.engine.hammer", str(folder), url]
    workers = [
        subprocess.Popen([*command, name, str(ROUNDS)], cwd=ROOT, stderr=subprocess.PIPE, text=True) for name in names
    ]
    start(folder, names)
    for worker in workers:
        _, told = worker.communicate(timeout=120)
        assert worker.returncode == 0, told
        assert "deadlock" not in told.lower(), told


def _threads(folder: Path, database: Database, names: list[str]) -> None:
    url = database.url.render_as_string(hide_password=False)
    with ThreadPoolExecutor(len(names)) as pool:
        working = [pool.submit(hammer, folder, url, name, ROUNDS) for name in names]
        start(folder, names)
        for one in working:
            one.result(timeout=120)


def test_every_event_was_taken_once_and_everybody_exists_once(hammered: Hammered) -> None:
    names = Counter(event.name for event in hammered.rows("event"))
    assert {names[f"hit.{name}"] for name in EVENTS} == {PEOPLE * hammered.each}
    assert len([row for row in hammered.rows("contact") if row.merged_into is None]) == 3 * PEOPLE


def test_caps_hold_per_channel_and_in_total_and_are_used_up(hammered: Hammered) -> None:
    """Two rules, three SMS a day, five messages in all: each person has exactly three SMS and two e-mails."""
    got = [m for key in ("all_1", "all_2") for m in hammered.of("message", key)]
    assert {m.status for m in got} == {"accepted"}
    counted = Counter((m.contact_id, m.channel) for m in got)
    assert len(counted) == 2 * PEOPLE
    assert {(channel, count) for (_, channel), count in counted.items()} == {("sms", 3), ("email", 2)}
    skipped = [row for row in hammered.rows("execution_log") if row.code == "skipped.frequency_cap"]
    ids = {row.id for row in hammered.rows("rule") if row.key in ("all_1", "all_2", "own")}
    refused = [row for row in skipped if row.rule_id in ids]
    assert len(refused) == PEOPLE * (2 * hammered.each - 5) + PEOPLE * (hammered.each - 2)


def test_a_rules_own_cap_holds_and_is_used_up(hammered: Hammered) -> None:
    counted = Counter(m.contact_id for m in hammered.of("message", "own"))
    assert sorted(counted.values()) == [2] * PEOPLE


def test_the_higher_rule_has_the_place_of_everybody(hammered: Hammered) -> None:
    """Both rules have a run of every event: not one of the lower rule's messages is sent, whoever moves it."""
    assert sorted(Counter(m.contact_id for m in hammered.of("message", "high")).values()) == [1] * PEOPLE
    assert [m.status for m in hammered.of("message", "low")] == []
    told = Counter(row.code for row in hammered.of("execution_log", "low"))
    assert told["skipped.outranked"] == PEOPLE * hammered.each


def test_a_cooldown_lets_everybody_in_once(hammered: Hammered) -> None:
    assert sorted(Counter(run.contact_id for run in hammered.of("run", "cool")).values()) == [1] * PEOPLE


def test_limits_are_used_up_and_not_passed(hammered: Hammered) -> None:
    entered = Counter(run.contact_id for run in hammered.of("run", "limit"))
    assert sorted(entered.values()) == [5] * PEOPLE
    coupons = [code for code in hammered.rows("coupon_code") if code.code.startswith("L")]
    assert sorted(Counter(code.contact_id for code in coupons).values()) == [3] * PEOPLE


def test_nobody_is_inside_twice(hammered: Hammered) -> None:
    assert sorted(Counter(run.contact_id for run in hammered.of("run", "skip")).values()) == [1] * PEOPLE
    alive = Counter(run.contact_id for run in hammered.of("run", "restart") if run.ended_at is None)
    assert sorted(alive.values()) == [1] * PEOPLE
    assert len(hammered.of("run", "restart")) == PEOPLE * hammered.each


def test_a_queue_lets_in_one_and_keeps_all_others(hammered: Hammered) -> None:
    standing = Counter((run.contact_id, run.status) for run in hammered.of("run", "queue"))
    assert sorted(count for (_, status), count in standing.items() if status == "active") == [1] * PEOPLE
    waiting = sorted(count for (_, status), count in standing.items() if status == "queued")
    assert waiting == [hammered.each - 1] * PEOPLE


def test_a_stock_is_given_out_to_the_last_and_no_further(hammered: Hammered) -> None:
    codes = [row for row in hammered.rows("coupon_code") if row.code.startswith("F")]
    assert len(codes) == len({row.code for row in codes}) == STOCK
    assert max(Counter(row.contact_id for row in codes).values()) == 1
    (few,) = [batch for batch in hammered.rows("coupon_batch") if batch.key == "FEW"]
    assert few.issued == STOCK


def test_budgets_are_used_up_and_not_passed(hammered: Hammered) -> None:
    assert Counter(m.status for m in hammered.of("message", "budget")) == {"accepted": MESSAGES}
    assert [(use.messages, use.cost) for use in hammered.of("budget_use", "budget")] == [(MESSAGES, MESSAGES * 1000)]
    paid = hammered.of("message", "cost")
    assert Counter(m.status for m in paid) == {"accepted": PAID, "dropped": PEOPLE * hammered.each - PAID}
    assert sum(m.cost or 0 for m in paid) == PAID * 1000
    assert [(use.messages, use.cost) for use in hammered.of("budget_use", "cost")] == [(PAID, PAID * 1000)]


def test_every_run_came_to_its_end_or_waits(hammered: Hammered) -> None:
    """Nobody is forgotten half-way: nothing is left that is due, or that waits for a message."""
    left = Counter(run.status for run in hammered.rows("run") if run.ended_at is None)
    assert left == {"active": 3 * PEOPLE, "queued": PEOPLE * (hammered.each - 1)}
    assert {m.status for m in hammered.rows("message")} == {"accepted", "dropped"}
