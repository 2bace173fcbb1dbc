"""Segments: named condition lists that stand wherever conditions on a contact do, in rules, triggers, each other."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest

from automation.calendars.duration import Duration
from automation.rules.checker import CheckEnv, check_rules, respec
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.python import event_predicate, predicate
from automation.rules.conditions.sentence import sentence
from automation.rules.conditions.tree import Condition, histories
from automation.rules.params import EventPattern, SegmentRef
from tests.rules.conftest import check, errors, only_rule, rule_with

STEPS = "steps: [{wait: 1d}]"
SEGMENTS = """segments:
  gold: [contact.level: 金卡]
  rich: [contact.points: {gte: 100}]
  both: [segment: gold, any: [segment: rich]]
"""


def holds(condition: Condition | None, **contact: object) -> bool:
    assert condition is not None
    return predicate(condition)(Facts(contact, 0, ZoneInfo("UTC")))


class TestUse:
    @pytest.mark.parametrize("key", ["audience", "exit_when"])
    def test_a_segment_means_what_it_says(self, key: str) -> None:
        rule = only_rule(SEGMENTS + rule_with(f"{key}: [segment: gold, none: [segment: rich]]\n{STEPS}"))

        condition = getattr(rule, key)
        assert holds(condition, level="金卡", points=99)
        assert not holds(condition, level="金卡", points=100)
        assert not holds(condition, level="银卡", points=99)

    def test_it_may_stand_in_steps(self) -> None:
        rule = only_rule(
            SEGMENTS + rule_with("steps: [{if: [segment: both], then: [{repeat: {times: 2, until: [segment: rich], "
                                 "steps: [{wait: 1d}]}}]}]")
        )  # fmt: skip

        choice = rule.steps[0]
        assert holds(choice.condition, level="金卡", points=100)  # type: ignore[union-attr]
        assert not holds(choice.condition, level="金卡", points=1)  # type: ignore[union-attr]
        assert holds(choice.then[0].until, points=100)  # type: ignore[union-attr]

    def test_its_nodes_keep_the_path_of_the_segment(self, env: CheckEnv) -> None:
        text = "segments: {active: [did: {event: order.paid, within: 30d}]}\n"
        rule = only_rule(text + rule_with(f"audience: [segment: active]\nexit_when: [segment: active]\n{STEPS}"))

        (asked,) = histories(rule.audience)
        assert asked.path == "segments/active/0"
        assert histories(rule.exit_when) == [asked]
        assert rule.audience is not None
        assert sentence(rule.audience, env.catalogue, "zh") == "最近 30 天内发生过“订单支付”"

    def test_a_time_without_a_zone_is_meant_in_the_rule_s_zone(self) -> None:
        text = 'segments: {soon: [contact.renews_at: {before: "2026-08-01 00:00"}]}\ntimezone: Asia/Shanghai\n'
        here = only_rule(text + rule_with(f"audience: [segment: soon]\n{STEPS}"))
        there = only_rule(text + rule_with(f"audience: [segment: soon]\ntimezone: Asia/Tokyo\n{STEPS}"))

        renews = "2026-07-31T15:30:00.000Z"  # half past eleven at night in Shanghai, past midnight in Tokyo
        assert holds(here.audience, renews_at=renews)
        assert not holds(there.audience, renews_at=renews)


class TestStored:
    def test_a_version_carries_the_segments_it_uses_and_no_others(self, env: CheckEnv) -> None:
        rule = only_rule(
            SEGMENTS + "  other: [contact.level: 银卡]\n" + rule_with(f"audience: [segment: both]\n{STEPS}")
        )

        assert rule.content["segments"] == {
            "both": [{"segment": "gold"}, {"any": [{"segment": "rich"}]}],
            "gold": [{"contact.level": "金卡"}],
            "rich": [{"contact.points": {"gte": 100}}],
        }
        assert respec(json.loads(json.dumps(rule.content)), env) == rule

    def test_a_changed_segment_is_a_new_version_of_the_rules_that_use_it_alone(self) -> None:
        def versions(points: int) -> dict[str, str]:
            using = rule_with(f"audience: [segment: both]\n{STEPS}").replace("id: one", "id: using")
            other = rule_with(f"audience: [segment: gold]\n{STEPS}").removeprefix("rules:\n")
            checked = check(SEGMENTS.replace("100", str(points)) + using + other)
            return {rule.id: rule.version for rule in checked.rules}

        before, after = versions(100), versions(200)
        assert before.keys() == {"using", "one"}
        assert before["one"] == after["one"]
        assert before["using"] != after["using"]


class TestBroken:
    def test_a_broken_segment_harms_only_the_rules_that_use_it(self, env: CheckEnv) -> None:
        text = "segments: {bad: [contact.levle: 金卡], worse: [segment: bad], good: [contact.level: 金卡]}\n"
        two = rule_with(f"audience: [segment: good]\n{STEPS}")
        two += rule_with(f"audience: [segment: worse]\n{STEPS}").removeprefix("rules:\n").replace("id: one", "id: two")

        checked = check_rules([("rules.yaml", text + two)], env)

        assert not checked.fatal
        assert [rule.id for rule in checked.rules] == ["one"]
        assert [rule.id for rule in checked.broken] == ["two"]
        assert [p.shown("zh") for p in checked.problems] == [
            "rules.yaml:1:18: 错误： 没有字段 contact.levle；您是否想写 contact.level？",
            "rules.yaml:1:55: 错误： 分群 bad 有错误，因此不能使用",
            "rules.yaml:9:25: 错误： 分群 worse 有错误，因此不能使用",
        ]

    def test_an_unknown_name_gets_the_nearest(self) -> None:
        assert errors(SEGMENTS + rule_with(f"audience: [segment: glod]\n{STEPS}"), "zh") == [
            "8:25: 本文件的 segments 里没有分群 glod；您是否想写 gold？"
        ]
        assert errors(rule_with(f"audience: [segment: gold]\n{STEPS}")) == ["4:25: this file's segments hold no gold"]

    def test_a_circle_is_named_from_end_to_end(self) -> None:
        text = "segments:\n  a: [segment: b]\n  b: [none: [segment: c]]\n  c: [segment: a]\n  d: [segment: d]\n"

        assert errors(text + rule_with(STEPS)) == [
            "4:16: segments use each other in a circle: a → b → c → a; remove one link",
            "5:16: segments use each other in a circle: d → d; remove one link",
        ]

    @pytest.mark.parametrize("backwards", [False, True])
    def test_a_chain_without_end_is_cut(self, backwards: bool) -> None:
        links = [f"  s{n}: [segment: s{n + 1}]\n" for n in range(1500)] + ["  s1500: [contact.level: 金卡]\n"]
        found = errors("segments:\n" + "".join(reversed(links) if backwards else links) + rule_with(STEPS))

        assert any("segments stand on each other at most 20 deep; join some of them" in error for error in found)

    def test_twenty_may_stand_on_each_other(self) -> None:
        links = [f"  s{n}: [segment: s{n + 1}]\n" for n in range(19)] + ["  s19: [contact.level: 金卡]\n"]
        rule = only_rule("segments:\n" + "".join(links) + rule_with(f"audience: [segment: s0]\n{STEPS}"))

        assert holds(rule.audience, level="金卡")

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            ("[]", "the list is empty; give it an item or remove the key"),
            ("", "a list of conditions is expected here, not nothing"),
            ("{contact.level: 金卡}", "conditions are a list; begin each line with -"),
            ("[event.sku: A]", "event.* can't be used here, so event.sku can't"),
            ("[coupon.code: A]", "there is no field coupon.code"),
            (
                "[did: {event: order.paid, since: entry}]",
                "a segment belongs to no run, so `since: entry` can't be used",
            ),
        ],
    )
    def test_a_segment_is_conditions_on_a_contact(self, written: str, said: str) -> None:
        found = errors(f"segments:\n  one: {written}\n" + rule_with(f"audience: [segment: one]\n{STEPS}"))

        assert [said in error for error in found] == [True, False]
        assert "the segment one has an error of its own" in found[1]

    def test_a_rule_has_no_segments_of_its_own(self) -> None:
        (found,) = errors(rule_with(f"segments: {{gold: [contact.level: 金卡]}}\n{STEPS}"))

        assert found.startswith("4:5: unknown key segments")


class TestInParameters:
    """What triggers get for a name or for `{event, where, within}`."""

    def test_a_segment_s_name_becomes_what_it_says(self, env: CheckEnv) -> None:
        rule = only_rule(SEGMENTS + rule_with(STEPS, "{type: segment, with: {name: both}}"))

        ref = rule.trigger.params.name  # type: ignore[attr-defined]
        assert isinstance(ref, SegmentRef)
        assert ref.name == "both"
        assert holds(ref.condition, level="金卡", points=100)
        assert rule.content["segments"].keys() == {"both", "gold", "rich"}
        assert respec(json.loads(json.dumps(rule.content)), env) == rule

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("bth", "this file's segments hold no bth; did you mean both?"),
            ("[both]", "segment takes the name of one segment"),
            ("bad", "the segment bad has an error of its own"),
        ],
    )
    def test_a_wrong_name_is_refused(self, name: str, said: str) -> None:
        text = SEGMENTS + "  bad: [contact.levle: 金卡]\n"
        found = errors(text + rule_with(STEPS, f"{{type: segment, with: {{name: {name}}}}}"))

        assert found[-1] == f"8:43: {said}"

    PATTERN = "{{type: event, with: {{name: store.stock_out, not_followed_by: {0}}}}}"

    def test_an_event_with_a_window_becomes_a_pattern(self, env: CheckEnv) -> None:
        pattern = "{event: order.paid, where: {amount: {gte: 100}}, within: 2h}"
        rule = only_rule(rule_with(STEPS, self.PATTERN.format(pattern)))

        found = rule.trigger.params.not_followed_by  # type: ignore[attr-defined]
        assert isinstance(found, EventPattern)
        assert (found.event, found.within) == ("order.paid", Duration(2, "h"))
        assert found.where is not None
        assert event_predicate(found.where)({"amount": 10_000})
        assert respec(json.loads(json.dumps(rule.content)), env) == rule

    @pytest.mark.parametrize(
        ("pattern", "said"),
        [
            ("{event: order.payd, within: 2h}", ["the catalogue has no event order.payd; did you mean order.paid?"]),
            ("{event: order.paid}", ["within is missing"]),
            ("{within: 2h}", ["event is missing"]),
            ("order.paid", ["a mapping of `key: value` is expected here, not order.paid"]),
            (
                "{event: order.paid, where: {sku: A}, within: 2, since: entry}",
                [
                    "unknown key since; known keys: event, where, within",
                    "there is no field sku",
                    "2 is no duration; write a number and a unit, such as 30m, 2h, 3d, 4w, 6mo (months) or 1y",
                ],
            ),
        ],
    )
    def test_what_is_wrong_in_a_pattern_is_said(self, pattern: str, said: list[str]) -> None:
        found = errors(rule_with(STEPS, self.PATTERN.format(pattern)))

        assert sorted(error.partition(": ")[2] for error in found) == sorted(said)
