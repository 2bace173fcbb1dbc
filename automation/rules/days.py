"""`days:` in a rule: weekdays by name, or the Chinese workdays or days off."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Literal, cast

from automation.calendars.windows import DAY_KINDS, MIDNIGHT, WEEKDAYS, Days
from automation.i18n import say
from automation.rules.reader import listed
from automation.yamltree import Scalar

if TYPE_CHECKING:
    from automation.rules.reader import Reader
    from automation.yamltree import Mapping, Node


def read_days(reader: Reader, node: Node, path: str) -> Days | None:
    """`[mon, wed]`, `sat`, `workdays` or `days_off`; None after a problem was said."""
    if isinstance(node, Scalar):
        word = reader.choice(node, path, (*WEEKDAYS, *DAY_KINDS))
        if word in DAY_KINDS:
            return Days((), cast('Literal["workdays", "days_off"]', word), reader.calendar)
        return Days((WEEKDAYS.index(word),)) if word else None
    found: set[int] = set()
    for item in reader.items(node, path) or ():
        word = reader.text(item, path)
        if word in DAY_KINDS:
            reader.error(item, path, "day_kind_alone", found=word)
        elif word is not None and word not in WEEKDAYS:
            reader.unknown(item, path, "bad_choice", word, WEEKDAYS, known=listed(WEEKDAYS))
        elif word is not None:
            found.add(WEEKDAYS.index(word))
    return Days(tuple(sorted(found))) if found else None


def read_span(reader: Reader, mapping: Mapping, path: str) -> tuple[time, time, Days | None] | None:
    """`from`, `to` and `days` of a window. With `days` alone it is the whole day, and `to` may be 24:00."""
    days, start, end = mapping.get("days"), mapping.get("from"), mapping.get("to")
    named = read_days(reader, days, path) if days is not None else None
    if days is not None and start is None and end is None:
        return (MIDNIGHT, MIDNIGHT, named) if named else None
    for name in ("from", "to"):
        if mapping.get(name) is None:
            reader.error(mapping, path, "missing_key", name=name)
    begins = reader.time(start, path) if start is not None else None
    to_midnight = isinstance(end, Scalar) and end.text == "24:00"
    ends = MIDNIGHT if to_midnight else reader.time(end, path, end=True) if end is not None else None
    if begins is None or ends is None or (days is not None and named is None):
        return None
    if begins == ends and not (to_midnight and named is not None):
        reader.error(mapping, path, "empty_window", found=f"{begins:%H:%M}")
        return None
    return begins, ends, named


def days_sentence(days: Days) -> str:
    """In the language of the moment: `Monday, Sunday`, or which days of the calendar."""
    if days.kind is not None:
        return say(f"explain.days_{days.kind}")
    return say("conditions.list").join(say(f"explain.weekday_{(day + 1) % 7}") for day in days.weekdays)
