"""The rule language as a JSON Schema (draft 2020-12), so that an editor completes and checks rule files.

Everything is described in both languages. It knows the project's fields, events, coupons and plugins; what only the
checker can know (templates, step outputs, unreachable steps) it lets pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS, MESSAGE_CHANNELS
from automation.rules.params import DURATION, SIGNED_DURATION, TIME_OF_DAY, ZONE
from automation.rules.schema_cases import case_defs
from automation.rules.schema_conditions import condition_defs
from automation.rules.schema_plugins import plugin_choice
from automation.rules.schema_rule import guard_defs, rule_schema
from automation.rules.schema_steps import step_defs
from automation.rules.schema_words import array, either, mapping, ref, says, text

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.plugin import Registry

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(registry: Registry, catalogue: Catalogue) -> Schema:
    """The schema of one rule file."""
    return {
        "$schema": DIALECT,
        "title": "营销自动化规则 / marketing automation rules",
        **mapping(
            {
                "timezone": ref("zone", "本文件规则的时区", "the time zone of this file's rules"),
                "defaults": ref("guards", "所有规则共用的守则", "guards for every rule of this file"),
                "segments": {
                    "type": "object",
                    "additionalProperties": ref("conditions"),
                    **says("分群：有名称的条件列表，用 segment 引用", "named condition lists, used as `segment`"),
                },
                "rules": array(ref("rule"), "规则", "the rules"),
            },
            required=["rules"],
        ),
        "$defs": {
            **_values(),
            **_references(catalogue),
            **condition_defs(catalogue),
            **guard_defs(),
            **step_defs(registry),
            **case_defs(registry, catalogue),
            "rule": rule_schema(),
            "trigger": plugin_choice(registry, "trigger", "type"),
        },
    }


def _values() -> Schema:
    forms = {"duration": DURATION, "signed_duration": SIGNED_DURATION, "time_of_day": TIME_OF_DAY, "zone": ZONE}
    percent = {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?%$", "examples": ["5%", "2.5%"]}
    return {name: dict(form.json_schema or {}) for name, form in forms.items()} | {"percent": percent}


def _references(catalogue: Catalogue) -> Schema:
    """Names of the catalogue, for parameters that must be one of them."""
    properties = sorted({f"event.{name}" for event in catalogue.events.values() for name in event.fields})
    return {
        "event_name": either(*_described({name: event.label for name, event in catalogue.events.items()})),
        "coupon_batch": either(*_described({name: batch.label for name, batch in catalogue.coupons.items()})),
        "channel": either(*_described({name: CHANNELS[name].title for name in MESSAGE_CHANNELS})),
        "contact_field": either(
            *_described({f"contact.{name}": field.label for name, field in catalogue.fields.items()})
        ),
        "event_property": {"enum": properties},
        "segment_name": text("本文件 segments 里的一个分群", "one of this file's segments", pattern=r"^[^\s/]+$"),
    }


def _described(names: dict[str, Any]) -> list[Schema]:
    return [{"const": name, **says(label.zh, label.en)} for name, label in names.items()] or [{"type": "string"}]
