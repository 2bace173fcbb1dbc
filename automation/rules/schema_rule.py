"""One rule and its guards in the JSON Schema."""

from __future__ import annotations

from typing import Any

from automation.rules.handling import MOST_ATTEMPTS, MOST_AUDIENCE, MOST_PRIORITY
from automation.rules.limits import KINDS, PERIODS
from automation.rules.schema_words import array, days_schema, either, mapping, ref, says, text

Schema = dict[str, Any]


def rule_schema() -> Schema:
    """One rule."""
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
            "digest": mapping(
                {
                    "for": ref("duration", "最多收集多久", "how long at most"),
                    "at": ref("time_of_day", "在几点发", "at what time of day"),
                },
                required=["for"],
            ) | says("收集同一人的事件，只发一次", "collect a person's events and run the steps once"),
            "attribution": _attribution(),
            "tests": array(ref("case"), "规则的用例", "cases the rule must pass"),
            **_handling(),
        },
        required=["id", "trigger", "steps"],
    )  # fmt: skip


def _handling() -> Schema:
    return {
        "priority": {"type": "integer", "minimum": 0, "maximum": MOST_PRIORITY,
                     **says("优先级：频次只够一条时大的先发", "where a cap leaves room for one, the higher wins")},
        "catch_up": _choice(
            {
                "latest": ("只补最近一次", "only the latest"),
                "all": ("全部补上", "all of them"),
                "skip": ("一次也不补", "none"),
            }
        ) | says("停机期间错过的触发怎么补", "what becomes of firings missed while nothing ran"),
        "vars": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
            "additionalProperties": {"anyOf": [{"type": ["string", "number", "boolean"]}, ref("literal_text")]},
            **says("模板里用 {{ vars.名称 }} 的文字与数字", "words and numbers for templates: {{ vars.name }}"),
        },
        "expires_after": ref("duration", "过了多久就不再触发或发送", "how late a firing or a message may be"),
        "max_attempts": {"type": "integer", "minimum": 1, "maximum": MOST_ATTEMPTS,
                         **says("每条消息最多尝试几次", "the most attempts a message gets")},
        "max_audience": {"type": "integer", "minimum": 1, "maximum": MOST_AUDIENCE,
                         **says("一次进入的人数超过它就先等批准", "more people at once wait for approval")},
        "failure_limit": either(ref("percent"), {"const": "none"})
        | says("失败率超过它就自动暂停；none 不暂停", "above this failure rate the rule pauses; none: never"),
        "on_unknown": _choice(
            {"hold": ("不再发送（默认）", "don't send again (default)"), "resend": ("再发一次", "send again")}
        ) | says("不知道消息是否发出时", "when it is unknown whether a message was sent"),
        "on_change": _choice(
            {
                "finish": ("按进入时的版本走完（默认）", "they finish on their version (default)"),
                "move": ("按步骤 id 移到新版本", "they move to the new one by step id"),
                "exit": ("退出", "they leave"),
            }
        ) | says("规则改了，里面的人怎么办", "what people inside do when the rule changes"),
    }  # fmt: skip


def _choice(names: dict[str, tuple[str, str]]) -> Schema:
    return either(*({"const": name, **says(*words)} for name, words in names.items()))


def _mode() -> Schema:
    again = {
        "skip": ("已在规则中则不再进入", "whoever is inside doesn't enter again"),
        "restart": ("已在规则中则从头开始", "whoever is inside starts over"),
        "parallel": ("同时走多次（默认）", "several times at once (default)"),
        "queue": ("已在规则中则排队，前一次结束后再进入", "whoever is inside enters again once the run before is over"),
    }
    who = {"anyOf": [{"const": "contact"}, ref("event_property")]}
    return mapping(
        {
            "on_again": _choice(again),
            "per": {
                "anyOf": [who, {"type": "array", "items": who}],
                **says("按什么算“同一个”", "what counts as again"),
            },
        }
    ) | says("同一人再次触发时怎么办", "what happens when somebody inside enters again")


def _attribution() -> Schema:
    return mapping(
        {
            "credit": text("归因给谁，如 store", "who gets the credit, e.g. store", pattern="^[a-z][a-z0-9_]*$"),
            "id": {"anyOf": [ref("event_property"), ref("contact_field")]},
            "window": ref("duration"),
        },
        required=["credit", "id", "window"],
    ) | says("业绩归因", "who is credited with the result")


def guard_defs() -> Schema:
    """The definition `guards`."""
    none = {"const": "none", **says("不使用默认值", "drop the default")}
    quiet, cap, limit, budget = _quiet_hours(), _frequency_cap(), _limit(), _budget()
    guards = {
        "consent": text("需要的同意：marketing、transactional 或自定用途",
                        "the consent needed: marketing, transactional or a purpose of your own",
                        pattern="^[a-z][a-z0-9_]*$"),
        "quiet_hours": {"anyOf": [none, quiet, {"type": "array", "items": quiet, "minItems": 1}],
                        **says("免打扰时段", "no message in these windows of the local day")},
        "send_window": {"anyOf": [none, quiet, {"type": "array", "items": quiet, "minItems": 1}],
                        **says("发送时段", "messages in these windows of the local day alone")},
        "do_not_disturb": {"enum": ["honour", "ignore"],
                           **says("是否理会本人设的免打扰时段", "whether a person's own quiet time is minded")},
        "frequency_cap": {"anyOf": [none, cap, {"type": "array", "items": cap, "minItems": 1}],
                          **says("频次上限，与默认的叠加", "frequency caps, on top of the defaults'")},
        "cooldown": {"anyOf": [none, ref("duration")], **says("两次进入的最短间隔", "the least time between entries")},
        "limit": {"anyOf": [none, limit, {"type": "array", "items": limit, "minItems": 1}],
                  **says("每人上限，与默认的叠加", "limits per person, on top of the defaults'")},
        "holdout": ref("percent", "对照组比例", "the share of the control group"),
        "budget": {"anyOf": [none, budget], **says("每个当地日的预算", "what the rule may spend in a local day")},
    }  # fmt: skip
    return {"guards": mapping(guards)}


def _quiet_hours() -> Schema:
    end: Schema = {"anyOf": [ref("time_of_day"), {"const": "24:00"}]}
    window = mapping(
        {"from": ref("time_of_day"), "to": end, "days": days_schema(), "then": {"enum": ["delay", "drop"]}}
    )
    return window | {"anyOf": [{"required": ["from", "to"]}, {"required": ["days"]}]}


def _frequency_cap() -> Schema:
    return mapping(
        {
            "max": {"type": "integer", "minimum": 1, **says("最多几条", "at most so many")},
            "per": ref("duration", "滑动时间窗", "in a sliding window of"),
            "channel": ref("channel", "只算此渠道", "of this channel alone"),
            "scope": {"enum": ["all", "rule"], **says("所有消息或仅本规则", "of everything, or of this rule alone")},
        },
        required=["max", "per"],
    )


def _limit() -> Schema:
    return mapping(
        {
            "max": {"type": "integer", "minimum": 1, **says("最多几次", "at most so many")},
            "per": {"anyOf": [{"enum": list(PERIODS)}, ref("duration")],
                    **says("自然日、周、月，或滑动时间窗", "a calendar day, week or month, or a sliding window")},
            "of": {"enum": list(KINDS), **says("进入、发券或消息", "entries, coupons or messages")},
            "scope": {"enum": ["rule", "all"], **says("仅本规则或所有规则", "of this rule alone, or of all")},
        },
        required=["max", "per", "of"],
    )  # fmt: skip


def _budget() -> Schema:
    return mapping(
        {
            "messages": {"type": "integer", "minimum": 1, **says("最多几条", "at most so many messages")},
            "cost": {
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0},
                    {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,4})?$"},
                ],
                **says("最多花多少（货币单位）", "at most so much, in the currency's unit"),
            },
        }
    ) | {"minProperties": 1}
