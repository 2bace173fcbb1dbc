"""Random trees and random people, made to collide: small sets of values, wrong JSON types, nothing at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from automation.calendars.duration import Duration
from automation.catalogue.event_fields import is_own, whole
from automation.catalogue.model import FieldType as T
from automation.rules.conditions.operators import OPERATORS, Operator
from automation.rules.conditions.references import comparable
from automation.rules.conditions.tree import Compare, Condition, FieldRef, Group, History, Reachable, Ref
from automation.store.events import PastEvent
from tests.conditions.helpers import CATALOGUE, ZONE

NOW = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)

TEXTS = ["", "a", "A", "ab", "Ab", "金卡", "金", "卡", "%", "_", "a_b", "a%b", "'", '"', "\\", "é", "😀金", "z a"]
NUMBERS = [0, 1, -1, 2, 5, 100, 2.5, 1e15, 0.1]
DATES = ["1990-08-04", "2026-07-02", "2026-07-31", "2026-08-01", "2026-08-02", "2026-08-31", "0001-01-01"]
MOMENTS = ["2026-07-02T04:00:00.000Z", "2026-07-31T15:59:59.999Z", "2026-08-01T04:00:00.000Z",
           "2026-08-01T04:00:00.001Z", "2026-08-31T04:00:00.000Z", "1969-12-31T00:00:00.000Z"]  # fmt: skip
DURATIONS = [Duration(1, "d"), Duration(30, "d"), Duration(4, "w")]
SHORT = [Duration(30, "m"), Duration(12, "h")]

VALUES: dict[T, list[Any]] = {
    T.TEXT: TEXTS, T.INTEGER: [n for n in NUMBERS if isinstance(n, int)], T.NUMBER: NUMBERS,
    T.MONEY: [0, 100, 5990, 20000, -1], T.BOOLEAN: [True, False], T.DATE: DATES, T.DATETIME: MOMENTS,
    T.LIST: [["a"], ["a", "ab"], ["金", "A"], [], ["a", 1, None], [1], ["", "%"]],
}  # fmt: skip
ANY_JSON = st.sampled_from(
    [
        "n/a",
        "2026-8-1",
        "2026-08-01 10:00",
        "9999",
        None,
        True,
        False,
        0,
        1,
        2.5,
        "",
        "a",
        "1",
        "true",
        [],
        ["a"],
        [1],
        {},
        {"a": "a"},
    ]
)


def values(type_: T) -> st.SearchStrategy[Any]:
    """Mostly right values, sometimes of another JSON type."""
    return st.one_of(st.sampled_from(VALUES[type_]), st.sampled_from(VALUES[type_]), ANY_JSON)


def refs(namespace: str) -> list[FieldRef]:
    if namespace == "event":
        event = CATALOGUE.events["order.paid"]
        storage = {name: "column" if is_own(event, name) else "none" for name in event.fields}
        return [FieldRef("event", p.name, p.type, storage[p.name]) for p in event.fields.values()]  # type: ignore[arg-type]
    names = ("name", "level", "points", "score", "spent", "vip", "birthday", "seen_at", "likes", "tags", "phone",
             "created_at")  # fmt: skip
    fields = [CATALOGUE.fields[name] for name in names]
    return [FieldRef("contact", defn.name, defn.type, defn.storage) for defn in fields]


def operands(row: Operator, type_: T) -> st.SearchStrategy[Any]:
    item = st.sampled_from(TEXTS if type_ is T.LIST else VALUES[type_])
    if row.name in ("contains", "not_contains", "starts_with", "ends_with"):
        item = st.sampled_from([text for text in TEXTS if text])
    if row.operand == "flag":
        return st.booleans()
    if row.operand == "duration":
        return st.sampled_from(DURATIONS if type_ is T.DATE else DURATIONS + SHORT)
    if row.operand == "pair":
        return st.tuples(item, item).map(lambda pair: tuple(sorted(pair)))
    return st.lists(item, min_size=1, max_size=3).map(tuple) if row.operand == "list" else item


def referring(row: Operator, type_: T, others: list[FieldRef]) -> st.SearchStrategy[Any]:
    """Operands of which some are references to fields that can be compared with the type."""
    plain = operands(row, type_)
    fitting = [Ref(ref) for ref in others if ref.type is not T.LIST and comparable(ref.type, type_)]
    if row.operand in ("flag", "duration") or not fitting:
        return plain
    ref = st.sampled_from(fitting)
    if row.operand == "value":
        return st.one_of(plain, ref)
    size = {"min_size": 2, "max_size": 2} if row.operand == "pair" else {"min_size": 1, "max_size": 3}
    item = st.one_of(st.sampled_from(TEXTS if type_ is T.LIST else VALUES[type_]), ref)
    return st.one_of(plain, st.lists(item, **size).map(tuple))


def compares(
    namespace: str, *, relative: bool = True, others: list[FieldRef] | None = None
) -> st.SearchStrategy[Compare]:
    pairs = [
        (ref, row)
        for ref in refs(namespace)
        for row in OPERATORS.values()
        if ref.type in row.types and (relative or not row.relative)
    ]
    return st.sampled_from(pairs).flatmap(
        lambda pair: referring(pair[1], pair[0].type, others or []).map(
            lambda value: Compare(pair[0], pair[1].name, value, "p")
        )
    )


def groups(leaves: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            Group,
            st.sampled_from(["all", "any", "none"]),
            st.lists(inner, max_size=3).map(tuple),
            st.just("p"),
        ),
        max_leaves=6,
    )


def event_trees() -> st.SearchStrategy[Condition]:
    """Conditions on an order's properties alone."""
    return groups(compares("event", relative=False))


SAVED = {"code": T.TEXT, "price": T.MONEY, "day": T.DATE}


def everything() -> list[FieldRef]:
    """What a `where` in a run may refer to: the run's own event, its contact, and what a step has saved."""
    saved = [FieldRef("var", f"made.{name}", type_) for name, type_ in SAVED.items()]
    return [*refs("event"), *refs("contact"), *saved]


def correlated_trees() -> st.SearchStrategy[Condition]:
    """Conditions on an order's properties that compare them with what the run knows."""
    return groups(compares("event", relative=False, others=everything()))


def histories() -> st.SearchStrategy[History]:
    return st.builds(
        History,
        event=st.sampled_from(["order.paid", "coupon.issued"]),
        where=st.none() | groups(compares("event", relative=False, others=refs("contact"))),
        within=st.none() | st.sampled_from(DURATIONS + SHORT),
        since_entry=st.sampled_from([False, False, False, True]),
        at_least=st.sampled_from([1, 1, 2, 3]),
        negated=st.booleans(),
        path=st.integers(0, 10**6).map(lambda number: f"p/{number}"),
    ).map(lambda node: node if not node.since_entry else History(**{**vars(node), "within": None}))


def reachables() -> st.SearchStrategy[Reachable]:
    return st.builds(
        Reachable,
        channels=st.sampled_from([("sms",), ("email",), ("sms", "email")]),
        purpose=st.sampled_from(["marketing", "marketing", "transactional"]),
        path=st.integers(0, 10**6).map(lambda number: f"r/{number}"),
    )


def trees() -> st.SearchStrategy[Condition]:
    """Any condition on a contact."""
    leaf = compares("contact", others=refs("contact"))
    return groups(st.one_of(leaf, leaf, histories(), reachables()))


def some(fields: dict[str, T]) -> st.SearchStrategy[dict[str, Any]]:
    """A JSON object with some of the fields."""
    return st.fixed_dictionaries({}, optional={name: values(type_) for name, type_ in fields.items()})


ATTRIBUTES = {ref.name: ref.type for ref in refs("contact") if ref.storage == "attribute"}
PROPERTIES = {ref.name: ref.type for ref in refs("event") if ref.storage == "none"}


SOURCES, CHANNELS = st.sampled_from(TEXTS), st.sampled_from([None, *TEXTS])


UNDECLARED = {"channel": "ab"}
"""A property that the catalogue does not have (any more) hides nothing."""


def seen(properties: dict[str, Any], at: int, source: str, channel: str | None) -> dict[str, Any]:
    """An order as conditions see it, with what every event has."""
    event = PastEvent(1, "order.paid", None, at, at, source, channel, properties | UNDECLARED)
    return whole(event, CATALOGUE.events)


def whole_events() -> st.SearchStrategy[dict[str, Any]]:
    """Orders as conditions see them."""
    time = st.sampled_from(MOMENTS).map(lambda text: int(datetime.fromisoformat(text).timestamp() * 1000))
    return st.builds(seen, some(PROPERTIES), time, SOURCES, CHANNELS)


NOW_MS = int(NOW.timestamp() * 1000)
_AT = [NOW_MS - 10**9, NOW_MS - 60_000, NOW_MS]
_CHANNELS = ["*", "sms", "email"]
"""Consents are (channel, state, source, given, heard), suppressions (address or None, channel, until), wrong addresses
(channel, address)."""
consents = st.lists(
    st.tuples(st.sampled_from(_CHANNELS), st.sampled_from(["granted", "granted", "denied"]), st.sampled_from("ab"),
              st.none() | st.sampled_from(_AT), st.sampled_from(_AT)),
    unique_by=lambda one: one[0], max_size=3,
)  # fmt: skip
suppressions = st.lists(
    st.tuples(st.none() | st.sampled_from(TEXTS[1:4]), st.sampled_from(_CHANNELS),
              st.sampled_from([None, NOW_MS - 1, NOW_MS, NOW_MS + 1])),
    max_size=1,
)  # fmt: skip


@st.composite
def people(draw: st.DrawFn) -> dict[str, Any]:
    """A contact's rows: attributes, times, tags, phones and events."""
    moments = [int(datetime.fromisoformat(text).timestamp() * 1000) for text in MOMENTS]
    names = st.sampled_from(["order.paid", "coupon.issued"])
    event = st.tuples(names, st.sampled_from(moments), some(PROPERTIES), SOURCES, CHANNELS)
    return {
        "attributes": draw(some(ATTRIBUTES)),
        "created_at": draw(st.sampled_from(moments)),
        "tags": draw(st.sets(st.sampled_from(["a", "A", "ab", "金"]), max_size=3)),
        "phones": draw(st.lists(st.sampled_from(TEXTS[1:]), unique=True, max_size=3)),
        "events": draw(st.lists(event, max_size=4)),
        "consents": draw(consents),
        "suppressions": draw(suppressions),
        "wrong": draw(st.lists(st.tuples(st.just("sms"), st.sampled_from(TEXTS[1:4])), max_size=1)),
    }


__all__ = [
    "CHANNELS",
    "NOW",
    "SAVED",
    "SOURCES",
    "UNDECLARED",
    "ZONE",
    "compares",
    "correlated_trees",
    "event_trees",
    "people",
    "seen",
    "some",
    "trees",
    "whole_events",
]
