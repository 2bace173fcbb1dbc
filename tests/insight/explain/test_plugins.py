"""Every parameter of every built-in trigger and action is told, and plugins without a sentence say something too."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from automation import plugin
from automation.actions.base import Action
from automation.actions.message import MessageAction
from automation.calendars.duration import Duration
from automation.i18n import LANGS, Text, language
from automation.insight.explain import explain_rule
from automation.plugin import param
from automation.rules.params import CouponBatch, EventName, PositiveDuration, TimeOfDay
from automation.rules.spec import Do
from automation.rules.telling import Telling
from automation.triggers.base import EventTrigger
from tests.insight.explain.helpers import explained, project, rule

PAID = {"event": "order.paid", "where": {"amount": {"gt": 5}}, "within": "3d"}
ROW = {"source": "crm", "query": "SELECT * FROM t WHERE n > :watermark", "watermark": "n", "start": 0, "key": ["n"],
       "event": "store.stock_out", "contact": "event.member_id"}  # fmt: skip
TRIGGERS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("event", {"name": "store.stock_out"}, {
        "name": "order.paid", "where": [{"event.sku": "A1"}], "contact": "event.member_id", "after": PAID,
        "not_followed_by": PAID,
    }),
    ("anniversary", {"field": "contact.birthday"}, {
        "offset": "-3d", "at": "09:15", "calendar": "lunar", "feb29": "mar1", "zone": "contact",
    }),
    ("anniversary", {"field": "contact.birthday", "offset": "2d", "calendar": "lunar"}, {"leap_month": "leap"}),
    ("anniversary", {"field": "contact.birthday", "feb29": "mar1"}, {"feb29": "skip"}),
    ("schedule", {"cron": "0 9 * * mon"}, {"cron": "30 8 1,15 * *"}),
    ("schedule", {"every": "1d"}, {"every": "2d", "at": "09:00", "zone": "contact"}),
    ("schedule", {"dates": ["2026-11-11"], "at": "09:00"}, {"dates": ["2026-12-12"], "at": "10:00"}),
    ("schedule", {"workdays": True, "at": "09:00"}, {"workdays": "first_of_month", "at": "10:00"}),
    ("inactivity", {"event": "order.paid", "for": "90d"}, {
        "event": "store.stock_out", "for": "30d", "where": [{"event.amount": {"gt": 5}}], "at": "08:00", "every": "2h",
    }),
    ("segment", {"name": "vip"}, {"name": "rich", "on": "left", "sweep": "2h"}),
    ("poll", ROW, {
        "source": "erp", "watermark": "m", "start": 9, "every": "9m", "key": ["m", "n"], "occurred_at": "at",
        "where": [{"event.sku": "A1"}],
    }),
]  # fmt: skip
"""(type, parameters, others each of which makes another sentence)."""

ACTIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("message.send", {"channels": ["wechat"], "template": "birthday"}, {
        "channels": ["wechat", "sms"], "template": "stock_out_online",
    }),
    ("sms.send", {"template": "birthday"}, {"template": "a"}),
    ("email.send", {"template": "case_study_a"}, {"template": "a"}),
    ("wechat.template", {"template": "birthday"}, {"template": "a", "url": "https://shop.example/{{ event.sku }}"}),
    ("wechat.subscribe", {"template": "a"}, {"template": "b", "page": "pages/index"}),
    ("wecom.message", {"template": "a"}, {"template": "b"}),
    ("wecom.tag", {"add": ["a"]}, {"add": ["b"], "remove": ["c"]}),
    ("contact.tag", {"add": ["a"]}, {"add": ["b"], "remove": ["c"]}),
    ("contact.update", {"set": {"contact.city": "南京"}}, {"set": {"contact.city": ""}}),
    ("coupon.issue", {"batch": "BDAY_50"}, {"batch": "WINBACK_20", "valid_for": "5d", "on_failure": "keep"}),
    ("event.emit", {"name": "order.paid"}, {"name": "store.stock_out", "properties": {"sku": "{{ event.sku }}"}}),
    ("webhook.post", {"url": "https://a.example/x"}, {
        "url": "https://b.example/x", "body": {"sku": "1"}, "headers": {"X-Key": "1"},
    }),
]  # fmt: skip
SILENT = {("poll", "query")}
"""SQL is for those who read the file; the sentence says where it is."""

THE_SAME = {("anniversary", "field"), ("poll", "event"), ("poll", "contact")}
"""There is one field and one such event only; a test of their own looks at them."""

SEGMENTS = "segments: {vip: [contact.level: 金卡], rich: [contact.points: {gt: 9}]}\n"


def _trigger_told(kind: str, given: dict[str, Any]) -> str:
    trigger = json.dumps({"type": kind, "with": given}, ensure_ascii=False)
    spec = rule(f"{SEGMENTS}rules: [{{id: a, trigger: {trigger}, steps: [{{wait: 1d}}]}}]")
    (part,) = [part for part in explained(spec).parts if part.key == "trigger"]
    return part.lines[0].text


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("kind", "given", "others"), TRIGGERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_parameter_of_a_trigger_is_told(
    kind: str, given: dict[str, Any], others: dict[str, Any], lang: str
) -> None:
    with language(lang):  # type: ignore[arg-type]
        before = _trigger_told(kind, given)
        for name, value in others.items():
            assert _trigger_told(kind, {**given, name: value}) != before, name


def test_what_stays_the_same_above_is_told_too() -> None:
    with language("zh"):
        assert _trigger_told("anniversary", {"field": "contact.birthday"}) == "每年生日当天 10:00"
        assert "每读到一行新数据即视为发生“门店缺货”，对事件的会员号所指的人触发" in _trigger_told("poll", ROW)


def test_no_parameter_is_forgotten() -> None:
    """Those that are tried above are all that there are."""
    for table, known in ((TRIGGERS, project().registry.triggers), (ACTIONS, project().registry.actions)):
        tried = {(kind, name) for kind, _, others in table for name in others} | SILENT | THE_SAME
        there = {
            (kind, field.alias or name)
            for kind, cls in known.items()
            if cls.__module__.startswith("automation.")
            for name, field in cls.Params.model_fields.items()
        }
        assert there <= tried


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(
    ("kind", "given", "others"), ACTIONS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_parameter_of_an_action_is_told(
    kind: str, given: dict[str, Any], others: dict[str, Any], lang: str
) -> None:
    cls: Any = project().registry.actions[kind]
    telling = Telling(project().catalogue, project().checked.rules[0].zone, "store.stock_out")
    with language(lang):  # type: ignore[arg-type]
        before = cls().sentence(cls.Params(**given), telling)
        for name, value in others.items():
            assert cls().sentence(cls.Params(**{**given, name: value}), telling) != before, name


@pytest.mark.parametrize(
    ("cron", "zh", "en"),
    [
        ("0 9 * * mon", "每周一 09:00", "Every Monday at 09:00"),
        ("0 9 * * 1-3", "每周一、周二、周三 09:00", "Every Monday, Tuesday, Wednesday at 09:00"),
        ("30 8,20 * * *", "每天 08:30、20:30", "Every day at 08:30, 20:30"),
        ("0 10 1,15 * *", "每月 1、15 日 10:00", "On day 1, 15 of each month at 10:00"),
        ("0 10 * 11 sun", "每周日 10:00（仅 11 月）", "Every Sunday at 10:00 (only in month 11)"),
        ("0 10 L * *", "每月最后一天 10:00", "On the last day of each month at 10:00"),
        ("0 10 1,L * *", "每月 1、末 日 10:00", "On day 1, the last of each month at 10:00"),
        (
            "0 10 LW 6 *",
            "每月最后一个周一至周五 10:00（仅 6 月）",
            "On the last Monday to Friday of each month at 10:00 (only in month 6)",
        ),
        (
            "0 9 * * mon#2,friL",
            "每月第二个周一、最后一个周五 09:00",
            "On the second Monday, the last Friday of each month at 09:00",
        ),
        ("*/5 * * * *", "按 cron 时间表“*/5 * * * *”", "By the cron schedule “*/5 * * * *”"),
    ],
)
def test_cron_is_told_as_people_say_it(cron: str, zh: str, en: str) -> None:
    for lang, expected in (("zh", zh), ("en", en)):
        with language(lang):  # type: ignore[arg-type]
            assert _trigger_told("schedule", {"cron": cron}) == expected


# ---------------------------------------------------------------- plugins of a company's own


class Lottery(Action):
    """Says nothing about itself but its title and labels."""

    type = "lottery.draw"
    title = Text("抽奖", "draw a lottery")

    class Params(plugin.Params):
        batch: CouponBatch | str = param("", zh="券批次，可不写", en="the batch, if any")
        prizes: tuple[str, ...] = param((), zh="奖品：名称列表", en="prizes (a list of names)")
        after: PositiveDuration = param(Duration(1, "h"), zh="开奖等待", en="time to wait")
        at: TimeOfDay | None = param(None, zh="几点", en="at what time")
        loud: bool = param(False, zh="是否通知", en="loudly")
        note: str = param("", zh="备注", en="note")
        odds: dict[str, int] = param({}, zh="概率", en="odds")

    def run(self, params: Any, items: Any, context: Any) -> Any:
        raise NotImplementedError


class Called(EventTrigger):
    type = "called"
    title = Text("来电时", "when somebody calls")

    class Params(plugin.Params):
        name: EventName | str = param(zh="事件名", en="the event")

    def names(self, params: Any) -> tuple[str, ...]:
        return (params.name,)


def test_a_plugin_without_a_sentence_is_told_by_its_title_and_labels() -> None:
    telling = Telling(project().catalogue, project().checked.rules[0].zone)
    params = Lottery.Params(
        prizes=("杯子", "伞"), at="09:30", loud=True, note="给 {{ contact.name }}", odds={"杯子": 9}
    )
    with language("zh"):
        assert Lottery().sentence(params, telling) == (
            "抽奖（奖品：杯子、伞；几点：09:30；是否通知：是；备注：给 〔姓名〕；概率：杯子=9）"
        )
    with language("en"):
        assert Lottery().sentence(params, telling) == (
            "draw a lottery (prizes: 杯子, 伞; at what time: 09:30; loudly: yes; note: 给 [name]; odds: 杯子=9)"
        )
        assert Lottery().sentence(Lottery.Params(), telling) == "draw a lottery"
        assert Called().sentence(Called.Params(name="x"), telling) == "when somebody calls (the event: x)"


def test_a_plugin_whose_sentence_fails_harms_only_its_sentence() -> None:
    class Shy(Lottery):
        type = "lottery.shy"

        def sentence(self, params: Any, telling: Telling) -> str:
            raise RuntimeError("the author made a mistake")

    registry = replace(project().registry, actions={**project().registry.actions, Shy.type: Shy})
    spec = rule("rules: [{id: a, trigger: {type: event, with: {name: order.paid}}, steps: [{wait: 1d}]}]")
    spec = replace(spec, steps=(Do("rules/a/steps/0", Shy.type, Shy.Params(note="x")),))
    with language("en"):
        found = explain_rule(spec, project().catalogue, registry)
    (steps,) = [part for part in found.parts if part.key == "steps"]
    assert [line.text for line in steps.lines] == ["Draw a lottery (note: x)"]


def test_all_that_send_are_told_alike() -> None:
    """One sentence for every channel's own action, so that a new one has it too."""
    assert MessageAction.sentence is not Action.sentence
