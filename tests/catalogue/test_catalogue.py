"""The catalogue file: what it says, and every problem it can have."""

from __future__ import annotations

import pytest

from automation.calendars.duration import Duration
from automation.catalogue.loader import load_catalogue
from automation.catalogue.model import CouponBatchDef, FieldDef, FieldType
from automation.channels import IDENTITY_KINDS
from automation.i18n import Text

FILE = """
contact:
  level: {type: text, label: {zh: 等级, en: Level}, choices: [普卡, 银卡, 金卡, 钻石]}
  birthday: {label: 出生日期}
  points: integer
identities: {card_no: {label: 卡号, single: true}}
default_identity: card_no
country: HK
strict_events: false
events:
  order.paid:
    label: 已付款
    properties: {amount: {type: money, currency: JPY}, sku: text, skus: {type: list, required: true}}
  store.stock_out: {label: 门店缺货, properties: {member_id: {type: list, identity: card_no}}}
  contact.unsubscribed: {properties: {cause: text}}
coupons:
  BDAY_50: {label: 生日券, kind: generated, stock: 10000, valid_for: 14d, prefix: BD, value: 50.00}
  POOL: {kind: pool, expires_at: 2026-12-31}
"""


def test_the_file_is_laid_over_the_built_ins() -> None:
    catalogue, problems = load_catalogue(FILE, "catalogue.yaml")
    assert problems == []
    level = FieldDef("level", FieldType.TEXT, Text("等级", "Level"), choices=("普卡", "银卡", "金卡", "钻石"))
    assert catalogue.fields["level"] == level
    birthday = catalogue.fields["birthday"]
    assert (birthday.type, birthday.label.zh, birthday.personal) == (FieldType.DATE, "出生日期", True)
    assert catalogue.fields["points"].type is FieldType.INTEGER
    assert catalogue.fields["card_no"].storage == "identity"
    assert "card_no" in catalogue.single_identities
    assert (catalogue.default_identity, catalogue.country, catalogue.strict_events) == ("card_no", "HK", False)
    paid = catalogue.events["order.paid"].properties
    assert (paid["amount"].currency, paid["sku"].type, paid["skus"].required) == ("JPY", FieldType.TEXT, True)
    assert catalogue.events["store.stock_out"].properties["member_id"].identity == "card_no"
    assert set(catalogue.events["contact.unsubscribed"].properties) == {"channel", "purpose", "cause"}
    assert catalogue.coupons["BDAY_50"] == CouponBatchDef(
        "BDAY_50", Text("生日券", "生日券"), "generated", 10000, valid_for=Duration(14, "d"), prefix="BD", value=5000
    )
    assert catalogue.coupons["POOL"].expires_at == "2026-12-31"


def test_without_a_file_there_are_the_built_ins() -> None:
    catalogue, problems = load_catalogue(None, "catalogue.yaml")
    assert problems == []
    assert catalogue.fields["birthday"].type is FieldType.DATE
    assert catalogue.fields["tags"].storage == "tags"
    assert catalogue.fields["created_at"].storage == "column"
    assert all(catalogue.fields[kind].personal for kind in IDENTITY_KINDS)
    assert set(catalogue.events["coupon.issued"].properties) == {"batch", "code", "rule"}
    assert set(catalogue.events) == {"contact.unsubscribed", "coupon.issued", "coupon.expired"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("contry: CN", "1:1 unknown key contry; known keys: contact, identities, default_identity, country"),
        ("contry: CN", "; did you mean country?"),
        ("contact: {level: {type: txt}}", "1:25 txt is not known here; one of: text / integer"),
        ("contact: {level: }", "1:11 the type is missing; one of: text / integer"),
        ("contact: {level: {label: x}}", "1:11 the type is missing"),
        ("contact: {level: [a]}", "1:18 a field is a type like `text`"),
        ("contact: {phone: text}", "1:11 the name phone belongs to a built-in"),
        ("contact: {tags: list}", "1:11 the name tags belongs to a built-in"),
        ("contact: {a.b: text}", "1:11 a.b can't be a name"),
        ("contact: {a: {type: integer, choices: [1]}}", "1:39 only text and list fields have choices, this is integer"),
        ("contact: {a: {type: text, choices: [x, x]}}", "1:36 the choice x stands twice"),
        ("contact: {a: {type: text, currency: CNY}}", "1:37 only money fields have a currency"),
        ("contact: {a: {type: money, currency: rmb}}", "1:38 rmb is no currency code"),
        ("contact: {a: {type: text, personal: maybe}}", "1:37 true or false is expected here, not maybe"),
        ("contact: [a]", "1:10 this must be a mapping"),
        ("identities: {city: {}}", "1:14 the name city belongs to a built-in"),
        ("default_identity: membr_no", "1:19 membr_no is not known here"),
        ("country: china", "1:10 china is no country code"),
        ("strict_events: yes", "1:16 true or false is expected here, not yes"),
        ("events: {a: {lable: x}}", "1:14 unknown key lable; known keys: label, properties; did you mean label?"),
        ("events: {a: {properties: {m: {type: text, identity: fone}}}}", "1:53 fone is not known here"),
        ("events: {a: {properties: {m: {type: money, identity: phone}}}}", "1:54 identity needs a text or list"),
        ("events: {coupon.issued: {properties: {code: text}}}", "1:39 the name code belongs to a built-in"),
        ("coupons: {A: {label: x}}", "1:11 the kind is missing"),
        ("coupons: {A: {kind: generatd}}", "1:21 generatd is not known here; one of: generated / pool; did you mean"),
        ("coupons: {A: {kind: pool, stock: 5}}", "1:27 a pool has no stock"),
        ("coupons: {A: {kind: pool, valid_for: 14 days}}", "1:38 a duration like 30m, 2h, 14d or 4w is expected here"),
        ("coupons: {A: {kind: pool, expires_at: 2026-13-01}}", "1:39 a date like 2026-12-31 is expected here"),
        ("coupons: {A: {kind: pool, value: 50.001}}", "1:34 an amount of CNY like 50.00 is expected here"),
        ("coupons: {A: {kind: pool, per_contact: 0}}", "1:40 a whole number from 1"),
        ("coupons: {A: {kind: generated, prefix: a b}}", "1:40 a b can't be a prefix"),
        ("coupons: {A: {kind: generated}, A: {kind: pool}}", "1:33 the key A stands twice"),
    ],
)
def test_each_problem_has_a_place_and_a_remedy(text: str, expected: str) -> None:
    _, problems = load_catalogue(text, "catalogue.yaml")
    said = [f"{p.line}:{p.column} {p.text('en')}" for p in problems]
    assert any(expected in sentence for sentence in said), said
    assert all(p.text("zh") != p.text("en") for p in problems)


@pytest.mark.parametrize("name", ["channel", "source", "occurred_at"])
def test_a_property_that_hides_what_every_event_has_is_told(name: str) -> None:
    text = f"events:\n  order.paid: {{properties: {{sku: text, {name}: text}}}}\n"
    catalogue, problems = load_catalogue(text, "catalogue.yaml")
    assert [(p.severity, p.line) for p in problems] == [("warning", 2)]
    assert f"hides the event.{name} that every event has" in problems[0].text("en")
    assert f"遮住了每个事件自带的 event.{name}" in problems[0].text("zh")
    assert name in catalogue.events["order.paid"].properties


def test_all_problems_come_in_one_run_in_order_of_line() -> None:
    _, problems = load_catalogue("contry: x\ncontact:\n  a: txt\n  a: text\ncountry: china\n", "catalogue.yaml")
    assert [p.line for p in problems] == [1, 3, 4, 5]
    assert [p.path for p in problems] == ["", "contact/a", "", "country"]
