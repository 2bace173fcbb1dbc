"""Steps in the JSON Schema: one definition for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.rules.flow import MOST_ROUNDS
from automation.rules.schema_plugins import plugin_choice
from automation.rules.schema_words import array, days_schema, mapping, ref, says, text
from automation.rules.waits import MOST_DAYS, POLICIES

if TYPE_CHECKING:
    from automation.plugin import Registry

Schema = dict[str, Any]

_NAME = "^[a-z][a-z0-9_]*$"


def step_defs(registry: Registry) -> Schema:
    """The definitions `steps`, `step` and one for each kind of step."""
    kinds = ("do", "wait", "if", "split", "stop", "wait_for", "repeat")
    step: Schema = {
        "type": "object",
        "oneOf": [{"required": [kind]} for kind in kinds],
        "allOf": [{"if": {"required": [kind]}, "then": ref(f"step_{kind}")} for kind in kinds],
    }
    return {
        "steps": array(ref("step"), min_items=1),
        "step": step,
        "step_wait": _step({"wait": _wait()}),
        "step_wait_for": _step(_wait_for()),
        "step_if": _step(_if(), required=["then"]),
        "step_split": _step({"split": _split()}),
        "step_repeat": _step({"repeat": _repeat()}),
        "step_stop": _step({"stop": _stop()}),
        "step_do": _do(registry),
    }


def _step(keys: Schema, required: list[str] | None = None) -> Schema:
    labels = {"id": text("步骤标识", "the step's id"), "name": text("步骤名称", "the step's name")}
    return mapping({**keys, **labels}, required=required)


def _wait() -> Schema:
    field = {"type": "string", "pattern": r"^[a-z]\w*\.", "examples": ["contact.birthday"]}
    zone = {"enum": ["contact", "rule"], **says("按各人自己的时区", "in each person's own time zone")}
    policy: Schema = {"enum": list(POLICIES)}
    dated = {"until": field, "offset": ref("signed_duration"), "at": ref("time_of_day"), "zone": zone,
             "if_missing": policy, "if_past": policy}  # fmt: skip
    days = {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, **says("几天后", "so many days later")}
    return {
        "anyOf": [
            ref("duration"),
            mapping({"days": days, "at": ref("time_of_day"), "zone": zone}, required=["days", "at"]),
            mapping({"until": ref("time_of_day"), "days": days_schema(), "zone": zone}, required=["until"]),
            mapping(dated, required=["until"]),
        ],
        **says("等待：时长、几天后、到某时刻、到某日期", "wait: a duration, some days, until a time or date"),
    }


def _wait_for() -> Schema:
    return {
        "wait_for": ref("event_match", "等某事件，最多等 within", "wait for an event, no longer than within"),
        "then": ref("steps", "等到了就执行", "do this when it came"),
        "else": ref("steps", "没等到就执行", "do this when it did not"),
        "save_as": text("保存该事件的属性", "keep the event's properties", pattern=_NAME),
    }


def _if() -> Schema:
    branch = mapping({"if": ref("conditions"), "then": ref("steps")}, required=["if", "then"])
    return {
        "if": ref("conditions", "如果满足", "if this holds"),
        "then": ref("steps", "就执行", "do this"),
        "elif": array(branch, "否则如果", "else, if this holds", min_items=1),
        "else": ref("steps", "否则执行", "else do this"),
    }


def _stop() -> Schema:
    return {
        "anyOf": [{"const": True}, {"type": "string", "minLength": 1}],
        **says("在此结束，可写原因", "end here; a reason may be given"),
    }


def _repeat() -> Schema:
    return mapping(
        {
            "times": {"type": "integer", "minimum": 1, "maximum": MOST_ROUNDS,
                      **says("最多几轮", "at most so many rounds")},
            "every": ref("duration", "两轮相隔多久", "how far apart the rounds are"),
            "until": ref("conditions", "每轮之前检查，满足就不再重复", "asked before each round, also the first"),
            "steps": ref("steps", "每轮的步骤", "the steps of a round"),
        },
        required=["times", "steps"],
    ) | says("重复一组步骤", "repeat some steps")  # fmt: skip


def _split() -> Schema:
    arm = mapping(
        {
            "arm": text("分支名称", "the arm's name", pattern=r"^[^\s/]+$"),
            "weight": {"type": "integer", "minimum": 1, **says("权重", "its weight")},
            "steps": ref("steps"),
        },
        required=["arm", "weight", "steps"],
    )
    name = text("分流名称", "the split's name", pattern=_NAME)
    return mapping({"name": name, "arms": array(arm, min_items=1)}, required=["name", "arms"]) | says(
        "按权重随机分流，同一人总在同一分支", "divide people by weight; a person's arm never changes"
    )


def _do(registry: Registry) -> Schema:
    choice = plugin_choice(registry, "action", "do")
    choice["properties"] |= {
        "save_as": text("为后续步骤保存结果", "keep the outputs for later steps", pattern=_NAME),
        "on_error": {"enum": ["stop", "continue"], **says("失败时结束或继续", "what a failure does")},
        "id": text("步骤标识", "the step's id"),
        "name": text("步骤名称", "the step's name"),
    }
    return choice
