"""From YAML to the tree: every form a condition can have, and every problem with its place."""

from __future__ import annotations

import pytest

from automation.calendars.duration import Duration
from automation.catalogue.model import FieldType
from automation.rules.conditions.operators import OPERATORS
from automation.rules.conditions.tree import Compare, FieldRef, Group, History, histories
from tests.conditions.helpers import checked, tree

LEVEL = FieldRef("contact", "level", FieldType.TEXT, "attribute")
AMOUNT = FieldRef("event", "amount", FieldType.MONEY)
HERE = "rules/r/audience"


def test_short_forms_operators_groups_and_values_in_normal_form() -> None:
    found = tree(
        """
- contact.level: 金卡
- contact.level: [金卡, 银卡]
- event.amount: {gte: 200, lt: 1000.50}
- none: [{contact.tags: {has: 123}}]
- coupon.code: {exists: true}
- contact.created_at: {after: 2026-01-01}
- contact.birthday: {within_next: 1w}
""",
        "order.paid",
    )
    tags = FieldRef("contact", "tags", FieldType.LIST, "tags")
    amount = Compare(AMOUNT, "gte", 20000, f"{HERE}/2"), Compare(AMOUNT, "lt", 100050, f"{HERE}/2")
    created = FieldRef("contact", "created_at", FieldType.DATETIME, "column")
    birthday = FieldRef("contact", "birthday", FieldType.DATE, "attribute")
    assert found == Group(
        "all",
        (
            Compare(LEVEL, "is", "金卡", f"{HERE}/0"),
            Compare(LEVEL, "in", ("金卡", "银卡"), f"{HERE}/1"),
            Group("all", amount, f"{HERE}/2"),
            Group("none", (Compare(tags, "has", "123", f"{HERE}/3/none/0"),), f"{HERE}/3/none"),
            Compare(FieldRef("var", "coupon.code", FieldType.TEXT), "exists", True, f"{HERE}/4"),
            Compare(created, "after", "2025-12-31T16:00:00.000Z", f"{HERE}/5"),
            Compare(birthday, "within_next", Duration(1, "w"), f"{HERE}/6"),
        ),
        HERE,
    )


def test_histories_name_their_events_properties_with_and_without_event() -> None:
    found = tree(
        """
- did_not: {event: coupon.issued, where: {batch: BDAY_50}, within: 330d}
- any: [{did: {event: order.paid, where: [{event.amount: {gte: 99}}], since: entry, at_least: 2}}, {did: order.paid}]
"""
    )
    batch = Compare(FieldRef("event", "batch", FieldType.TEXT), "is", "BDAY_50", f"{HERE}/0/did_not/where")
    path = f"{HERE}/1/any/0"
    where = Group("all", (Compare(AMOUNT, "gte", 9900, f"{path}/did/where/0"),), f"{path}/did/where")
    assert histories(found) == [
        History("coupon.issued", batch, Duration(330, "d"), False, 1, True, f"{HERE}/0"),
        History("order.paid", where, None, True, 2, False, path),
        History("order.paid", None, None, False, 1, False, f"{HERE}/1/any/1"),
    ]


def test_nothing_is_no_condition() -> None:
    assert tree("") is None
    assert tree("~") is None


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("contact.level: 金卡", "1:1: conditions are a list; begin each line with -"),
        ("- 金卡", "1:3: a condition is `field: value`"),
        ("- contact.levl: 金卡", "1:3: there is no field contact.levl; did you mean contact.level?"),
        ("- level: 金卡", "1:3: there is no field level; did you mean contact.level?"),
        ("- coupon.cod: x", "1:3: there is no field coupon.cod; did you mean coupon.code?"),
        ("- event.amount: 3", "1:3: no event is at hand here, so event.amount can't be used"),
        (
            "- contact.level: 白金卡",
            "1:18: level has no choice 白金卡; one of: 普卡 / 银卡 / 金卡 / 钻石; did",
        ),
        ("- contact.level: {gt: 3}", "1:19: level is of type text, which has no gt; it takes: is, is_not, in, not_in"),
        ("- contact.tags: VIP", "1:17: tags is of type list, which has no is; it takes: exists, has, has_any"),
        ("- contact.level: {iss: 3}", "1:19: there is no operator iss; this field takes: is,"),
        ("- contact.level: {in: 金卡}", "1:23: in takes a list like [a, b]"),
        ("- contact.level: {is: [金卡]}", "1:23: is takes one value"),
        ("- contact.level:", "1:17: is has no value; for a missing value write exists: false"),
        ("- contact.level: {}", "1:18: nothing is said about contact.level"),
        ("- contact.name: {contains: ''}", "1:28: contains can't look for an empty text"),
        ("- contact.name: {exists: 1}", "1:26: exists takes true or false"),
        ("- contact.points: {between: [9, 1]}", "1:29: between takes two values, the smaller first"),
        ("- contact.points: 3.5", "1:19: points must be a whole number, not 3.5"),
        ("- contact.spent: 1.005", "1:18: spent is finer than the smallest unit of CNY: 1.005"),
        ("- contact.birthday: {before: soon}", "1:30: birthday must be a date like 1990-08-04, not soon"),
        (
            "- contact.birthday: {within_last: 3h}",
            "1:35: a date field takes a duration in days or weeks (d, w)",
        ),
        (
            "- contact.birthday: {within_last: 3 days}",
            "1:35: a duration is written like 30m, 2h, 3d, 4w, 6mo (months) or 1y, not 3 days",
        ),
        ("- did: order.payed", "1:8: the catalogue has no event order.payed; did you mean order.paid?"),
        ("- did: {evnt: order.paid}", "1:9: unknown key evnt; known keys: event, where, within, since, at_least"),
        ("- did: {within: 3d}", "1:3: did needs an event"),
        ("- did: [order.paid]", "1:8: did takes {event: …}"),
        ("- did: {event: order.paid, within: 3d, since: entry}", "1:47: write either within or since"),
        ("- did: {event: order.paid, since: noon}", "1:35: since takes only: entry"),
        ("- did: {event: order.paid, at_least: 0}", "1:38: at_least takes a whole number above 0"),
        ("- did: {event: order.paid, where: {amunt: 3}}", "1:36: there is no field amunt; did you mean amount?"),
        ("- did: {event: order.paid, where: {contact.level: 金卡}}", "1:36: contact.* can't be used here"),
        ("- did: {event: order.paid, where: {at: {within_last: 3d}}}", "1:41: only the event itself is looked at here"),
        ("- did: {event: coupon.issued, where: {batch: BDAY_5}}", "1:46: batch has no choice BDAY_5; one of: BDAY_50"),
    ],
)
def test_each_problem_has_a_place_and_a_remedy(yaml: str, expected: str) -> None:
    condition, problems = checked(yaml)
    assert condition is None
    assert any(problem.startswith(expected) for problem in problems), problems


def test_all_problems_of_a_list_are_found_at_once() -> None:
    _, problems = checked("- contact.levl: x\n- any: [{did: nothing}, {contact.level: {gt: 1, is: x}}]\n")
    assert [problem.split(": ")[0] for problem in problems] == ["1:3", "2:15", "2:42", "2:53"]


def test_a_where_about_the_event_alone_knows_neither_contact_nor_now_nor_history() -> None:
    yaml = "- contact.level: 金卡\n- did: order.paid\n- event.at: {within_next: 3d}\n- event.sku: A\n"
    _, problems = checked(yaml, "order.paid", frozenset({"event"}))
    assert [problem.split(": ", 1)[1] for problem in problems] == [
        "contact.* can't be used here, so contact.level can't",
        "did (past events) can't be used here",
        "only the event itself is looked at here, without a now, so within_next can't be used",
    ]


def test_every_operator_parses_for_every_type_it_allows() -> None:
    values = {"text": "金卡", "integer": "3", "number": "2.5", "money": "9.90", "boolean": "true", "date": "2026-08-01",
              "datetime": "2026-08-01 10:00", "list": "a"}  # fmt: skip
    fields = {"text": "level", "integer": "points", "number": "score", "money": "spent", "boolean": "vip",
              "date": "birthday", "datetime": "seen_at", "list": "likes"}  # fmt: skip
    for row in OPERATORS.values():
        for type_ in row.types:
            value = values[type_.value]
            operand = {"value": value, "list": f"[{value}]", "pair": f"[{value}, {value}]", "flag": "true"}
            yaml = f"- contact.{fields[type_.value]}: {{{row.name}: {operand.get(row.operand, '3d')}}}"
            assert isinstance(tree(yaml), Group), yaml
