"""The keys that say how a rule is handled, its budget, and that every key survives the way to the store and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from automation.calendars.duration import Duration
from automation.rules.checker import CheckEnv, respec
from automation.rules.spec import Budget, RuleSpec
from automation.yamltree import parse, plain
from tests.rules.conftest import check, errors, only_rule, rule_with

STEPS = "steps: [{wait: 1d}]"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("priority: 50", {"priority": 50}),
        ("priority: 0", {"priority": 0}),
        ("catch_up: all", {"catch_up": "all"}),
        ("expires_after: 2h", {"expires_after": Duration(2, "h")}),
        ("max_attempts: 3", {"max_attempts": 3}),
        ("max_audience: 50000", {"max_audience": 50_000}),
        ("failure_limit: 20%", {"failure_limit": 2_000}),
        ("failure_limit: 0%", {"failure_limit": 0}),
        ("failure_limit: none", {"failure_limit": 10_000}),
        ("on_unknown: resend", {"on_unknown": "resend"}),
        ("on_change: move", {"on_change": "move"}),
    ],
)
def test_how_a_rule_is_handled(written: str, meant: dict[str, Any]) -> None:
    usual = {"priority": 0, "catch_up": None, "expires_after": None, "max_attempts": None, "max_audience": None,
             "failure_limit": None, "on_unknown": "hold", "on_change": "finish"}  # fmt: skip

    rule = only_rule(rule_with(f"{written}\n{STEPS}"))

    assert {name: getattr(rule, name) for name in usual} == usual | meant


def test_moving_people_by_step_id_needs_step_ids() -> None:
    bare, named = (rule_with(f"on_change: move\nsteps: [{{wait: 1d{extra}}}]") for extra in ("", ", id: first"))

    assert check(named).problems == ()
    assert [p.shown("en") for p in check(bare).problems] == [
        "rules.yaml:4:5: warning: on_change: move goes by step id, and no step of this rule has one, so nobody inside "
        "can be moved; name steps"
    ]


class TestBudget:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("{messages: 10000, cost: 500}", Budget(10_000, 5_000_000)),
            ("{messages: 1}", Budget(1, None)),
            ("{cost: 12.5}", Budget(None, 125_000)),
            ('{cost: "0.0001"}', Budget(None, 1)),
        ],
    )
    def test_messages_and_cost_of_a_day(self, written: str, meant: Budget, env: CheckEnv) -> None:
        rule = only_rule(rule_with(f"guards: {{budget: {written}}}\n{STEPS}"))

        assert rule.guards.budget == meant
        assert respec(json.loads(json.dumps(rule.content)), env) == rule

    def test_a_rule_may_replace_or_drop_that_of_the_defaults(self) -> None:
        file = "defaults: {budget: {messages: 100}}\n"

        assert only_rule(file + rule_with(STEPS)).guards.budget == Budget(100)
        assert only_rule(file + rule_with(f"guards: {{budget: {{cost: 5}}}}\n{STEPS}")).guards.budget == Budget(
            cost=50_000
        )
        assert only_rule(file + rule_with(f"guards: {{budget: none}}\n{STEPS}")).guards.budget is None

    @pytest.mark.parametrize("cost", ["0", "-1", "1.00001", "much", "1e3", "[1]", "1234567890"])
    def test_what_is_no_amount_is_refused(self, cost: str) -> None:
        (found,) = errors(rule_with(f"guards: {{budget: {{cost: {cost}}}}}\n{STEPS}"))

        assert "is no amount of money; write a number above zero with at most four decimals" in found


KEYS = {
    "wait_for": "steps: [{wait_for: {event: order.paid, where: {amount: {gte: 100}}, within: 3d}, save_as: paid, "
    "then: [{if: [paid.amount: {gt: 5}], then: [{wait: 1d}]}], else: [{stop: 没买}]}]",
    "repeat": "steps: [{repeat: {times: 3, every: 1d, until: [contact.code: 1.50, did: order.paid], "
    "steps: [{wait: {until: event.back_on}}]}}]",
    "ids": "steps: [{wait: 1d, id: first}, {stop: true, id: last}]",
    "mode": f"mode: {{on_again: queue, per: [contact, event.sku]}}\n{STEPS}",
    "goal": f"goal: {{event: order.paid, where: [amount: {{gte: 9.90}}, order_id: 007], within: 7d}}\n{STEPS}",
    "handling": "priority: 7\ncatch_up: skip\nexpires_after: 1d\nmax_attempts: 3\nmax_audience: 5\n"
    "failure_limit: 2.5%\non_unknown: resend\non_change: exit\n"
    f"guards: {{budget: {{cost: 9.9, messages: 5}}}}\n{STEPS}",
    "segments": "audience: [segment: vip, none: [segment: old]]\nexit_when: [segment: both]\n"
    "steps: [{if: [segment: old], then: [{repeat: {times: 2, until: [segment: vip], steps: [{wait: 1d}]}}]}]",
}
SEGMENTS = """segments:
  vip: [contact.level: 金卡, contact.points: {gte: 1e3}]
  old: [contact.code: 1.50, did_not: {event: order.paid, within: 1w, where: {amount: {gt: 5}}}]
  both: [segment: vip, any: [segment: old]]
  unused: [contact.level: 银卡]
"""


@pytest.mark.parametrize("name", KEYS)
def test_a_stored_version_is_the_same_rule(name: str, env: CheckEnv) -> None:
    rule = only_rule(SEGMENTS + rule_with(KEYS[name]))

    again = respec(json.loads(json.dumps(rule.content)), env)

    assert again == rule
    assert again.version == rule.version
    assert respec(again.content, env) == rule


@pytest.mark.parametrize("name", KEYS)
def test_the_order_of_keys_makes_no_other_version(name: str) -> None:
    text = SEGMENTS + rule_with(KEYS[name])
    for odd, plainly in (("1.50", '"1.50"'), ("1e3", "1000"), ("9.90", "9.9"), ("007", '"007"')):
        text = text.replace(odd, plainly)
    node, _ = parse(text, "rules.yaml")
    turned = _turned(plain(node))

    assert only_rule(json.dumps(turned, ensure_ascii=False)).version == only_rule(text).version


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("within: 3d", "within: 4d"),
        ("gte: 100", "gte: 101"),
        ("save_as: paid", "save_as: order"),
        ("没买", "不买"),
    ],
)
def test_another_meaning_is_another_version(one: str, other: str) -> None:
    text = KEYS["wait_for"].replace("paid.amount", "event.sku").replace("{gt: 5}", "A")

    assert only_rule(rule_with(text)).version != only_rule(rule_with(text.replace(one, other))).version


def test_rules_without_new_keys_keep_the_versions_they_had() -> None:
    rule: RuleSpec = only_rule(rule_with(f"name: 规则\nguards: {{cooldown: 1d}}\n{STEPS}"))

    assert rule.content.keys() == {"id", "trigger", "name", "guards", "steps", "timezone"}
    assert rule.version == "b4ec437c19628081"  # what they were before there were segments and journeys


def _turned(value: Any) -> Any:
    """The same with the keys of every mapping the other way round."""
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value
