"""The state machine of runs: people enter, wait, leave, meet goals and queue, in any order, and processes crash.

After every action all rows and the whole log are looked at; at the end everybody has come out.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from automation.engine.engine import Engine
from automation.engine.versions import Versions
from automation.rules.program import Await
from automation.store.database import Database
from automation.store.schema import metadata
from tests.engine.world import World

if TYPE_CHECKING:
    from sqlalchemy import Connection

PEOPLE = ("M1", "M2")
MODES = ("skip", "restart", "queue", "parallel")
RULE = """
  - id: {mode}
    name: {mode}
    trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
    mode: {{on_again: {mode}, per: contact}}
    exit_when: [{{did: {{event: vip.welcome, since: entry}}}}]
    goal: {{event: order.paid, where: [{{event.amount: {{gte: 100}}}}], within: 1d}}
    steps:
      - wait: {pause}
      - do: sms.send
        with: {{template: hello}}
      - wait_for: {{event: order.paid, where: [{{event.amount: {{lt: 50}}}}], within: 2h}}
        save_as: paid
        then: [{{do: contact.tag, with: {{add: [付款]}}}}]
        else: [{{if: [{{contact.level: 金卡}}], then: [{{stop: 金卡}}]}}]
      - repeat:
          times: 2
          every: 1h
          steps: [{{do: event.emit, with: {{name: store.stock_out, properties: {{sku: a}}}}}}]
"""
ENDS = {"completed", "stopped", "exited.condition", "exited.goal", "exited.restarted", "exited.removed", "failed.step"}
EXAMPLES = {"sqlite": 6, "postgresql": 4}
AFTER_THE_END = {"goal.met", "skipped.ended", "message.accepted"}
ALIVE = ("active", "sending", "held")


class Crash(Exception):
    """The process is gone before its transaction was committed."""


class CrashingDatabase(Database):
    """Rolls back the transaction that `crash_in` counts down to."""

    crash_in = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as conn:
            yield conn
            self.crash_in -= 1
            if self.crash_in == 0:
                raise Crash


class Runs(RuleBasedStateMachine):
    """What can happen to runs."""

    world: World
    pause = 1

    @initialize()
    def begin(self) -> None:
        self.world = self.fresh()  # type: ignore[attr-defined]
        self.number = count()
        self.over: dict[int, tuple[Any, ...]] = {}
        for n, member in enumerate(PEOPLE):
            self.world.person(member, name=member, phone=f"1380013800{n}", level="金卡" if n else "普卡")
        self.world.run()

    # ------------------------------------------------------------ what happens

    @rule(member=st.sampled_from(PEOPLE), times=st.integers(1, 3))
    def enter(self, member: str, times: int) -> None:
        lines = [self.world.line("whitepaper.downloaded", member, title=str(next(self.number))) for _ in range(times)]
        self.doing(lambda: self.world.events(lines))

    @rule(member=st.sampled_from(PEOPLE), amount=st.sampled_from([1, 70, 100]))
    def pay(self, member: str, amount: int) -> None:
        line = self.world.line("order.paid", member, amount=amount, sku=str(next(self.number)))
        self.doing(lambda: self.world.events([line]))

    @rule(member=st.sampled_from(PEOPLE))
    def leave(self, member: str) -> None:
        line = self.world.line("vip.welcome", member, from_rule=str(next(self.number)))
        self.doing(lambda: self.world.events([line]))

    @rule(minutes=st.sampled_from([1, 30, 60, 120]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    @rule(limit=st.sampled_from([1, 3, 500]))
    def move_some(self, limit: int) -> None:
        self.doing(lambda: self.world.engine.advance(limit))

    @rule()
    def send(self) -> None:
        self.doing(lambda: self.world.engine.deliver("sms"))

    @rule()
    def do_everything_due(self) -> None:
        self.doing(self.world.run)

    @rule(in_transaction=st.integers(1, 3))
    def crash_soon(self, in_transaction: int) -> None:
        self.world.database.crash_in = in_transaction  # type: ignore[attr-defined]

    @rule(off=st.sets(st.sampled_from(MODES), max_size=2), edit=st.booleans())
    def change_the_rules(self, off: set[str], edit: bool) -> None:
        self.pause += edit
        self.world.write_rules(rules(self.pause, off))
        self.doing(self.world.reload)

    def doing(self, action: Callable[[], object]) -> None:
        """A crash ends the process; another one goes on with what is on disk."""
        try:
            action()
        except Crash:
            self.world.engine = Engine(self.world.project(), self.world.database, self.world.clock)

    # ------------------------------------------------------------ what always holds

    @invariant()
    def all_is_well(self) -> None:
        if not hasattr(self, "world"):
            return
        runs, log = self.world.runs(), self.world.table("execution_log")
        keys = {row.id: row.key for row in self.world.table("rule")}
        self.one_inside(runs, keys)
        self.ended_stay_ended(runs)
        self.standing(runs)
        told: dict[int, list[Any]] = {}
        for row in sorted(log, key=lambda row: row.id):
            told.setdefault(row.run_id or 0, []).append(row)
        for run in runs:
            self.story(run, [row.code for row in told[run.id]])
        self.turns(runs, keys, log)

    def one_inside(self, runs: list[Any], keys: dict[int, str]) -> None:
        places = Counter((run.contact_id, run.rule_id) for run in runs if run.status in ALIVE)
        crowded = [place for place, inside in places.items() if inside > 1 and keys[place[1]] != "parallel"]
        assert crowded == []

    def ended_stay_ended(self, runs: list[Any]) -> None:
        for run in runs:
            if run.ended_at is not None:
                seen = (run.status, run.reason, run.position, run.ended_at, run.visit, run.variables, run.due_at)
                assert self.over.setdefault(run.id, seen) == seen
                assert (run.mode_key, run.queue_key, run.wait_event, run.due_at) == (None, None, None, None)
        assert self.over.keys() <= {run.id for run in runs}

    def standing(self, runs: list[Any]) -> None:
        """A living run stands where its columns say."""
        open_ = Counter(row.run_id for row in self.world.messages() if row.status in ("queued", "sending"))
        versions = Versions(self.world.engine.book)
        with self.world.database.read() as conn:
            for run in runs:
                if run.status in ("active", "held"):
                    assert run.due_at is not None
                if run.wait_event is not None:
                    version = versions.get(conn, run.rule_version_id)
                    assert version is not None
                    op = version.program[run.position]
                    assert isinstance(op, Await)
                    assert op.event == run.wait_event
                assert open_[run.id] == (run.status == "sending")

    def story(self, run: Any, codes: list[str]) -> None:
        counted = Counter(codes)
        queued = counted["queued_behind"]
        began = run.status != "queued" and not (queued and run.position == 0 and not counted["entered"])
        assert (counted["entered"], queued) in ({(1, 0), (1, 1)} if began else {(0, 1)})
        ends = [code for code in codes if code in ENDS]
        assert ends == ([] if run.ended_at is None else [run.reason])
        if ends:
            assert set(codes[codes.index(ends[0]) + 1 :]) <= AFTER_THE_END
        waits = counted["waiting.for_event"] - counted["waiting.event_missing"]
        assert waits >= (run.wait_event is not None)
        assert counted["waiting.event_came"] + counted["waiting.event_missing"] <= 1
        assert counted["step.repeated"] == run.visit <= 2
        assert counted["goal.met"] == (run.goal_at is not None)
        assert codes[0] == ("queued_behind" if queued else "entered")

    def turns(self, runs: list[Any], keys: dict[int, str], log: list[Any]) -> None:
        """Nobody stands before a free place, and nobody overtakes."""
        inside = {(run.contact_id, run.rule_id) for run in runs if run.status in ALIVE}
        queued = [run for run in runs if run.status == "queued"]
        assert {(run.contact_id, run.rule_id) for run in queued} <= inside
        begun: dict[tuple[int, int], int] = {}
        for row in log:
            if row.code == "entered" and keys[row.rule_id] == "queue":
                assert begun.get((row.contact_id, row.rule_id), 0) < row.run_id
                begun[row.contact_id, row.rule_id] = row.run_id

    def teardown(self) -> None:
        """When nothing more happens, everybody comes out in the end."""
        if not hasattr(self, "world"):
            return
        self.world.database.crash_in = 0  # type: ignore[attr-defined]
        self.world.write_rules(rules(self.pause, set()))
        with suppress(Crash):
            self.world.reload()
        while any(run.ended_at is None for run in self.world.runs()):
            before = [(run.id, run.status, run.position, run.visit) for run in self.world.runs()]
            self.world.go(hours=12)
            assert before != [(run.id, run.status, run.position, run.visit) for run in self.world.runs()]
        self.all_is_well()
        self.world.engine.close()
        self.world.database.close()


def rules(pause: int, off: set[str]) -> str:
    """All four modes; those in `off` are disabled."""
    texts = []
    for mode in MODES:
        text = RULE.format(mode=mode, pause=f"{pause}m")
        texts.append(text.replace(f"name: {mode}", f"name: {mode}\n    enabled: false") if mode in off else text)
    return "rules:" + "".join(texts)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_runs_keep_their_promises_whatever_happens(
    kind: str, sqlite_template: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    numbers = count()
    server = request.getfixturevalue("postgres_database") if kind == "postgresql" else None

    def database(number: int) -> CrashingDatabase:
        if server is None:
            shutil.copy(sqlite_template, tmp_path / f"{number}.db")
            return CrashingDatabase(f"sqlite:///{tmp_path / f'{number}.db'}")
        emptied(server)
        return CrashingDatabase(server.url.render_as_string(hide_password=False))

    def fresh() -> World:
        number = next(numbers)
        return World(tmp_path / f"project{number}", database(number), rules(1, set()))

    machine = type("Machine", (Runs,), {"fresh": staticmethod(fresh)})
    try:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            machine,
            settings=settings(
                max_examples=EXAMPLES[kind],
                stateful_step_count=30,
                deadline=None,
                database=None,
                phases=[Phase.generate],  # shrinking would take minutes
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        if server is not None:
            emptied(server)


def emptied(server: Database) -> None:
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with server.write() as conn:
        conn.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
