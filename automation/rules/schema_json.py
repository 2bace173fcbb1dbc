"""The rule language as a JSON Schema (draft 2020-12), so that an editor completes and checks rule files.

Everything is described in both languages. It knows the project's fields, events, coupons and plugins; what only the
checker can know (templates, step outputs, unreachable steps) it lets pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS, MESSAGE_CHANNELS
from automation.rules.later import CATCH_UP
from automation.rules.params import DURATION, SIGNED_DURATION, TIME_OF_DAY, ZONE
from automation.rules.rule import ON_UNKNOWN
from automation.rules.schema_conditions import condition_defs
from automation.rules.schema_plugins import plugin_choice
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
                "segments": {"type": "object", "additionalProperties": ref("conditions"), **_LATER},
                "rules": array(ref("rule"), "规则", "the rules"),
            },
            required=["rules"],
        ),
        "$defs": {
            **_values(),
            **_references(catalogue),
            **condition_defs(catalogue),
            **_guards(),
            **_steps(),
            "event_match": _event_match(),
            "rule": _rule(),
            "trigger": plugin_choice(registry, "trigger", "type"),
            "step_do": _do(registry),
        },
    }


_LATER = says("语言已收录，引擎还不能执行", "known to the language; the engine can't run it yet")


def _values() -> Schema:
    forms = {"duration": DURATION, "signed_duration": SIGNED_DURATION, "time_of_day": TIME_OF_DAY, "zone": ZONE}
    percent = {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,2})?%$", "examples": ["5%", "2.5%"]}
    return {name: dict(form.json_schema or {}) for name, form in forms.items()} | {"percent": percent}


def _references(catalogue: Catalogue) -> Schema:
    """Names of the catalogue, for parameters that must be one of them."""
    properties = sorted({f"event.{name}" for event in catalogue.events.values() for name in event.properties})
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


# ---------------------------------------------------------------- rules


def _rule() -> Schema:
    return mapping(
        {
            "id": text("规则的固定标识：小写字母、数字、下划线", "the rule's lasting id: small letters, digits, _",
                       pattern="^[a-z][a-z0-9_]{0,63}$"),
            "name": text("规则名称", "what people call the rule"),
            "owner": text("负责人或团队", "who looks after it"),
            "enabled": {"type": "boolean", **says("是否启用", "whether it runs")},
            "timezone": ref("zone", "本规则的时区", "the rule's time zone"),
            "trigger": ref("trigger", "什么时候触发", "when it fires"),
            "audience": ref("conditions", "哪些人可以进入", "who may enter"),
            "guards": ref("guards", "守则：替换或收紧 defaults", "guards: replace or tighten the defaults"),
            "mode": _mode(),
            "exit_when": ref("conditions", "满足即退出", "leave when this holds, before any step"),
            "steps": ref("steps", "依次执行的步骤", "what happens, step by step"),
            "goal": ref("event_match", "目标事件", "what the rule is for"),
            "attribution": _attribution(),
            "tests": array(_test(), "规则的用例", "cases the rule must pass"),
            "on_unknown": either(*({"const": name} for name in ON_UNKNOWN))
            | says("发送结果未知时：hold 不再发送", "when it is unknown whether a message was sent: hold"),
            "priority": {"type": "integer", **_LATER},
            "budget": _LATER,
            "catch_up": {"enum": list(CATCH_UP), **_LATER},
            "expires_after": {"$ref": "#/$defs/duration", **_LATER},
            "max_attempts": {"type": "integer", **_LATER},
        },
        required=["id", "trigger", "steps"],
    )  # fmt: skip


def _mode() -> Schema:
    again = {
        "skip": ("已在规则中则不再进入", "whoever is inside doesn't enter again"),
        "restart": ("已在规则中则从头开始", "whoever is inside starts over"),
        "parallel": ("同时走多次（默认）", "several times at once (default)"),
        "queue": ("引擎还不能执行", "the engine can't run it yet"),
    }
    who = {"anyOf": [{"const": "contact"}, ref("event_property")]}
    return mapping(
        {
            "on_again": either(*({"const": name, **says(*words)} for name, words in again.items())),
            "per": {
                "anyOf": [who, {"type": "array", "items": who}],
                **says("按什么算“同一个”", "what counts as again"),
            },
        }
    ) | says("同一人再次触发时怎么办", "what happens when somebody inside enters again")


def _event_match() -> Schema:
    return mapping(
        {
            "event": ref("event_name", "事件", "the event"),
            "where": ref("where"),
            "within": ref("duration", "多久之内", "for how long"),
        },
        required=["event", "within"],
    )


def _attribution() -> Schema:
    return mapping(
        {
            "credit": text("归因给谁，如 store", "who gets the credit, e.g. store", pattern="^[a-z][a-z0-9_]*$"),
            "id": {"anyOf": [ref("event_property"), ref("contact_field")]},
            "window": ref("duration"),
        },
        required=["credit", "id", "window"],
    ) | says("业绩归因", "who is credited with the result")


def _test() -> Schema:
    expect = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    return mapping(
        {
            "name": text("用例名称", "the case's name"),
            "given": {"type": "object", **says("联系人与事件的值", "values of the contact and the event")},
            "at": text("当地日期与时刻", "local date and time", pattern=r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"),
            "expect": expect | says("原因代码，或依次发生的动作", "a reason code, or the actions in order"),
        },
        required=["name", "expect"],
    )


# ---------------------------------------------------------------- guards


def _guards() -> Schema:
    none = {"const": "none", **says("不使用默认值", "drop the default")}
    quiet = mapping(
        {"from": ref("time_of_day"), "to": ref("time_of_day"), "then": {"enum": ["delay", "drop"]}},
        required=["from", "to"],
    )
    cap = mapping(
        {
            "max": {"type": "integer", "minimum": 1, **says("最多几条", "at most so many")},
            "per": ref("duration", "滑动时间窗", "in a sliding window of"),
            "channel": ref("channel", "只算此渠道", "of this channel alone"),
            "scope": {"enum": ["all", "rule"], **says("所有消息或仅本规则", "of everything, or of this rule alone")},
        },
        required=["max", "per"],
    )
    guards = {
        "consent": text("需要的同意：marketing、transactional 或自定用途",
                        "the consent needed: marketing, transactional or a purpose of your own",
                        pattern="^[a-z][a-z0-9_]*$"),
        "quiet_hours": {"anyOf": [none, quiet], **says("免打扰时段", "no message between two local times")},
        "frequency_cap": {"anyOf": [none, cap, {"type": "array", "items": cap, "minItems": 1}],
                          **says("频次上限，与默认的叠加", "frequency caps, on top of the defaults'")},
        "cooldown": {"anyOf": [none, ref("duration")], **says("两次进入的最短间隔", "the least time between entries")},
        "holdout": ref("percent", "对照组比例", "the share of the control group"),
        "budget": _LATER,
    }  # fmt: skip
    return {"guards": mapping(guards)}


# ---------------------------------------------------------------- steps


def _steps() -> Schema:
    kinds = ("do", "wait", "if", "split", "stop", "wait_for", "repeat")
    step: Schema = {
        "type": "object",
        "oneOf": [{"required": [kind]} for kind in kinds],
        "allOf": [{"if": {"required": [kind]}, "then": ref(f"step_{kind}")} for kind in kinds],
    }
    branch = mapping({"if": ref("conditions"), "then": ref("steps")}, required=["if", "then"])
    return {
        "steps": array(ref("step"), min_items=1),
        "step": step,
        "step_wait": _step({"wait": _wait()}),
        "step_if": _step(
            {
                "if": ref("conditions", "如果满足", "if this holds"),
                "then": ref("steps", "就执行", "do this"),
                "elif": array(branch, "否则如果", "else, if this holds", min_items=1),
                "else": ref("steps", "否则执行", "else do this"),
            },
            required=["then"],
        ),
        "step_split": _step({"split": _split()}),
        "step_stop": _step({"stop": {"anyOf": [{"const": True}, {"type": "string", "minLength": 1}],
                                     **says("在此结束，可写原因", "end here; a reason may be given")}}),
        "step_wait_for": _step({"wait_for": {"type": "object", **_LATER}}),
        "step_repeat": _step({"repeat": {"type": "object", **_LATER}}),
    }  # fmt: skip


def _step(keys: Schema, required: list[str] | None = None) -> Schema:
    labels = {"id": text("步骤标识", "the step's id"), "name": text("步骤名称", "the step's name")}
    return mapping({**keys, **labels}, required=required)


def _wait() -> Schema:
    field = {"type": "string", "pattern": r"^[a-z]\w*\.", "examples": ["contact.birthday"]}
    dated = {"until": field, "offset": ref("signed_duration"), "at": ref("time_of_day")}
    return {
        "anyOf": [
            ref("duration"),
            mapping({"until": ref("time_of_day")}, required=["until"]),
            mapping(dated, required=["until"]),
        ],
        **says("等待：时长、到某时刻、到某日期", "wait: a duration, until a time of day, until a date"),
    }


def _split() -> Schema:
    arm = mapping(
        {
            "arm": text("分支名称", "the arm's name", pattern=r"^[^\s/]+$"),
            "weight": {"type": "integer", "minimum": 1, **says("权重", "its weight")},
            "steps": ref("steps"),
        },
        required=["arm", "weight", "steps"],
    )
    name = text("分流名称", "the split's name", pattern="^[a-z][a-z0-9_]*$")
    return mapping({"name": name, "arms": array(arm, min_items=1)}, required=["name", "arms"]) | says(
        "按权重随机分流，同一人总在同一分支", "divide people by weight; a person's arm never changes"
    )


def _do(registry: Registry) -> Schema:
    choice = plugin_choice(registry, "action", "do")
    choice["properties"] |= {
        "save_as": text("为后续步骤保存结果", "keep the outputs for later steps", pattern="^[a-z][a-z0-9_]*$"),
        "on_error": {"enum": ["stop", "continue"], **says("失败时结束或继续", "what a failure does")},
        "id": text("步骤标识", "the step's id"),
        "name": text("步骤名称", "the step's name"),
    }
    return choice
