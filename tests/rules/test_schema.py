"""The JSON Schema: kept equal to the code, lets every right file through, and shows an editor the common mistakes.

After a wanted change: `python -m tests.rules.test_schema` writes schema/rules.schema.json again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from automation.plugin import Registry
from automation.rules.marked import marked
from automation.rules.rule import RULE_KEYS
from automation.rules.schema_json import json_schema
from automation.yamltree import parse, plain
from scripts.make_reference import schema
from tests.rules.conftest import check, rule_with, shop

ROOT = Path(__file__).parents[2]
FILE = ROOT / "schema" / "rules.schema.json"


def seed_schema() -> dict[str, Any]:
    """Of the built-in plugins and the catalogue at the repository's root."""
    found: dict[str, Any] = json.loads(schema())
    return found


def complaints(text: str, schema: dict[str, Any] | None = None) -> list[str]:
    """What an editor would underline: the paths of the errors."""
    node, problems = parse(text, "rules.yaml")
    assert not problems
    validator = Draft202012Validator(schema or json_schema(shop().registry, shop().catalogue))
    return ["/".join(map(str, error.absolute_path)) for error in validator.iter_errors(plain(node))]


def test_the_file_in_the_repository_is_the_code_s() -> None:
    assert FILE.read_text(encoding="utf-8") == schema(), "run `make docs`"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(seed_schema())


def test_the_seed_rules_are_valid() -> None:
    assert complaints((ROOT / "rules.yaml").read_text(encoding="utf-8"), seed_schema()) == []


RIGHT = [
    "steps: [{wait: 3d}, {stop: true}]",
    'steps: [{wait: {until: "09:00"}, name: 等到九点}, {stop: 完成}]',
    'steps: [{wait: {until: contact.birthday, offset: -1d, at: "10:00"}}]',
    "steps: [{if: [{contact.level: 金卡}], then: [{wait: 1d}], elif: [{if: [{contact.points: {gte: 5}}], "
    "then: [{wait: 1d}]}], else: [{stop: true}]}]",
    "steps: [{split: {name: half, arms: [{arm: 甲, weight: 1, steps: [{wait: 1d}]}]}}]",
    "steps: [{do: coupon.issue, with: {batch: SHIP, valid_for: 3d}, save_as: coupon, on_error: continue}]",
    "steps: [{do: message.send, with: {channels: [sms, email], template: hello}}]",
    "steps: [{do: loyalty.grant, with: {points: 5, kind: refund, fields: [contact.birthday], event: order.paid, "
    "properties: {order_id: A}, tiers: [{name: A, points: 5}]}}]",
    "audience: [any: [{contact.level: [金卡, 银卡]}, {contact.level: {not_in: [普卡]}}], "
    "did_not: {event: order.paid, within: 30d, where: {amount: {gt: 5}}}]\nsteps: [{wait: 1d}]",
    "exit_when: [{did: {event: order.paid, since: entry}}]\nsteps: [{wait: 1d}]",
    "mode: {on_again: skip, per: [contact, event.sku]}\nsteps: [{wait: 1d}]",
    "mode: {on_again: restart, per: contact}\nsteps: [{wait: 1d}]",
    'guards: {consent: marketing, cooldown: 30d, holdout: 2.5%, quiet_hours: {from: "22:30", to: "08:00"}, '
    "frequency_cap: [{max: 1, per: 1d, channel: sms, scope: rule}]}\nsteps: [{wait: 1d}]",
    "guards: {quiet_hours: none, frequency_cap: none, cooldown: none}\nsteps: [{wait: 1d}]",
    "steps: [{wait_for: {event: order.paid, where: {amount: {gte: 100}}, within: 3d}, id: paid, save_as: paid, "
    "then: [{wait: 1d}], else: [{stop: 没买}]}]",
    "steps: [{repeat: {times: 3, every: 1d, until: [contact.level: 金卡], steps: [{wait: 1d}]}, id: loop}]",
    "mode: {on_again: queue, per: contact}\nsteps: [{wait: 1d}]",
    "guards: {budget: {messages: 10000, cost: 12.5}}\nsteps: [{wait: 1d}]",
    'guards: {budget: {cost: "0.0500"}}\nsteps: [{wait: 1d}]',
    "guards: {budget: none}\nsteps: [{wait: 1d}]",
    "priority: 100\ncatch_up: skip\nexpires_after: 2h\nmax_attempts: 3\nmax_audience: 5000\nfailure_limit: 2.5%\n"
    "on_unknown: resend\non_change: move\nsteps: [{wait: 1d}]",
    'digest: {for: 1d, at: "18:00"}\nmode: {per: [contact, event.sku]}\nsteps: [{wait: 1d}]',
    "digest: {for: 2h}\nsteps: [{if: [{digest.count: {gte: 3}}], then: [{stop: true}]}]",
    "goal: {event: order.paid, where: {amount: {gt: 5}}, within: 7d}\nsteps: [{wait: 1d}]",
    "goal: {event: order.paid, within: 7d}\ntests: [{name: 用例, given: {contact.level: 金卡}, "
    "at: 2026-08-01 10:00, expect: [coupon.issue]}]\nsteps: [{wait: 1d}]",
]


@pytest.mark.parametrize("body", RIGHT)
def test_what_the_checker_accepts_the_schema_accepts(body: str) -> None:
    text = rule_with(body)

    assert [p.shown("en") for p in check(text).problems if p.severity == "error"] == []
    assert complaints(text) == []


def test_segments_are_known_to_the_schema() -> None:
    text = "segments: {vip: [{contact.level: 金卡}], all: [any: [{segment: vip}]]}\n"
    right = text + rule_with("audience: [{segment: all}]\nsteps: [{wait: 1d}]", "{type: segment, with: {name: vip}}")

    assert [p.shown("en") for p in check(right).problems] == []
    assert complaints(right) == []
    assert complaints(text.replace("level", "levle") + rule_with("steps: [{wait: 1d}]")) == ["segments/vip/0"]


WRONG = [
    ("stepz: []\nsteps: [{wait: 1d}]", "rules/0"),
    ("owner: 运营", "rules/0"),
    ("steps: []", "rules/0/steps"),
    ("steps: [{wait: 3}]", "rules/0/steps/0/wait"),
    ("steps: [{wait: 3 days}]", "rules/0/steps/0/wait"),
    ("steps: [{wait: 3d, stop: true}]", "rules/0/steps/0"),
    ("steps: [{foo: 3d}]", "rules/0/steps/0"),
    ("steps: [{do: coupon.isue, with: {batch: SHIP}}]", "rules/0/steps/0/do"),
    ("steps: [{do: coupon.issue, with: {batch: SHPI}}]", "rules/0/steps/0/with/batch"),
    ("steps: [{do: coupon.issue, with: {bacth: SHIP}}]", "rules/0/steps/0/with"),
    ("steps: [{do: coupon.issue, batch: SHIP}]", "rules/0/steps/0"),
    ("steps: [{do: message.send, with: {channels: [smss], template: hello}}]", "rules/0/steps/0/with/channels/0"),
    ("steps: [{if: [{contact.levle: 金卡}], then: [{wait: 1d}]}]", "rules/0/steps/0/if/0"),
    ("steps: [{if: [{contact.level: 铂金}], then: [{wait: 1d}]}]", "rules/0/steps/0/if/0/contact.level"),
    ("steps: [{if: [{contact.points: {contains: 1}}], then: [{wait: 1d}]}]", "rules/0/steps/0/if/0/contact.points"),
    ("steps: [{split: {name: half, arms: [{arm: A, steps: [{wait: 1d}]}]}}]", "rules/0/steps/0/split/arms/0"),
    ("audience: [{did: {event: order.piad}}]\nsteps: [{wait: 1d}]", "rules/0/audience/0/did/event"),
    ("enabled: yes\nsteps: [{wait: 1d}]", "rules/0/enabled"),
    ("guards: {holdout: 5}\nsteps: [{wait: 1d}]", "rules/0/guards/holdout"),
    ('guards: {quiet_hours: {from: "25:00", to: "08:00"}}\nsteps: [{wait: 1d}]', "rules/0/guards/quiet_hours"),
    ("mode: {on_again: again}\nsteps: [{wait: 1d}]", "rules/0/mode/on_again"),
    ("steps: [{wait_for: {event: order.piad, within: 3d}}]", "rules/0/steps/0/wait_for/event"),
    ("steps: [{wait_for: {event: order.paid}}]", "rules/0/steps/0/wait_for"),
    ("steps: [{wait_for: {event: order.paid, within: 3d}, thn: [{wait: 1d}]}]", "rules/0/steps/0"),
    ("steps: [{repeat: {steps: [{wait: 1d}]}}]", "rules/0/steps/0/repeat"),
    ("steps: [{repeat: {times: 1001, steps: [{wait: 1d}]}}]", "rules/0/steps/0/repeat/times"),
    ("guards: {budget: {}}\nsteps: [{wait: 1d}]", "rules/0/guards/budget"),
    ("guards: {budget: {cost: 0}}\nsteps: [{wait: 1d}]", "rules/0/guards/budget"),
    ("priority: 101\nsteps: [{wait: 1d}]", "rules/0/priority"),
    ("catch_up: last\nsteps: [{wait: 1d}]", "rules/0/catch_up"),
    ("expires_after: 2\nsteps: [{wait: 1d}]", "rules/0/expires_after"),
    ("max_attempts: 0\nsteps: [{wait: 1d}]", "rules/0/max_attempts"),
    ("max_audience: 0\nsteps: [{wait: 1d}]", "rules/0/max_audience"),
    ("failure_limit: 20\nsteps: [{wait: 1d}]", "rules/0/failure_limit"),
    ("on_unknown: resent\nsteps: [{wait: 1d}]", "rules/0/on_unknown"),
    ("on_change: stay\nsteps: [{wait: 1d}]", "rules/0/on_change"),
    ("goal: {event: order.paid, within: 7}\nsteps: [{wait: 1d}]", "rules/0/goal/within"),
]


@pytest.mark.parametrize(("body", "place"), WRONG)
def test_common_mistakes_are_underlined_where_they_are(body: str, place: str) -> None:
    text = rule_with(body)

    assert [p for p in check(text).problems if p.severity == "error"]
    assert place in complaints(text)


@pytest.mark.parametrize(
    ("trigger", "place"),
    [
        ("{type: evnt}", "rules/0/trigger/type"),
        ("{type: event, with: {name: order.piad}}", "rules/0/trigger/with/name"),
        ("{type: event}", "rules/0/trigger"),
        ("{type: anniversary, with: {field: contact.brithday}}", "rules/0/trigger/with/field"),
        ("{type: inactivity, with: {event: order.paid, for: 90}}", "rules/0/trigger/with/for"),
    ],
)
def test_a_trigger_s_parameters_are_its_own(trigger: str, place: str) -> None:
    assert place in complaints(rule_with("steps: [{wait: 1d}]", trigger))


def test_every_plugin_and_parameter_is_described_in_both_languages() -> None:
    schema = seed_schema()
    registry = Registry.load()
    for name, plugins in (("trigger", registry.triggers), ("step_do", registry.actions)):
        cases = {
            case["if"]["properties"].popitem()[1]["const"]: case["then"] for case in schema["$defs"][name]["allOf"]
        }
        assert cases.keys() == plugins.keys()
        for type_, then in cases.items():
            for parameter, found in then["properties"]["with"].get("properties", {}).items():
                zh, _, en = found["description"].partition(" / ")
                assert not zh.isascii(), (type_, parameter)
                assert en, (type_, parameter)


def test_every_key_of_a_rule_is_in_it() -> None:
    assert set(seed_schema()["$defs"]["rule"]["properties"]) == set(RULE_KEYS)


def test_references_offer_the_catalogue_s_names() -> None:
    event = shop().registry.triggers["event"]
    assert [mark.key for mark in marked(event.Params)] == ["name", "where", "contact", "after", "not_followed_by"]
    names = json_schema(shop().registry, shop().catalogue)["$defs"]["event_name"]["anyOf"]
    assert {"const": "order.paid", "description": "订单支付 / order paid"} in names
