"""Conditions in the JSON Schema: fields of the catalogue, operators of the table, groups and histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS
from automation.rules.conditions.operators import OPERATORS, allowed
from automation.rules.schema_words import array, mapping, ref, says

if TYPE_CHECKING:
    from collections.abc import Collection

    from automation.catalogue.model import Catalogue, FieldDef, FieldType
    from automation.rules.conditions.operators import Operator

Schema = dict[str, Any]

_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_VALUE: Schema = {"anyOf": [_SCALAR, ref("literal_text")]}
_GROUPS = {"all": ("全部满足", "all of these"), "any": ("满足任意一个", "any of these"), "none": ("都不满足", "none")}


def condition_defs(catalogue: Catalogue) -> Schema:
    """The definitions `conditions`, `condition`, `where`, `history` and one for the operators of each type."""
    fields = {f"contact.{name}": field for name, field in catalogue.fields.items()}
    for event in catalogue.events.values():
        fields.update({f"event.{name}": field for name, field in event.fields.items()})
    types = sorted({field.type for field in fields.values()})
    return {
        "conditions": array(ref("condition"), min_items=1),
        "condition": _condition(fields, catalogue),
        "where": {"type": "object", "minProperties": 1, **says("事件属性的条件", "conditions on its properties")},
        "event_match": _event_match(),
        "history": _history(),
        "reference": {
            "type": "string",
            "pattern": r"^[^\W\d]\w*\.[^\W\d]\w*$",
            "examples": ["event.store_id", "contact.store", "coupon.code"],
            **says(
                "引用一个值：触发事件、此人或已保存的", "a value of the triggering event, the person or a saved one"
            ),
        },
        "literal_text": mapping(
            {"text": {"type": "string", **says("就是这段文字，不是引用", "the text itself, no reference")}},
            required=["text"],
        ),
        "text_value": {"anyOf": [{"type": "string"}, ref("literal_text")]},
        **{f"{type_.value}_test": _test(type_) for type_ in types},
    }


def _condition(fields: dict[str, FieldDef], catalogue: Catalogue) -> Schema:
    found = mapping(
        {
            **{name: ref("conditions", *words) for name, words in _GROUPS.items()},
            "segment": ref("segment_name", "属于这个分群", "belongs to this segment"),
            "reachable": _reachable(),
            "has_identity": {
                **_names(catalogue.identity_kinds),
                **says("有其中一种身份", "has an identity of this kind"),
            },
            "did": ref("history", "发生过", "has done"),
            "did_not": ref("history", "没有发生过", "has not done"),
            **{name: _field(field) for name, field in fields.items()},
        }
    )
    outputs: Schema = {r"^(?!contact\.|event\.)[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$": {}}
    return found | {"patternProperties": outputs, "minProperties": 1}


def _names(known: Collection[str]) -> Schema:
    one: Schema = {"enum": list(known)}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _reachable() -> Schema:
    channels = _names([name for name, one in CHANNELS.items() if one.reaches_person and one.identity is not None])
    purpose = {"type": "string", **says("用途，默认 marketing", "the purpose, marketing by default")}
    spec = mapping({"channel": {**channels, **says("渠道", "a channel")}, "purpose": purpose}, required=["channel"])
    return {"anyOf": [*channels["anyOf"], spec], **says("能联系到此人", "this person can be reached")}


def _field(field: FieldDef) -> Schema:
    test = ref(f"{field.type.value}_test")
    label = says(field.label.zh, field.label.en)
    if not field.choices:
        return test | label
    choices = {"enum": list(field.choices)}
    one = {"anyOf": [choices, ref("reference"), ref("literal_text")]}
    several = {"type": "array", "items": one}
    return {"anyOf": [choices, ref("reference"), several, {**test, "type": "object"}], **label}


def _test(type_: FieldType) -> Schema:
    """`value` for `is`, `[a, b]` for `in`, or operators with their operands."""
    operators = {name: _operand(OPERATORS[name]) for name in allowed(type_)}
    return {
        "anyOf": [
            *_VALUE["anyOf"],
            {"type": "array", "items": _VALUE, "minItems": 1},
            mapping(operators) | {"minProperties": 1},
        ]
    }


def _operand(operator: Operator) -> Schema:
    forms: dict[str, Schema] = {
        "value": _VALUE,
        "list": {"type": "array", "items": _VALUE, "minItems": 1},
        "pair": {"type": "array", "items": _VALUE, "minItems": 2, "maxItems": 2},
        "flag": {"type": "boolean"},
        "duration": ref("duration"),
    }
    return forms[operator.operand] | says(operator.label.zh, operator.label.en)


def _history() -> Schema:
    return mapping(
        {
            "event": ref("event_name", "事件", "the event"),
            "where": ref("where"),
            "within": ref("duration", "最近多久之内", "within the last"),
            "since": {"const": "entry", **says("自进入规则以来", "since the rule was entered")},
            "at_least": {"type": "integer", "minimum": 1, **says("至少几次", "at least so many times")},
        },
        required=["event"],
    )


def _event_match() -> Schema:
    return mapping(
        {
            "event": ref("event_name", "事件", "the event"),
            "where": ref("where"),
            "within": ref("duration", "多久之内", "for how long"),
        },
        required=["event", "within"],
    )
