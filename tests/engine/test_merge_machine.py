"""Merges at every moment: three entries of one person under three ids, in any order of things, never get more than one.

The people are merged two by two, by an event or by an import of which the engine hears nothing, while their runs wait,
queue, send and are held. After every action all that is written is looked at, as of the people of that moment.
"""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.resolve import resolve
from automation.store.database import Database
from tests.engine.test_run_machine import emptied
from tests.engine.world import World

PEOPLE = ("a", "b", "c")
MODES = ("skip", "restart", "queue", "parallel")
COUNTED = ("queued", "sending", "accepted", "unknown")
WEEK = 7 * 24 * 3600 * 1000
EXAMPLES = {"sqlite": 6, "postgresql": 1}
TEMPLATES = {"plain.sms.j2": "【店】您好，拒收请回复R"}
RULE = """
  - id: {mode}
    name: {mode}
    trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
    mode: {{on_again: {mode}, per: contact}}
    guards:
      consent: marketing
      frequency_cap: [{{max: 1, per: 7d}}]
      quiet_hours: {{from: "21:00", to: "09:00", then: delay}}
    exit_when: [{{did: {{event: vip.welcome, since: entry}}}}]
    steps:
      - do: coupon.issue
        with: {{batch: BDAY}}
      - do: sms.send
        with: {{template: plain}}
      - wait_for: {{event: order.paid, within: 2h}}
        then: [{{do: contact.tag, with: {{add: [付款]}}}}]
        else: [{{do: sms.send, with: {{template: plain}}}}]
"""


class Merging(RuleBasedStateMachine):
    """What can happen to people who turn out to be one."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.world = self.fresh()  # type: ignore[attr-defined]
        self.number = count()
        self.sent: set[int] = set()
        self.issued: set[int] = set()
        self.groups = [{person} for person in PEOPLE]
        now = to_ms(self.world.clock.now())
        with self.world.database.write() as conn:
            wanted = [{"anonymous_id": name, "phone": f"+861380013800{n}"} for n, name in enumerate(PEOPLE)]
            ids = resolve(conn, self.world.engine.project.catalogue, wanted, now, create=True, actor="test")
            grants = [ConsentChange(id_, "marketing", "*", "granted", "t", now) for id_ in ids if isinstance(id_, int)]
            record_consent(conn, grants)

    # ------------------------------------------------------------ what happens

    @rule(person=st.sampled_from(PEOPLE), name=st.sampled_from(["whitepaper.downloaded"] * 3 + ["order.paid"]))
    def something(self, person: str, name: str) -> None:
        self.event(name, {"anonymous_id": person})

    @rule()
    def everybody_enters(self) -> None:
        for person in PEOPLE:
            self.event("whitepaper.downloaded", {"anonymous_id": person})

    @rule(person=st.sampled_from(PEOPLE))
    def leave(self, person: str) -> None:
        self.event("vip.welcome", {"anonymous_id": person})

    @rule(two=st.permutations(PEOPLE), by_import=st.booleans(), data=st.booleans())
    def merge(self, two: list[str], by_import: bool, data: bool) -> None:
        both = {"anonymous_id": two[0], "phone": f"+861380013800{PEOPLE.index(two[1])}"}
        if by_import:
            with self.world.database.write() as conn:
                now = to_ms(self.world.clock.now())
                resolve(conn, self.world.engine.project.catalogue, [both], now, create=True, actor="import")
        else:
            self.event("store.stock_out" if data else "whitepaper.downloaded", both)

    @rule(minutes=st.sampled_from([1, 119, 121, 600]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    @rule(limit=st.sampled_from([1, 500]))
    def move_some(self, limit: int) -> None:
        self.world.engine.advance(limit)

    @rule()
    def send(self) -> None:
        self.world.engine.deliver("sms")

    @rule()
    def do_everything_due(self) -> None:
        self.world.run()

    def event(self, name: str, contact: dict[str, str]) -> None:
        self.world.clock.advance(timedelta(seconds=1))
        properties = {
            "whitepaper.downloaded": {"title": str(next(self.number))}, "order.paid": {"sku": str(next(self.number))},
            "vip.welcome": {"from_rule": str(next(self.number))}, "store.stock_out": {"sku": str(next(self.number))},
        }[name]  # fmt: skip
        self.world.event(name, contact, **properties)

    # ------------------------------------------------------------ what always holds

    @invariant()
    def one_person_everywhere(self) -> None:
        if not hasattr(self, "world"):
            return
        messages, codes = self.world.messages(), self.world.table("coupon_code")
        self.nobody_gets_more(messages, codes)
        if any(row.settled_at is None for row in self.world.table("contact_merge")):
            return  # the engine has not been called since
        runs, log = self.world.runs(), self.world.table("execution_log")
        merged = {row.id for row in self.world.table("contact") if row.merged_into is not None}
        for rows in (runs, messages, codes, self.world.table("event"), self.world.table("pending_entry")):
            assert not merged & {row.contact_id for row in rows}
        self.one_inside(runs)
        self.nobody_is_deaf(runs, log)
        self.endings(runs, log)

    def nobody_gets_more(self, messages: list[Any], codes: list[Any]) -> None:
        """What is new since the last look is within the limits of whoever the person is now."""
        for row in messages:
            if row.status == "accepted" and row.id not in self.sent:
                self.sent.add(row.id)
                others = [one for one in messages if one.contact_id == row.contact_id and one.status in COUNTED]
                assert [one.id for one in others if abs(one.queued_at - row.queued_at) < WEEK] == [row.id]
        for row in codes:
            if row.id not in self.issued:
                self.issued.add(row.id)
                theirs = [one for one in codes if one.contact_id == row.contact_id and one.status != "returned"]
                assert [one.id for one in theirs] in ([row.id], [])

    def one_inside(self, runs: list[Any]) -> None:
        keys = {row.id: row.key for row in self.world.table("rule")}
        inside = Counter((run.contact_id, run.rule_id) for run in runs if run.status in ("active", "sending", "held"))
        assert [place for place, n in inside.items() if n > 1 and keys[place[1]] != "parallel"] == []
        queued = {(run.contact_id, run.rule_id) for run in runs if run.status == "queued"}
        assert queued <= inside.keys()

    def nobody_is_deaf(self, runs: list[Any], log: list[Any]) -> None:
        """Whoever is inside has heard what the person did, under whichever id."""
        events = self.world.table("event")
        waits = {row.run_id: row.at for row in log if row.code == "waiting.for_event"}
        for run in (run for run in runs if run.ended_at is None):
            theirs = [event for event in events if event.contact_id == run.contact_id]
            assert not any(e.name == "vip.welcome" and e.occurred_at > run.entered_at for e in theirs)
            if run.wait_event is not None:
                assert not any(e.name == run.wait_event and e.received_at > waits[run.id] for e in theirs)

    def endings(self, runs: list[Any], log: list[Any]) -> None:
        """Each run that a merge ended says for which one, and that one was the same person's."""
        by_id = {run.id: run for run in runs}
        told = {row.run_id: row for row in log if row.code == "exited.merged"}
        assert told.keys() == {run.id for run in runs if run.reason == "exited.merged"}
        for run_id, row in told.items():
            assert by_id[row.detail["kept"]].contact_id == by_id[run_id].contact_id
            assert (by_id[run_id].mode_key, by_id[run_id].queue_key, by_id[run_id].wait_event) == (None, None, None)

    def teardown(self) -> None:
        """When nothing more happens, everybody comes out in the end."""
        if not hasattr(self, "world"):
            return
        for _ in range(60):
            if all(run.ended_at is not None for run in self.world.runs()):
                break
            self.world.go(hours=12)
            self.one_person_everywhere()
        assert all(run.ended_at is not None for run in self.world.runs())
        self.world.engine.close()
        self.world.database.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_merged_people_are_one_person_whatever_happens(
    kind: str, sqlite_template: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    numbers = count()
    server = request.getfixturevalue("postgres_database") if kind == "postgresql" else None

    def fresh() -> World:
        number = next(numbers)
        if server is None:
            shutil.copy(sqlite_template, tmp_path / f"{number}.db")
            database = Database(f"sqlite:///{tmp_path / f'{number}.db'}")
        else:
            emptied(server)
            database = Database(server.url.render_as_string(hide_password=False))
        text = "rules:" + "".join(RULE.format(mode=mode) for mode in MODES)
        return World(tmp_path / f"project{number}", database, text, templates=TEMPLATES)

    machine = type("Machine", (Merging,), {"fresh": staticmethod(fresh)})
    try:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            machine,
            settings=settings(
                max_examples=EXAMPLES[kind], stateful_step_count=25, deadline=None, database=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
    finally:
        if server is not None:
            emptied(server)
