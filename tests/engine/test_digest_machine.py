"""Digests at every moment: an event is told once at most, and one that is not told says why, whatever happens.

Events come in batches, late, at equal times and twice; people are merged and split, the rule is edited back and forth,
events are pruned, the past is backfilled, and a second engine works on the same tables.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from automation.clock import to_ms
from automation.contacts.names import ContactError
from automation.contacts.splitting import undo_merge
from automation.engine.backfill.backfill import Backfill
from automation.engine.engine import Engine
from automation.engine.retention import Pruning
from automation.engine.versions import Versions
from automation.store.database import Database
from tests.engine.test_run_machine import emptied
from tests.engine.world import World

PEOPLE = ("a", "b", "c")
EXAMPLES = {"sqlite": 25, "postgresql": 4}
TEMPLATES = {
    "digest.sms.j2": "【店】{{ digest.count }}单：{% for e in digest.events %}<{{ e.sku }}>{% endfor %}拒收请回复R",
    "single.sms.j2": "【店】<{{ event.sku }}>拒收请回复R",
}
RULE = """
rules:
  - id: daily
    name: 每日汇总
    on_change: {how}
    trigger: {{type: event, with: {{name: order.paid, where: [{{event.amount: {{gte: 1}}}}]}}}}
    {version}
    guards: {{consent: transactional}}
    exit_when: [{{did: {{event: vip.welcome, since: entry}}}}]
    steps: [{{do: sms.send, id: tell, with: {{template: {template}}}}}]
"""
VERSIONS = {
    "daily": ('digest: {for: 1d, at: "18:00"}', "digest"),
    "hours": ("digest: {for: 5h}", "digest"),
    "weekly": ("digest: {for: 7d}", "digest"),
    "each": ("digest: {for: 1d}\n    mode: {per: [contact, event.amount]}", "digest"),
    "none": ("mode: {on_again: skip, per: contact}", "single"),
}
KEEP = '[retention]\nevents = "1d"\nlog = "1d"\n'


def written(version: str, how: str) -> str:
    extra, template = VERSIONS[version]
    return RULE.format(how=how, version=extra, template=template)


class Digesting(RuleBasedStateMachine):
    """What can happen to the events of three people."""

    world: World

    @initialize(version=st.sampled_from(sorted(VERSIONS)))
    def begin(self, version: str) -> None:
        self.world = self.fresh(written(version, "move"))  # type: ignore[attr-defined]
        self.number = count()
        self.lines: list[str] = []  # the last batch
        for n, name in enumerate(PEOPLE):
            self.world.person(f"M{n}", phone=f"1380013800{n}", anonymous_id=name)

    # ------------------------------------------------------------ what happens

    @rule(
        people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4), late=st.sampled_from([0, 0, 1, 30, 200]),
        amount=st.sampled_from([0, 1, 2]),
    )  # fmt: skip
    def buy(self, people: list[str], late: int, amount: int) -> None:
        """All at one moment, and some of them long ago."""
        moment = self.world.clock.now() - timedelta(hours=late)
        lines = [
            self.world.line(
                "order.paid", {"anonymous_id": person}, moment=moment, sku=str(next(self.number)), amount=amount
            )
            for person in people
        ]
        self.lines = lines
        self.world.events(lines)

    @rule()
    def replay(self) -> None:
        self.world.events(self.lines)

    @rule(person=st.sampled_from(PEOPLE))
    def leave(self, person: str) -> None:
        self.world.event("vip.welcome", {"anonymous_id": person}, from_rule=str(next(self.number)))

    @rule(two=st.permutations(PEOPLE))
    def merge(self, two: list[str]) -> None:
        both = {"anonymous_id": two[0], "phone": f"+861380013800{PEOPLE.index(two[1])}"}
        self.world.event("whitepaper.downloaded", both, title=str(next(self.number)))

    @rule(contact_id=st.sampled_from([1, 2, 3]))
    def split(self, contact_id: int) -> None:
        now = to_ms(self.world.clock.now())
        try:
            with self.world.database.write() as conn:
                undo_merge(conn, self.world.engine.project.catalogue, contact_id, now, "tester")
        except ContactError:
            pass  # they are nobody else's

    @rule(version=st.sampled_from(sorted(VERSIONS)), how=st.sampled_from(["move", "move", "finish", "exit"]))
    def edit(self, version: str, how: str) -> None:
        self.world.reload(written(version, how))

    @rule()
    def prune(self) -> None:
        Pruning(self.world.database, self.world.project(), self.world.clock).run(actor="tester")

    @rule(hours=st.sampled_from([3, 40, 300]))
    def backfill(self, hours: int) -> None:
        w, book = self.world, self.world.engine.book
        Backfill(w.database, w.clock, book, Versions(book))("daily", w.clock.now() - timedelta(hours=hours), "tester")

    @rule(minutes=st.sampled_from([0, 1, 119, 301, 1441]))
    def time_passes(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    @rule(limit=st.sampled_from([1, 500]))
    def move_some(self, limit: int) -> None:
        self.world.engine.advance(limit)

    @rule()
    def another_engine(self) -> None:
        """A restart: nothing is known but what is written."""
        self.world.engine.close()
        self.world.engine = Engine(self.world.project(), self.world.database, self.world.clock)

    @rule()
    def do_everything_due(self) -> None:
        self.world.run()

    # ------------------------------------------------------------ what always holds

    @invariant()
    def told_once(self) -> None:
        if hasattr(self, "world"):
            assert [sku for sku, n in self.told().items() if n > 1] == []
            assert not any("】0单" in text for text in self.world.outbox("sms"))

    def told(self) -> Counter[str]:
        return Counter(sku for text in self.world.outbox("sms") for sku in re.findall(r"<(\d+)>", text))

    def teardown(self) -> None:
        """When nothing more happens, each event was told, or something says why it was not."""
        if not hasattr(self, "world"):
            return
        for _ in range(20):
            self.world.run()
            if all(run.ended_at is not None for run in self.world.runs()):
                break
            self.world.go(hours=24)
        self.told_once()
        self.accounted()
        self.world.engine.close()
        self.world.database.close()

    def accounted(self) -> None:
        told, runs, log = self.told(), self.world.runs(), self.world.table("execution_log")
        said, of_run = defaultdict(set), defaultdict(list)
        for row in log:
            said[row.event_id].add(row.code)
            of_run[row.run_id].append(row)
        taken = defaultdict(list)
        for run in runs:
            assert run.ended_at is not None
            for id_ in (run.event_id, *run.variables.get("#", {}).get("collected", ())):
                taken[id_].append(run)
        for event in self.world.table("event"):
            if event.name != "order.paid" or event.properties["amount"] < 1 or event.properties["sku"] in told:
                continue
            lost = [
                run for run in taken[event.id]
                if run.reason.startswith(("exited.", "failed.")) or any((r.detail or {}).get("missing")
                                                                       for r in of_run[run.id])
            ]  # fmt: skip
            refused = said[event.id] & {"skipped.already_inside", "skipped.expired", "skipped.error"}
            assert lost or refused, (event, taken[event.id], said[event.id])


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_event_is_told_once_or_something_says_why_not(
    kind: str, sqlite_template: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    numbers = count()
    server = request.getfixturevalue("postgres_database") if kind == "postgresql" else None

    def fresh(_: Any, rules: str) -> World:
        folder = tmp_path / f"{next(numbers)}"
        folder.mkdir()
        if server is not None:
            emptied(server)
            return World(
                folder,
                Database(server.url.render_as_string(hide_password=False)),
                rules,
                templates=TEMPLATES,
                settings=KEEP,
            )
        shutil.copy(sqlite_template, folder / "automation.db")
        database = Database(f"sqlite:///{folder / 'automation.db'}")
        return World(folder, database, rules, templates=TEMPLATES, settings=KEEP)

    machine = type("Machine", (Digesting,), {"fresh": fresh})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[kind], stateful_step_count=30, deadline=None, database=None,
            phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
