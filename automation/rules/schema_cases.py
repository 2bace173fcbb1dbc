"""A rule's test cases in the JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS
from automation.contacts.consent import EVERY_CHANNEL, STATES
from automation.reasons import Reason
from automation.rules.cases.spec import STATES as WHERE
from automation.rules.schema_words import array, either, mapping, ref, says, text

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.plugin import Registry

Schema = dict[str, Any]

_MOMENT = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"


def case_defs(registry: Registry, catalogue: Catalogue) -> Schema:
    """The definitions `case` and those that it needs."""
    return {
        "case": _case(),
        "case_given": _given(catalogue),
        "case_expect": _expect(registry),
        "reason": {"enum": [reason.value for reason in Reason]},
    }


def _case() -> Schema:
    return mapping(
        {
            "name": text("用例名称", "the case's name"),
            "given": ref("case_given", "此人：字段、身份、标签、同意、之前的事件", "the person before the case begins"),
            "at": text("规则时区的日期与时刻；按时间触发的规则必填", "local date and time; a rule that fires by the "
                       "clock needs it", pattern=_MOMENT),
            "events": array(either(_event(), _advance()), "依次发生的事件与流逝的时间", "events and time that goes by",
                            min_items=1),
            "expect": ref("case_expect", "期望的结果", "what must have come of it"),
        },
        required=["name", "expect"],
    )  # fmt: skip


def _event(more: Schema | None = None) -> Schema:
    keys = {
        "event": ref("event_name"),
        "properties": {"type": "object", **says("事件属性", "the event's properties")},
        "channel": {"type": "string", **says("事件自己的渠道", "the event's own channel")},
        "source": {"type": "string", **says("事件来自哪个系统", "the system it comes from")},
    }
    return mapping(keys | (more or {}), required=["event"])


def _advance() -> Schema:
    return mapping({"advance": ref("duration", "过了多久", "so much time goes by")}, required=["advance"])


def _given(catalogue: Catalogue) -> Schema:
    value: Schema = {"type": ["string", "number", "boolean", "array", "null"]}
    fields = {
        f"contact.{name}": value | says(known.label.zh, known.label.en) for name, known in catalogue.fields.items()
    }
    identity = {"type": ["string", "integer"]}
    none = says("none：没有", "`none`: the person has none")
    kinds = dict.fromkeys(catalogue.identity_kinds, identity | none)
    past = {"ago": ref("duration", "多久以前", "how long before `at`"), "at": text("何时", "when", pattern=_MOMENT)}
    own: Schema = {
        "tags": array({"type": "string"}, "标签", "tags"),
        "consents": _consents(),
        "events": array(_event(past), "之前发生的事件", "what happened before"),
        "arms": {"type": "object", "additionalProperties": {"type": "string"},
                 **says("在各分流中的分支", "the person's arm of each split")},
        "control_group": {"type": "boolean", **says("是否属于对照组", "whether in the control group")},
    }  # fmt: skip
    found = mapping({**fields, **kinds, **own})
    return found | {"patternProperties": {r"^event\.": value}}


def _consents() -> Schema:
    answer = {"enum": [*STATES, "none"]}
    each = dict.fromkeys((EVERY_CHANNEL, *CHANNELS), answer)
    return {
        "type": "object",
        "additionalProperties": either(answer, mapping(each)),
        **says("同意：按用途，也可再按渠道", "consents by purpose, or by purpose and channel"),
    }


def _expect(registry: Registry) -> Schema:
    return either(
        ref("reason", "日志中须有此原因代码", "this reason must be in the log"),
        _steps(registry) | says("依次执行的动作", "the actions in order"),
        mapping(
            {
                "entered": {"type": "boolean", **says("是否进入", "whether the person enters")},
                "steps": _steps(registry) | says("依次执行的动作或步骤 id", "the actions, or ids of steps, in order"),
                "messages": either({"const": "none"}, array(_message()))
                | says("依次发出的消息；none 没有", "the messages in order; none: no message"),
                "skipped": text("跳过的原因", "why somebody is skipped"),
                "exited": text("退出的原因", "why the person leaves"),
                "state": {"enum": list(WHERE), **says("最终状态", "where the person stands in the end")},
                "coupons": either(_count(), {"type": "object", "additionalProperties": _count()})
                | says("券码张数，可按批次", "how many coupon codes, or how many of each batch"),
            }
        ),
    )


def _steps(registry: Registry) -> Schema:
    return array({"type": "string", "examples": sorted(registry.actions)})


def _count() -> Schema:
    return {"type": "integer", "minimum": 0}


def _message() -> Schema:
    piece: Schema = {"type": ["string", "number"]}
    return mapping(
        {
            "channel": {"enum": list(CHANNELS), **says("渠道", "the channel")},
            "template": text("模板", "the template"),
            "contains": either(piece, array(piece)) | says("内容须含", "what the text must hold"),
        }
    )
