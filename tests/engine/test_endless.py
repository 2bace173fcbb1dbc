"""Rules that call each other without end through the events that they emit are stopped, and it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from automation.engine.entry.emitted import LONGEST
from automation.insight.report import read_report
from automation.insight.why import why
from automation.reasons import Reason
from tests.engine.world import World

RULES = """
    timezone: Asia/Shanghai
    rules:
      - id: ping
        trigger: {type: event, with: {name: order.paid}}
        steps: [{do: event.emit, with: {name: vip.welcome, properties: {from_rule: ping}}}]
      - id: pong
        trigger: {type: event, with: {name: vip.welcome, where: [{event.from_rule: ping}]}}
        mode: {on_again: parallel, per: contact}
        steps: [{WAIT}{do: event.emit, with: {name: order.paid, properties: {sku: again}}}]
      - id: other
        trigger: {type: event, with: {name: vip.welcome, where: [{event.from_rule: somebody else}]}}
        steps: [{do: contact.tag, with: {add: [a]}}]
    """
ALTERNATING = ["ping", "pong"] * 50


def rules(wait: str = "") -> str:
    return RULES.replace("{WAIT}", f"{{wait: {wait}}}, " if wait else "")


def entered(w: World, person: int) -> list[str]:
    """The rules that the person entered, in order."""
    keys = {row.id: row.key for row in w.table("rule")}
    return [keys[run.rule_id] for run in w.runs() if run.contact_id == person]


def test_a_chain_ends_and_the_last_event_is_stored(world: Callable[..., World]) -> None:
    w = world(rules())
    anna, bo = w.person("M1"), w.person("M2")
    w.event("order.paid", "M1", amount=1, sku="a")
    w.event("vip.welcome", "M2", from_rule="somebody else")
    # when it would never end
    w.run()
    # then it ends, for her alone
    assert entered(w, anna) == ALTERNATING[: LONGEST + 1]
    assert entered(w, bo) == ["other"]
    (stopped,) = w.log("skipped.endless")
    assert stopped.contact_id == anna
    assert stopped.run_id is None
    assert stopped.detail == {"event": "vip.welcome", "runs": LONGEST}
    last = max(w.table("event"), key=lambda row: row.id)
    assert (last.id, last.name) == (stopped.event_id, "vip.welcome")
    assert all(run.status == "done" for run in w.runs())


def test_an_event_from_outside_begins_anew(world: Callable[..., World]) -> None:
    w = world(rules())
    anna = w.person("M1")
    for number in range(3):
        w.event("order.paid", "M1", amount=number, sku="a")
        w.run()
    assert entered(w, anna) == ALTERNATING[: LONGEST + 1] * 3
    assert len(w.log("skipped.endless")) == 3


def test_many_people_cost_as_many_queries_as_one(world: Callable[..., World]) -> None:
    counts = {}
    for amount in (1, 30):
        w = world(rules())
        numbers = [f"M{amount}-{i}" for i in range(amount)]
        for number in numbers:
            w.person(number)
        w.events([w.line("order.paid", number, amount=1, sku="a") for number in numbers])
        asked: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *_: Any, asked: list[str] = asked) -> None:
            asked.append(statement)

        sqlalchemy_event.listen(w.database.engine, "before_cursor_execute", note)
        w.run()
        sqlalchemy_event.remove(w.database.engine, "before_cursor_execute", note)
        counts[amount] = len(asked)
        assert len(w.log("skipped.endless")) >= amount
    assert counts[30] < 2 * counts[1]


@pytest.mark.parametrize(("wait", "rounds"), [("3h", 40), ("2h", LONGEST // 2)])
def test_what_takes_its_time_is_not_endless(world: Callable[..., World], wait: str, rounds: int) -> None:
    """By 3 hours a round it is 16 runs a day, by 2 hours 24."""
    w = world(rules(wait))
    anna = w.person("M1")
    w.event("order.paid", "M1", amount=1, sku="a")
    for _ in range(40):
        w.run()
        w.clock.advance(timedelta(hours=int(wait[0])))
    assert len(w.log("skipped.endless")) == (0 if rounds == 40 else 1)
    assert entered(w, anna).count("pong") == rounds


PLUGIN = '''
"""An action that emits an event under a name of its own."""

from automation import plugin
from automation.actions.base import Action, Done
from automation.clock import to_ms
from automation.i18n import Text
from automation.store.events import NewEvent


class Bounce(Action):
    type = "bounce"
    title = Text("回弹", "bounce")

    class Params(plugin.Params):
        pass

    def run(self, params, items, context):
        at = to_ms(context.now)
        context.emit([
            NewEvent("order.paid", item.contact_id, at, self.type, f"{item.run_id}:{context.step}", {"sku": "b"})
            for item in items
        ])
        return [Done()] * len(items)
'''


def test_events_that_a_plugin_emits_count(world: Callable[..., World], tmp_path: Any) -> None:
    folder = tmp_path / "project" / "plugins"
    folder.mkdir(parents=True)
    (folder / "bounce.py").write_text(PLUGIN, encoding="utf-8")
    w = world("rules: [{id: again, trigger: {type: event, with: {name: order.paid}}, steps: [{do: bounce}]}]")
    anna = w.person("M1")
    w.event("order.paid", "M1", amount=1, sku="a")
    w.run()
    assert entered(w, anna) == ["again"] * (LONGEST + 1)


LAST = f"did: {{event: vip.welcome, at_least: {LONGEST // 2 + 1}, within: 30d}}"
WATCHING = f"""
      - id: regulars
        trigger: {{type: segment, with: {{name: regulars, sweep: 1h}}}}
        steps: [{{do: contact.tag, with: {{add: [regular]}}}}]
      - id: inside
        trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
        exit_when: [{{{LAST}}}]
        steps: [{{wait: 30d}}]
    segments: {{regulars: [{{{LAST}}}]}}
"""


def test_a_segment_is_not_asked_either_until_its_sweep_and_those_inside_still_hear(world: Callable[..., World]) -> None:
    w = world(rules().rstrip() + WATCHING)
    anna = w.person("M1")
    w.run()  # the segment is filled
    w.event("whitepaper.downloaded", "M1", title="t")
    w.event("order.paid", "M1", amount=1, sku="a")
    w.run()
    keys = {row.id: row.key for row in w.table("rule")}
    assert sorted(keys[row.rule_id] for row in w.log("skipped.endless")) == ["pong", "regulars"]
    assert [keys[row.rule_id] for row in w.log("exited.condition")] == ["inside"]
    assert "regulars" not in entered(w, anna)
    w.go(hours=1)
    assert entered(w, anna)[-1] == "regulars"


def test_why_and_report_tell_it(world: Callable[..., World]) -> None:
    w = world(rules())
    anna = w.person("M1")
    w.event("order.paid", "M1", amount=1, sku="a")
    w.run()
    reports = {report.rule: report for report in read_report(w.database)}
    found: Mapping[Reason, int] = reports["pong"].skipped
    assert found == {Reason.SKIPPED_ENDLESS: 1}
    assert reports["ping"].skipped == {}
    account = why(w.database, w.project(), "pong", anna, w.clock.now())
    told = "\n".join(f"{line.sentence} {line.seen}" for line in account.lines)
    assert Reason.SKIPPED_ENDLESS.sentence() in told
    assert f"runs={LONGEST}" in told
    assert Reason.SKIPPED_ENDLESS.sentence("en").startswith("not entered: rules called each other on and on")
    assert Reason.SKIPPED_ENDLESS.sentence("zh") == "未进入：规则通过各自产生的事件不停地互相触发，到此停住"
