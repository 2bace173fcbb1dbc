"""Cron's five fields, read strictly: what crons disagree about is refused, so a rule means the same to every reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class _Field:
    name: str  # as APScheduler calls it
    low: int
    high: int
    names: tuple[str, ...] = ()  # of low, low + 1, …


_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIELDS = (
    _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS), _Field("day_of_week", 0, 7, _WEEKDAYS),
)  # fmt: skip
_ITEM = re.compile(r"(?:\*|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d{1,2}))?", re.ASCII)
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def check_cron(text: str) -> str:
    """`text` unchanged; PydanticCustomError says what can't be read in it."""
    if _trigger(text).get_next_fire_time(None, _SOME_DAY) is None:
        raise PydanticCustomError("triggers.cron_never", "never fires", {"found": text})
    return text


def cron_walls(text: str, after: datetime) -> Iterator[datetime]:
    """The naive local date-times that match, strictly after `after`."""
    while True:
        # APScheduler counts in UTC here, which has no gaps; the caller turns wall times into moments.
        found = _trigger(text).get_next_fire_time(None, after.replace(tzinfo=UTC) + timedelta(microseconds=1))
        if found is None:
            return
        after = found.replace(tzinfo=None)
        yield after


def cron_numbers(text: str) -> tuple[tuple[int, ...] | None, ...]:
    """What each of the five fields names, weekdays with Sunday as 0; None for `*`. `text` has been checked."""
    return tuple(
        None if word == "*" else tuple(dict.fromkeys(_plain(field, number) for number in _listed(field, word)))
        for field, word in zip(_FIELDS, text.split(), strict=True)
    )


@lru_cache(maxsize=1024)
def _trigger(text: str) -> Any:
    from apscheduler.triggers.cron import CronTrigger

    words = text.split()
    if len(words) != len(_FIELDS):
        raise PydanticCustomError("triggers.cron_fields", "not five fields", {"found": text, "count": len(words)})
    if words[2] != "*" and words[4] != "*":
        raise PydanticCustomError("triggers.cron_two_days", "day of month and weekday", {"found": text})
    values = {field.name: _apscheduler(field, word) for field, word in zip(_FIELDS, words, strict=True)}
    return CronTrigger(**values, timezone=UTC)


def _apscheduler(field: _Field, word: str) -> str:
    """The field as APScheduler reads it: its weekday 0 is Monday, so weekdays go by name."""
    if word == "*":
        return word
    numbers = _listed(field, word)
    if field.names is _WEEKDAYS:
        return ",".join(dict.fromkeys(_WEEKDAYS[number % 7] for number in numbers))
    return ",".join(map(str, numbers))


def _listed(field: _Field, word: str) -> list[int]:
    return sorted({number for item in word.lower().split(",") for number in _numbers(field, item)})


def _plain(field: _Field, number: int) -> int:
    return number % 7 if field.names is _WEEKDAYS else number


def _numbers(field: _Field, item: str) -> range:
    """`*`, `*/5`, `1-5`, `1-5/2`, `3`, `mon-fri`."""
    match = _ITEM.fullmatch(item)
    if match is None or (match["step"] and match["low"] and not match["high"]):
        raise _odd(field, item)
    last = 6 if field.names is _WEEKDAYS else field.high
    low = _number(field, match["low"]) if match["low"] else field.low
    high = _number(field, match["high"]) if match["high"] else (low if match["low"] else last)
    if match["high"] == "sun" and low > 0:
        high = 7
    step = int(match["step"] or 1)
    if low > high or step == 0:
        raise _odd(field, item)
    return range(low, high + 1, step)


def _number(field: _Field, word: str) -> int:
    if word in field.names:
        return field.low + field.names.index(word)
    if not word.isdigit() or not field.low <= int(word) <= field.high:
        raise _odd(field, word)
    return int(word)


def _odd(field: _Field, found: str) -> PydanticCustomError:
    return PydanticCustomError(f"triggers.cron_{field.name}", "odd field", {"found": found})
