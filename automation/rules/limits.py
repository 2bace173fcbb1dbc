"""`limit:` of a rule's guards: how many entries, coupons or messages of one person a period may hold."""

from __future__ import annotations

from datetime import time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

from automation.calendars.duration import Duration
from automation.calendars.local import local_moment, wall_time
from automation.clock import from_ms, to_ms
from automation.i18n import say
from automation.rules.reader import is_none, listed
from automation.rules.spec import Limit
from automation.yamltree import Mapping, Scalar

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.rules.reader import Reader
    from automation.yamltree import Node

LIMIT_KEYS = ("max", "per", "of", "scope")
PERIODS = ("day", "week", "month")
"""Of the local calendar: a week begins on Monday."""
KINDS = ("entries", "coupons", "messages")


@lru_cache(maxsize=256)  # everybody in a batch asks for the same moment
def limit_begins(limit: Limit, now: int, zone: ZoneInfo) -> int:
    """What came after this moment (milliseconds UTC) counts."""
    if isinstance(limit.per, Duration):
        return to_ms(limit.per.before(from_ms(now), zone))
    day = wall_time(from_ms(now), zone).date()
    first = day - timedelta(days={"day": 0, "week": day.weekday(), "month": day.day - 1}[limit.per])
    return to_ms(local_moment(first, time(0), zone)) - 1


def period_sentence(limit: Limit) -> str:
    """ "in a calendar month", "within 30 days"."""
    if isinstance(limit.per, Duration):
        return say("explain.limit_sliding", duration=limit.per.sentence())
    return say(f"explain.limit_{limit.per}")


def read_limits(reader: Reader, node: Node, path: str) -> tuple[Limit, ...]:
    """One limit or a list of them; `none` is none."""
    if is_none(node):
        return ()
    items = [node] if isinstance(node, Mapping) else reader.items(node, path)
    return tuple(limit for item in items or () if (limit := _read(reader, item, path)) is not None)


def written_limit(limit: Limit) -> dict[str, Any]:
    """The normal form: reading it gives the same limit."""
    return {"max": limit.max, "per": str(limit.per), "of": limit.of, "scope": limit.scope}


def _read(reader: Reader, node: Node, path: str) -> Limit | None:
    mapping = reader.mapping(node, path, LIMIT_KEYS, ("max", "per", "of"))
    if mapping is None:
        return None
    nodes = {name: mapping.get(name) for name in LIMIT_KEYS}
    most = reader.count(nodes["max"], path) if nodes["max"] is not None else None
    per = _period(reader, nodes["per"], path) if nodes["per"] is not None else None
    of = reader.choice(nodes["of"], path, KINDS) if nodes["of"] is not None else None
    scope = reader.choice(nodes["scope"], path, ("rule", "all")) if nodes["scope"] is not None else "rule"
    if most is None or per is None or of is None or scope is None:
        return None
    return Limit(
        most, per, cast('Literal["entries", "coupons", "messages"]', of), cast('Literal["rule", "all"]', scope)
    )


def _period(reader: Reader, node: Node, path: str) -> Literal["day", "week", "month"] | Duration | None:
    text = node.text if isinstance(node, Scalar) else ""
    if text in PERIODS:
        return cast('Literal["day", "week", "month"]', text)
    if text[:1].isalpha():  # a word, and no duration
        reader.unknown(node, path, "bad_limit_period", text, PERIODS, known=listed(PERIODS))
        return None
    return reader.duration(node, path)
