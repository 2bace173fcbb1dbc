"""Journeys: waiting for events, repeating, goals, step ids, and what is known behind each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.calendars.duration import Duration
from automation.rules.checker import respec
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.python import event_predicate, predicate
from automation.rules.conditions.tree import Compare, History, Ref
from automation.rules.program import compile_program, step_positions
from automation.rules.spec import Do, Goal, If, Mode, Repeat, Stop, Wait, WaitFor, each_step
from tests.rules.conftest import errors, only_rule, rule_with, shop

DAY = Duration(1, "d")


class TestWaitFor:
    def test_it_waits_for_an_event_with_two_ways_on(self) -> None:
        rule = only_rule(
            rule_with(
                "steps:\n"
                "  - wait: 1d\n"
                "  - wait_for: {event: order.paid, where: {amount: {gte: 100}}, within: 3d}\n"
                "    id: order\n"
                "    save_as: paid\n"
                "    then: [{wait: 1d}]\n"
                "    else: [{stop: 没买}]"
            )
        )

        step = rule.steps[1]
        assert isinstance(step, WaitFor)
        assert (step.path, step.id, step.event, step.save_as) == ("rules/one/steps/1", "order", "order.paid", "paid")
        assert step.within == Duration(3, "d")
        assert step.then == (Wait("rules/one/steps/1/then/0", for_=DAY),)
        assert step.orelse == (Stop("rules/one/steps/1/else/0", "没买"),)

    def test_where_looks_at_the_awaited_event_not_at_the_trigger_s(self) -> None:
        (step,) = only_rule(
            rule_with("steps: [{wait_for: {event: order.paid, where: {amount: {gte: 100}}, within: 3d}}]")
        ).steps

        assert isinstance(step, WaitFor)
        assert step.where is not None
        holds = event_predicate(step.where)
        assert [holds({"amount": cents}) for cents in (9_999, 10_000)] == [False, True]
        assert errors(rule_with("steps: [{wait_for: {event: order.paid, where: {sku: A}, within: 3d}}]")) == [
            "4:52: there is no field sku"
        ]

    def test_without_branches_the_journey_goes_on_either_way(self) -> None:
        (step,) = only_rule(rule_with("steps: [{wait_for: {event: order.paid, within: 3d}}]")).steps

        assert step == WaitFor("rules/one/steps/0", "order.paid", None, Duration(3, "d"))

    SAVING = "wait_for: {event: order.paid, within: 3d}, save_as: paid"
    USE = "{if: [{paid.amount: {gte: 5}}], then: [wait: 1d]}"

    @pytest.mark.parametrize(
        ("steps", "known"),
        [
            (f"[{{{SAVING}, then: [{USE}]}}]", True),
            (f"[{{{SAVING}, else: [{USE}]}}]", False),
            (f"[{{{SAVING}}}, {USE}]", False),
            (f"[{{{SAVING}, else: [wait: 1d]}}, {USE}]", False),
            (f"[{{{SAVING}, else: [stop: true]}}, {USE}]", True),
            (f"[{{{SAVING}, then: [wait: 1d], else: [stop: true]}}, {USE}]", True),
        ],
    )
    def test_the_event_is_known_where_it_came(self, steps: str, known: bool) -> None:
        found = errors(rule_with(f"steps: {steps}"))

        assert (found == []) is known
        assert all("there is no field paid.amount" in error for error in found)

    def test_templates_may_show_the_event_s_properties(self) -> None:
        text = "{{ paid.order_id }}"
        only_rule(
            rule_with(f'steps: [{{{self.SAVING}, then: [{{do: loyalty.grant, with: {{points: 1, note: "{text}"}}}}]}}]')
        )

    def test_nothing_comes_behind_two_ways_that_end(self) -> None:
        steps = "[{wait_for: {event: order.paid, within: 1d}, then: [stop: true], else: [stop: true]}, {wait: 1d}]"

        assert errors(rule_with(f"steps: {steps}")) == [
            "4:98: the steps before always end the journey, so this one is never reached; remove it or move it up"
        ]


class TestRepeat:
    def test_it_repeats_steps_of_its_own(self) -> None:
        (step,) = only_rule(
            rule_with(
                "steps: [{repeat: {times: 3, every: 1d, until: [did: {event: order.paid, since: entry}], "
                "steps: [{wait: 1d}, {stop: 够了}]}, id: loop}]"
            )
        ).steps

        assert isinstance(step, Repeat)
        assert (step.path, step.id, step.times, step.every) == ("rules/one/steps/0", "loop", 3, DAY)
        assert step.steps == (
            Wait("rules/one/steps/0/repeat/0", for_=DAY),
            Stop("rules/one/steps/0/repeat/1", "够了"),
        )
        assert step.until is not None
        (asked,) = step.until.items  # type: ignore[union-attr]
        assert isinstance(asked, History)
        assert asked.path == "rules/one/steps/0/until/0"

    def test_times_is_all_it_needs(self) -> None:
        (step,) = only_rule(rule_with("steps: [{repeat: {times: 1000, steps: [{wait: 1d}]}}]")).steps

        assert step == Repeat("rules/one/steps/0", 1000, (Wait("rules/one/steps/0/repeat/0", for_=DAY),))

    ISSUE = "{do: coupon.issue, with: {batch: SHIP}, save_as: coupon}"
    SEND = "{do: sms.send, with: {template: coupon}}"

    @pytest.mark.parametrize(
        ("steps", "known"),
        [
            (f"[{{repeat: {{times: 2, steps: [{ISSUE}, {SEND}]}}}}]", True),
            (f"[{{repeat: {{times: 2, steps: [{SEND}, {ISSUE}]}}}}]", False),
            (f"[{{repeat: {{times: 2, steps: [{ISSUE}]}}}}, {SEND}]", True),  # at least one round
            (f"[{{repeat: {{times: 2, until: [contact.level: 金卡], steps: [{ISSUE}]}}}}, {SEND}]", False),
            (f"[{{repeat: {{times: 2, until: [coupon.code: A], steps: [{ISSUE}]}}}}]", True),
        ],
    )
    def test_what_a_round_saves_is_known_behind_it_if_a_round_is_sure(self, steps: str, known: bool) -> None:
        assert (errors(rule_with(f"steps: {steps}")) == []) is known

    def test_a_loop_that_may_not_begin_ends_nothing(self) -> None:
        body = "until: [contact.level: 金卡], steps: [stop: true]"

        only_rule(rule_with(f"steps: [{{repeat: {{times: 2, {body}}}}}, {{wait: 1d}}]"))

    def test_rounds_have_an_end_however_loops_are_nested(self) -> None:
        inner = "{repeat: {times: 50, steps: [{wait: 1d}]}}"

        only_rule(rule_with(f"steps: [{{repeat: {{times: 20, steps: [{inner}]}}}}, {inner}]"))
        assert errors(rule_with(f"steps: [{{repeat: {{times: 21, steps: [{inner}]}}}}]"), "zh") == [
            "4:59: 外层已重复 21 次，再重复 50 次共 1050 次；嵌套的 repeat 合起来最多 1000 次"
        ]
        assert errors(rule_with("steps: [{repeat: {times: 1001, steps: [{wait: 1d}]}}]")) == [
            "4:30: a whole number from 1 to 1000 is expected here, not 1001"
        ]


class TestIds:
    STEPS = (
        "steps:\n"
        "  - {do: coupon.issue, with: {batch: SHIP}, id: a}\n"
        "  - {wait: 1d, id: b}\n"
        "  - {wait_for: {event: order.paid, within: 1d}, id: c, then: [{wait: 1d, id: d}], else: [{wait: 1d, id: e}]}\n"
        "  - {if: [contact.level: 金卡], id: f, then: [{wait: 1d, id: g}],\n"
        "     elif: [{if: [contact.level: 银卡], then: [{wait: 1d, id: h}]}], else: [{wait: 1d, id: i}]}\n"
        "  - {split: {name: s, arms: [{arm: A, weight: 1, steps: [{wait: 1d, id: k}]}]}, id: j}\n"
        "  - {repeat: {times: 2, steps: [{wait: 1d, id: m}]}, id: l}\n"
        "  - {stop: true, id: n}"
    )

    def test_every_kind_of_step_keeps_its_id(self) -> None:
        found = {step.id: step.path for step in each_step(only_rule(rule_with(self.STEPS)).steps) if step.id}

        assert "".join(found) == "abcdefghijklmn"
        assert found["h"] == "rules/one/steps/3/elif/0/then/0"
        assert found["m"] == "rules/one/steps/5/repeat/0"

    def test_no_two_steps_share_one(self) -> None:
        assert errors(rule_with(self.STEPS.replace("id: m", "id: d")), "zh") == [
            "11:52: 步骤 id d 重复，第 7 行的 rules/one/steps/2/then/0 已用过；请换一个"
        ]

    def test_a_step_needs_none(self) -> None:
        rule = only_rule(
            rule_with("steps: [{do: sms.send, with: {template: hello}}, {if: [contact.level: 金卡], then: [wait: 1d]}]")
        )

        assert [step.id for step in each_step(rule.steps)] == [None, None, None]
        assert [type(step) for step in each_step(rule.steps)] == [Do, If, Wait]


class TestGoal:
    def test_a_goal_is_an_event_with_a_window(self) -> None:
        rule = only_rule(
            rule_with("goal: {event: order.paid, where: {amount: {gt: 5}}, within: 7d}\nsteps: [{wait: 1d}]")
        )

        assert rule.goal is not None
        assert isinstance(rule.goal.where, Compare)
        assert rule.goal == Goal("order.paid", rule.goal.where, Duration(7, "d"))
        assert event_predicate(rule.goal.where)({"amount": 501})

    def test_it_is_nothing_to_warn_about(self) -> None:
        from tests.rules.conftest import check

        assert check(rule_with("goal: {event: order.paid, within: 7d}\nsteps: [{wait: 1d}]")).problems == ()


def journeys() -> st.SearchStrategy[list[Any]]:
    """Steps of every kind and any nesting that the language accepts."""
    match = {"event": "order.paid", "where": {"amount": {"gte": 100}}, "within": "3d"}
    asked = [{"contact.level": "金卡"}]
    leaf = st.sampled_from([{"wait": "1d"}, {"do": "contact.tag", "with": {"add": ["A"]}}, {"wait_for": match}])

    def nested(steps: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[Any]:
        awaited = st.builds(lambda then, other: {"wait_for": match, "then": then, "else": other}, steps, steps)
        repeated = st.builds(lambda body: {"repeat": {"times": 2, "until": asked, "steps": body}}, steps)
        branched = st.builds(lambda then, other: {"if": asked, "then": then, "else": other}, steps, steps)
        return st.lists(leaf | awaited | repeated | branched, min_size=1, max_size=3)

    return st.recursive(st.lists(leaf, min_size=1, max_size=2), nested, max_leaves=8)


def _named(steps: list[Any], names: Iterator[int]) -> list[Any]:
    """The same steps with an id each."""
    found = []
    for step in steps:
        below = {key: _named(step[key], names) for key in ("then", "else") if key in step}
        if "repeat" in step:
            below["repeat"] = {**step["repeat"], "steps": _named(step["repeat"]["steps"], names)}
        found.append({**step, **below, "id": f"s{next(names)}"})
    return found


@given(journeys())
def test_any_journey_comes_back_from_the_store_with_its_ids_in_place(steps: list[Any]) -> None:
    trigger = {"type": "event", "with": {"name": "order.paid"}}
    rule = only_rule(json.dumps({"rules": [{"id": "one", "trigger": trigger, "steps": _named(steps, count())}]}))

    again = respec(json.loads(json.dumps(rule.content)), shop())

    assert again == rule
    assert compile_program(again) == compile_program(rule)
    ids = [step.id for step in each_step(rule.steps)]
    places = step_positions(rule)
    assert sorted(places) == sorted(str(name) for name in ids)
    assert [places[str(name)] for name in ids] == sorted(set(places.values()))  # in reading order, no two in one place


def test_who_comes_again_may_queue() -> None:
    assert only_rule(rule_with("mode: {on_again: queue}\nsteps: [{wait: 1d}]")).mode == Mode("queue")


def test_branches_are_read_to_the_end() -> None:
    (step,) = only_rule(
        rule_with(
            "steps:\n"
            "  - if: [contact.level: 金卡]\n"
            "    then: [{wait: 1d}]\n"
            "    elif:\n"
            "      - {if: [contact.points: {gte: 500}], then: [{wait: 2d}]}\n"
            "      - {if: [event.sku: A], then: [{wait: 3d}]}\n"
            "    else: [{wait: 4d}]"
        )
    ).steps

    def way(level: str, points: int, sku: str) -> int:
        """The days that somebody waits."""
        from zoneinfo import ZoneInfo

        facts = Facts({"level": level, "points": points}, 0, ZoneInfo("UTC"), {"sku": sku})
        at = step
        while isinstance(at, If):
            (at,) = at.then if predicate(at.condition)(facts) else at.orelse
        assert isinstance(at, Wait)
        assert at.for_ is not None
        return at.for_.amount

    assert [way("金卡", 500, "A"), way("银卡", 500, "A"), way("银卡", 0, "A"), way("银卡", 0, "B")] == [1, 2, 3, 4]


class TestOneNameInSeveralArms:
    ISSUE = "{do: coupon.issue, with: {batch: SHIP}, save_as: gift}"
    GRANT = "{wait_for: {event: order.paid, within: 1d}, save_as: gift, else: [{stop: true}]}"
    A, B = (f"{{{{arm: {name}, weight: 1, steps: [{{}}]}}}}" for name in "AB")
    SPLIT = "steps: [{{split: {{name: s, arms: [" + A + ", " + B + "]}}}}, {}]"
    USE = '{do: event.emit, with: {name: order.paid, properties: {order_id: "{{ gift.%s }}"}}}'

    def test_other_arms_may_use_the_name_and_what_all_keep_is_known_behind_them(self) -> None:
        body = self.SPLIT.format(self.ISSUE, self.ISSUE, self.USE % "code")
        assert errors(rule_with(body)) == []
        if_ = f"{{if: [{{contact.level: 金卡}}], then: [{self.ISSUE}], else: [{self.ISSUE}]}}"
        if_ = f"steps: [{if_}, {self.USE % 'code'}]"
        assert errors(rule_with(if_)) == []

    def test_what_only_one_of_them_keeps_is_not_known_behind_them(self) -> None:
        body = self.SPLIT.format(self.ISSUE, self.GRANT, self.USE % "code")
        assert [line.split(": ", 1)[1].split(",")[0] for line in errors(rule_with(body))] == ["gift.code is used"]

    def test_a_name_that_was_saved_on_the_way_can_not_be_used_again(self) -> None:
        before = f"steps: [{self.ISSUE}, {{if: [{{contact.level: 金卡}}], then: [{self.ISSUE}]}}]"
        behind = f"steps: [{{if: [{{contact.level: 金卡}}], then: [{self.ISSUE}]}}, {self.ISSUE}]"
        for body in (before, behind):
            assert [line.split(": ", 1)[1] for line in errors(rule_with(body))] == [
                "the save_as name gift is already used on the way here; choose another (other branches may share one)"
            ]
        ended = f"steps: [{{if: [{{contact.level: 金卡}}], then: [{self.ISSUE}, {{stop: true}}]}}, {self.ISSUE}]"
        assert errors(rule_with(ended)) == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('"{{ contact.pionts }}"', "contact.pionts"),
        ('["{{ contact.pionts }}"]', "contact.pionts"),
        ('"{{ contact.points + event.pionts }}"', "event.pionts"),
        ("contact.pionts", "contact.pionts"),
        ('"{{ pionts }}"', "pionts"),
        ('"{{ contact.pionts|default(0) + 10 }}"', "contact.pionts"),
    ],
)
def test_a_variable_that_nothing_provides_is_found_in_what_is_written_to_contacts(value: str, found: str) -> None:
    wrong = errors(rule_with(f"steps: [{{do: contact.update, with: {{set: {{code: {value}}}}}}}]"))
    assert any(found in line for line in wrong), wrong


def test_a_stored_version_keeps_texts_that_could_not_be_written_so_any_more() -> None:
    """Nobody is let out of a rule because its words look like references to a newer engine."""
    content = {
        "id": "one",
        "trigger": {"type": "event", "with": {"name": "order.paid"}},
        "audience": [{"contact.code": "event.gone"}, {"event.order_id": "contact.code"}],
        "steps": [{"do": "webhook.post", "with": {"url": "https://x.example", "body": {"id": "event.gone"}}}],
    }
    spec = respec(content, shop())
    values = [item.value for item in spec.audience.items]  # type: ignore[union-attr]
    assert values[0] == "event.gone"
    assert str(values[1]) == "contact.code"
    assert isinstance(values[1], Ref)
    assert spec.steps[0].params.body == {"id": "event.gone"}  # type: ignore[union-attr]


def test_a_literal_can_be_written_in_every_parameter() -> None:
    headers = "{do: webhook.post, with: {url: 'https://x.example', headers: {text: {text: event.sku}, X: {text: a.b}}}}"
    grant = "{do: loyalty.grant, with: {points: 1, note: \"{{ 'event.sku' }}\"}}"
    wecom = "{do: wecom.tag, with: {add: [{text: event.sku}]}}"
    steps = only_rule(rule_with(f"steps: [{headers}, {grant}, {wecom}]")).steps
    assert steps[0].params.headers == {"text": "event.sku", "X": "a.b"}  # type: ignore[union-attr]
    assert steps[2].params.add == ("event.sku",)  # type: ignore[union-attr]
    wrong = rule_with("steps: [{do: webhook.post, with: {url: 'https://x.example', headers: {text: event.sku}}}]")
    assert [line.split(": ", 1)[1] for line in errors(wrong)] == [
        "this parameter can't refer to event.sku; if the text itself is meant, write {text: event.sku}"
    ]
