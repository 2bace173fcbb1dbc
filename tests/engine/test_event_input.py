"""What comes in: told in the operator's language when it is wrong, times in every form, fields by a source's names."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.engine.entry.moments import read_moment
from automation.i18n import Text, say
from tests.engine.world import CATALOG, World

RULES = """
rules:
  - id: thanks
    name: 感谢
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: contact.tag, with: {add: ["{{ event.sku }}"]}}]
"""
SOURCES = """
sources:
  crm_a:
    fields: {product_id: event.sku}
  crm_b:
    time: "%Y/%m/%d %H:%M:%S"
    zone: Europe/Berlin
    fields: {when: occurred_at, item_no: event.sku, customer: contact.member_no, kind: name}
    events: {bought: order.paid}
"""
NOON_MS = 1_785_556_800_000  # 2026-08-01 12:00 in Shanghai
FROM, UNTIL = datetime.fromisoformat("1974-01-01"), datetime.fromisoformat("2100-01-01")


def said(w: World, lang: str) -> list[str]:
    """The reasons of what is in quarantine, as it was stored."""
    rows = w.table("quarantine")
    return [say(r.code, lang, **{k: Text(*v) if isinstance(v, list) else v for k, v in r.detail.items()}) for r in rows]


WRONG: tuple[tuple[str, str, str], ...] = (
    ('{"name": "order.paid", "occured_at": 1}', "没有字段 occured_at；您是否想写 occurred_at？",
     "there is no field occured_at; did you mean occurred_at? (known: name, contact"),
    ('{"name": 7}', "name 要是文字，现在是整数", "name must be text, this is a whole number"),
    ('{"name": "order.paid", "channel": ["sms"]}', "channel 要是文字，现在是[…]",
     "channel must be text, this is a list"),
    ('{"name": "order.paid", "contact": {"phone": [1]}}', "contact.phone 要是文字或整数",
     "contact.phone must be text or a whole number, this is a list […]"),
    ('{"name": "order.paid", "properties": []}', "properties 要是{…}，现在是[…]", "properties must be a mapping {…}"),
    ('{"contact": "M1"}', "缺少 name", "`name`, the event's name, is missing"),
    ('{"name": "order.paid", "message_id": ""}', "message_id 是空的", "message_id is empty"),
    ('{"name": "order.paid", "source": "' + "x" * 81 + '"}', "source 有 81 个字符，最多 80 个",
     "source has 81 characters, at most 80 are possible"),
    ('{"name": "order.paid", "contact": "M1"', "第 39 个字符处不是有效的 JSON", "no valid JSON at character 39"),
    ('["order.paid"]', "事件要是 {…}，现在是[…]", "an event is a mapping {…}, this is a list […]"),
    ('{"name": "order.payed"}', "没有事件 order.payed；请在",
     "then retry; did you mean order.paid?"),
    ('{"name": "order.paid", "occurred_at": "soon"}', "无法识别的时间 soon", "soon is no time; write ISO 8601"),
    ('{"name": "order.paid", "occurred_at": 45505}', "无法识别的时间 45505", "45505 is no time"),
    ('{"name": "order.paid", "occurred_at": true}', "occurred_at 要是文字或整数或数字，现在是true/false",
     "occurred_at must be text or a whole number or a number"),
)  # fmt: skip


def test_each_reason_is_a_sentence_in_both_languages(world: Callable[..., World]) -> None:
    w = world(RULES)
    assert w.events([line for line, _, _ in WRONG]).quarantined == len(WRONG)
    assert w.engine.ingest([b'{"name": "\xff"}']).quarantined == 1
    for lang, expected in (("zh", [zh for _, zh, _ in WRONG]), ("en", [en for _, _, en in WRONG])):
        *found, last = said(w, lang)
        assert [text for text, part in zip(found, expected, strict=True) if part not in text] == []
        assert "UTF-8" in last
    assert not any("Expected" in text or "$." in text for text in said(w, "zh"))


@pytest.mark.parametrize(
    "given_",
    [NOON_MS, NOON_MS // 1000, NOON_MS / 1000, str(NOON_MS), str(NOON_MS // 1000), "2026-08-01T12:00:00+08:00"],
)
def test_seconds_and_milliseconds_are_times(world: Callable[..., World], given_: Any) -> None:
    w = world(RULES)
    assert w.events([json.dumps({"name": "order.paid", "contact": "M1", "occurred_at": given_})]).stored == 1
    assert [row.occurred_at for row in w.table("event")] == [NOON_MS]


@settings(max_examples=200, deadline=None)
@given(moment=st.datetimes(FROM, UNTIL, timezones=st.just(UTC)))
def test_every_moment_comes_back_from_every_form(moment: datetime) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ms = round(moment.timestamp() * 1000)
    assert read_moment(ms, zone) == read_moment(str(ms), zone) == read_moment(ms / 1000, zone) == ms
    assert read_moment(moment.isoformat(), zone) == ms
    assert read_moment(ms, zone, "milliseconds") == read_moment(ms * 1000, zone, "microseconds") == ms
    assert read_moment(ms / 1000, zone, "seconds") == ms
    second = moment.replace(microsecond=0)
    local = second.astimezone(zone).strftime("%d.%m.%Y %H-%M-%S")
    assert read_moment(local, zone, "%d.%m.%Y %H-%M-%S") == round(second.timestamp() * 1000)


def test_a_source_is_read_by_its_own_names(world: Callable[..., World]) -> None:
    w = world(RULES, catalog=CATALOG + SOURCES)
    anna = w.person("M1")
    line = {"source": "crm_b", "kind": "bought", "customer": "M1", "when": "2026/08/01 05:30:00", "item_no": "P7"}
    assert w.events([json.dumps(line)]).stored == 1
    (row,) = w.table("event")
    assert (row.name, row.contact_id, row.source, row.properties) == ("order.paid", anna, "crm_b", {"sku": "P7"})
    assert row.occurred_at == NOON_MS - 30 * 60_000
    w.run()
    assert [tag.tag for tag in w.table("contact_tag")] == ["P7"]
    # the same line is the same event
    assert w.events([json.dumps(line)]).duplicates == 1


def test_another_name_for_the_same_thing_is_told_and_nothing_is_lost(world: Callable[..., World]) -> None:
    w = world(RULES, catalog=CATALOG + SOURCES)
    w.person("M1")
    right = {"name": "order.paid", "source": "crm_a", "contact": "M1", "product_id": "P7"}
    wrong = {"name": "order.paid", "source": "crm_a", "contact": "M1", "productid": "P8"}
    inside = {"name": "order.paid", "source": "crm_a", "contact": "M1", "properties": {"product-id": "P9"}}
    result = w.events([json.dumps(line) for line in (right, wrong, inside)])
    assert (result.stored, result.quarantined) == (1, 2)
    assert [text.split(" (")[0] for text in said(w, "en")] == [
        "source crm_a: there is no field productid; did you mean product_id?",
        "source crm_a: there is no field product-id; did you mean product_id?",
    ]
    assert "来源 crm_a：没有字段 productid；您是否想写 product_id？" in said(w, "zh")[0]


def test_a_required_property_under_another_name_is_told_with_it(world: Callable[..., World]) -> None:
    w = world(
        RULES, catalog=CATALOG.replace("sku: text}}\n  whitepaper", "sku: {type: text, required: true}}}\n  whitepaper")
    )
    w.events([json.dumps({"name": "order.paid", "source": "shop_b", "contact": "M1", "properties": {"sku_": "P7"}})])
    assert "source shop_b: the event order.paid lacks the required property sku; did you mean sku_?" in said(w, "en")[0]


def test_a_time_in_another_form_than_declared_is_told(world: Callable[..., World]) -> None:
    w = world(RULES, catalog=CATALOG + SOURCES)
    w.events([json.dumps({"source": "crm_b", "kind": "bought", "customer": "M1", "when": "2026-08-01"})])
    assert "source crm_b are declared to be %Y/%m/%d %H:%M:%S, and 2026-08-01 is none" in said(w, "en")[0]


def test_an_opt_out_of_a_source_with_names_of_its_own_is_heard(world: Callable[..., World]) -> None:
    w = world(
        RULES, catalog=CATALOG + SOURCES.replace("bought: order.paid", "bought: order.paid, stop: contact.unsubscribed")
    )
    anna = w.person("M1")
    line = {"source": "crm_b", "kind": "stop", "customer": "M1", "when": "no time", "because": "x"}
    assert w.events([json.dumps(line)]).stored == 1
    assert [(row.contact_id, row.state) for row in w.table("consent")] == [(anna, "denied")]
