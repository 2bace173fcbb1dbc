"""Conditions as sentences, and why they hold or not for one person."""

from __future__ import annotations

import string
from dataclasses import replace

from automation.i18n import LANGS
from automation.i18n.tables.conditions import TEXTS
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.operators import OPERATORS
from automation.rules.conditions.sentence import sentence
from automation.rules.conditions.trace import trace
from automation.rules.conditions.tree import Condition, histories
from tests.conditions.helpers import CATALOGUE, ZONE, tree

RULE = """
- contact.level: [银卡, 金卡]
- any:
    - contact.spent: {gte: 200, lt: 1000.50}
    - contact.tags: {has_any: [VIP, 老客]}
- none: [{contact.vip: true}, {contact.birthday: {within_next: 1w}}]
- did_not: {event: coupon.issued, where: {batch: BDAY_50}, within: 330d}
"""
MORE = """
- did: {event: order.paid, where: {amount: {gte: 99}, sku: {starts_with: A}}, at_least: 2, since: entry}
- event.amount: {between: [1, 9]}
- contact.city: {exists: false}
- contact.seen_at: {before: 2026-01-01}
- coupon.code: {exists: true}
"""


def told(yaml: str, lang: str) -> str:
    condition = tree(yaml, "order.paid")
    assert condition is not None
    return sentence(condition, CATALOGUE, lang, "order.paid", ZONE)


def test_a_rule_reads_as_a_sentence_in_chinese() -> None:
    assert told(RULE, "zh") == (
        "等级是 银卡、金卡 之一，并且（（累计消费不低于 200 元，并且累计消费小于 1000.50 元），"
        "或者标签含有 VIP、老客 中的任意一个），"
        "并且以下都不成立：（贵宾为“是”，或者生日在未来 1 周内），并且最近 330 天内没有发生“已发券”（券批次是 BDAY_50）"
    )
    assert told(MORE, "zh") == (
        "进入规则以来发生过“付款”（金额不低于 99 元，并且商品以“A”开头）至少 2 次，并且事件的金额在 1 元 到 9 元 之间，"
        "并且城市没有值，并且最近到店早于 2026-01-01 00:00，并且coupon.code有值"
    )


def test_a_rule_reads_as_a_sentence_in_english() -> None:
    assert told(RULE, "en") == (
        "level is one of 银卡, 金卡, and ((total spent is at least CNY 200, and total spent is less than CNY 1000.50), "
        "or tags include any of VIP, 老客), and none of these holds: "
        "(VIP is yes, or birthday is within the next 1 week), "
        "and “coupon issued” did not happen (where coupon batch is BDAY_50) within the last 330 days"
    )
    assert told(MORE, "en") == (
        "“order paid” happened (where amount is at least CNY 99, and product starts with “A”) at least 2 times "
        "since entering the rule, and the event's amount is from CNY 1 to CNY 9, and city has no value, "
        "and last visit is before 2026-01-01 00:00, and coupon.code has a value"
    )


REFERRING = """
- event.sku: {is: contact.city}
- did: {event: order.paid, where: {sku: event.sku, amount: {gte: contact.spent}}}
- contact.seen_at: {before: coupon.expires_at}
- event.sku: [event.sku, {text: event.sku}]
"""


def test_references_are_told_by_whose_value_they_are() -> None:
    assert told(REFERRING, "zh") == (
        "事件的商品是 此人的城市，并且发生过“付款”（商品是 触发事件的商品，并且金额不低于 此人的累计消费），"
        "并且最近到店早于 已保存的 coupon.expires_at，并且事件的商品是 触发事件的商品、event.sku 之一"
    )
    assert told(REFERRING, "en") == (
        "the event's product is this person's city, and “order paid” happened (where product is the triggering event's "
        "product, and amount is at least this person's total spent), and last visit is before the saved "
        "coupon.expires_at, and the event's product is one of the triggering event's product, event.sku"
    )


def test_a_trace_shows_what_was_compared_with() -> None:
    condition = tree(REFERRING, "order.paid")
    assert condition is not None
    seen = {"city": "A1", "spent": 100}
    now = facts(condition)
    lines = trace(condition, replace(now, contact=seen, event={"sku": "A1"}), CATALOGUE, "en", "order.paid")
    assert [(line.ok, line.seen) for line in lines[1:4]] == [
        (True, "A1; this person's city is A1"),
        (True, "counted 3; the triggering event's product is A1, this person's total spent is CNY 1"),
        (False, "no value; the saved coupon.expires_at is no value"),
    ]


def test_empty_groups_are_told() -> None:
    assert told("[]", "zh") == "所有人"
    assert told("- any: []", "en") == "no one"


def facts(condition: Condition) -> Facts:
    contact = {"level": "普卡", "spent": "much", "tags": frozenset({"老客"}), "vip": False}
    return Facts(contact, 1785556800000, ZONE, history=dict.fromkeys(histories(condition), 3))


def test_a_trace_has_a_line_a_node_with_the_answer_and_what_was_seen() -> None:
    condition = tree(RULE)
    assert condition is not None
    lines = [
        (line.depth, line.ok, line.sentence, line.seen) for line in trace(condition, facts(condition), CATALOGUE, "en")
    ]
    assert lines == [
        (0, False, "all of these hold", "2 of 4 hold"),
        (1, False, "level is one of 银卡, 金卡", "普卡"),
        (1, True, "at least one of these holds", "1 of 2 hold"),
        (2, False, "all of these hold", "0 of 2 hold"),
        (3, False, "total spent is at least CNY 200", "much (of another type, so it counts as no value)"),
        (3, False, "total spent is less than CNY 1000.50", "much (of another type, so it counts as no value)"),
        (2, True, "tags include any of VIP, 老客", "老客"),
        (1, True, "none of these holds", "0 of 2 hold"),
        (2, False, "VIP is yes", "no"),
        (2, False, "birthday is within the next 1 week", "no value"),
        (
            1,
            False,
            "“coupon issued” did not happen (where coupon batch is BDAY_50) within the last 330 days",
            "counted 3",
        ),
    ]


def test_the_traces_paths_are_those_of_the_rule() -> None:
    condition = tree(RULE)
    assert condition is not None
    paths = [line.path for line in trace(condition, facts(condition), CATALOGUE, "zh")]
    assert paths[:3] == ["rules/r/audience", "rules/r/audience/0", "rules/r/audience/1/any"]


def test_every_operator_has_a_label_and_a_sentence_in_both_languages() -> None:
    for row in OPERATORS.values():
        holes = [{name for _, name, _, _ in string.Formatter().parse(row.sentence.get(lang)) if name} for lang in LANGS]
        assert holes[0] == holes[1]
        assert "field" in holes[0]
        assert all(row.label.get(lang).strip() for lang in LANGS)
        assert row.label.zh != row.label.en
        assert (row.negates in OPERATORS) is (row.test is None)


def test_every_other_text_has_the_same_holes_in_both_languages() -> None:
    for key, text in TEXTS.items():
        holes = [{name for _, name, _, _ in string.Formatter().parse(text.get(lang)) if name} for lang in LANGS]
        assert holes[0] == holes[1], key


def test_who_can_be_reached_reads_as_a_sentence() -> None:
    yaml = "[{reachable: {channel: [sms, email], purpose: service}}, {has_identity: wechat_openid}]"
    assert told(yaml, "zh") == "能用短信或邮件联系到（用途 service），并且公众号 openid有值"
    assert told(yaml, "en") == "can be reached by SMS or e-mail (purpose service), and WeChat openid has a value"
