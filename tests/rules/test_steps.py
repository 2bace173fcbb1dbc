"""Steps: their addresses, what `on_error` means by default, and what is known behind branches."""

from __future__ import annotations

from datetime import time

import pytest

from automation.calendars.duration import Duration
from automation.rules.spec import Do, If, Split, Stop, Wait
from tests.rules.conftest import errors, only_rule, rule_with

ISSUE = "{do: coupon.issue, with: {batch: SHIP}, save_as: coupon}"
SEND = "{do: sms.send, with: {template: coupon}}"


def test_one_path_for_every_step() -> None:
    rule = only_rule(
        rule_with(
            "steps:\n"
            f"  - {ISSUE}\n"
            "  - if: [{contact.level: 金卡}]\n"
            "    then: [{wait: 1d}]\n"
            "    elif: [{if: [{contact.level: 银卡}], then: [{wait: 2d}]}]\n"
            "    else: [{stop: 不发}]\n"
            "  - split: {name: half, arms: [{arm: 甲, weight: 1, steps: [{wait: 3d}]}, "
            "{arm: B, weight: 2, steps: [{stop: true}]}]}"
        )
    )

    first, choice, split = rule.steps
    assert isinstance(first, Do)
    assert (first.path, first.save_as, first.on_error) == ("rules/one/steps/0", "coupon", "stop")
    assert isinstance(choice, If)
    assert choice.then == (Wait("rules/one/steps/1/then/0", for_=Duration(1, "d")),)
    (otherwise,) = choice.orelse
    assert isinstance(otherwise, If)
    assert otherwise.path == "rules/one/steps/1/elif/0"
    assert otherwise.then == (Wait("rules/one/steps/1/elif/0/then/0", for_=Duration(2, "d")),)
    assert otherwise.orelse == (Stop("rules/one/steps/1/else/0", "不发"),)
    assert isinstance(split, Split)
    assert [(arm.name, arm.weight, arm.steps[0].path) for arm in split.arms] == [
        ("甲", 1, "rules/one/steps/2/arms/甲/0"),
        ("B", 2, "rules/one/steps/2/arms/B/0"),
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3d", Wait("p", for_=Duration(3, "d"))),
        ('{until: "09:00"}', Wait("p", until=time(9))),
        ("{until: 9:00}", Wait("p", until=time(9))),
    ],
)
def test_waits(written: str, meant: Wait) -> None:
    (wait,) = only_rule(rule_with(f"steps: [{{wait: {written}}}]")).steps

    assert isinstance(wait, Wait)
    assert (wait.for_, wait.until, wait.field) == (meant.for_, meant.until, None)


@pytest.mark.parametrize("field", ["contact.birthday", "contact.renews_at", "event.back_on", "coupon.expires_on"])
def test_a_wait_for_a_date_field_of_any_origin(field: str) -> None:
    rule = only_rule(rule_with(f'steps: [{ISSUE}, {{wait: {{until: {field}, offset: -1d, at: "10:00"}}}}]'))

    wait = rule.steps[1]
    assert isinstance(wait, Wait)
    assert (str(wait.field), wait.offset, wait.at) == (field, Duration(-1, "d"), time(10))


def test_a_message_that_fails_lets_the_journey_go_on_unless_the_rule_says_stop() -> None:
    rule = only_rule(
        rule_with("steps: [{do: sms.send, with: {template: hello}}, "
                  "{do: sms.send, with: {template: hello}, on_error: stop}]")
    )  # fmt: skip

    assert [step.on_error for step in rule.steps if isinstance(step, Do)] == ["continue", "stop"]


MISSING = "uses coupon.code, which nothing provides here"


@pytest.mark.parametrize(
    ("steps", "known"),
    [
        (f"[{ISSUE}, {SEND}]", True),
        (f"[{SEND}, {ISSUE}]", False),
        (f"[{{if: [contact.level: 金卡], then: [{ISSUE}, {SEND}]}}]", True),
        (f"[{{if: [contact.level: 金卡], then: [{ISSUE}]}}, {SEND}]", False),
        (f"[{{if: [contact.level: 金卡], then: [{ISSUE}], else: [{SEND}]}}]", False),
        (f"[{{if: [contact.level: 金卡], then: [{ISSUE}], else: [stop: true]}}, {SEND}]", True),
        (f"[{{split: {{name: s, arms: [{{arm: A, weight: 1, steps: [{ISSUE}]}}]}}}}, {SEND}]", True),
        (
            f"[{{split: {{name: s, arms: [{{arm: A, weight: 1, steps: [{ISSUE}]}}, "
            f"{{arm: B, weight: 1, steps: [wait: 1d]}}]}}}}, {SEND}]",
            False,
        ),
    ],
)
def test_an_output_is_known_where_every_way_there_has_it(steps: str, known: bool) -> None:
    found = errors(rule_with(f"steps: {steps}"))

    assert ([MISSING in error for error in found] == [True]) is not known
    assert bool(found) is not known


def test_a_text_parameter_may_use_the_event_the_contact_and_earlier_outputs() -> None:
    for text in (
        "{{ contact.name }} {{ event.sku }}",
        "{{ coupon.code }} {{ brand.x }}",
        "{{ today }} {{ rule.name }}",
    ):
        only_rule(rule_with(f'steps: [{ISSUE}, {{do: loyalty.grant, with: {{points: 1, note: "{text}"}}}}]'))


def test_values_for_fields_and_event_properties_may_be_texts_with_variables_or_empty() -> None:
    values = 'set: {level: "{{ event.sku }}", points: "", contact.code: "A"}'
    emitted = 'event: order.paid, properties: {order_id: "{{ event.sku }}", amount: 59.90}'

    only_rule(rule_with(f"steps: [{{do: loyalty.grant, with: {{points: 1, {values}, {emitted}}}}}]"))
