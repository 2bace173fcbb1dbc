"""Cron's five fields, read strictly: what crons disagree about is refused, so a rule means the same to every reader.

The last day of the month is `L` in the field of days, its last weekday `LW`; a weekday's place in the month is
`mon#2` (the second Monday) or `friL` (the last Friday), as Quartz writes them.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class _Field:
    name: str  # as APScheduler calls it
    low: int
    high: int
    names: tuple[str, ...] = ()  # of low, low + 1, …


LAST = 0
"""The place of a month's last such weekday, and the number of its last day."""
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIELDS = (
    _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS), _Field("day_of_week", 0, 7, _WEEKDAYS),
)  # fmt: skip
_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY = _FIELDS
_ITEM = re.compile(r"(?:\*|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d{1,2}))?", re.ASCII)
_PLACED = re.compile(r"(?P<day>[a-z]{3}|\d)(?:#(?P<place>[1-5])|(?P<last>l))", re.ASCII)
_ORDINALS = ("last", "1st", "2nd", "3rd", "4th", "5th")
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cron:
    """What the fields name; None for `*`. Weekdays count from Sunday as 0, a month's last day is LAST.

    `placed` are weekdays with their place in the month, LAST or 1 to 5. `last_weekday`: the last Monday to Friday.
    """

    minutes: tuple[int, ...] | None
    hours: tuple[int, ...] | None
    days: tuple[int, ...] | None
    months: tuple[int, ...] | None
    weekdays: tuple[int, ...] | None
    placed: tuple[tuple[int, int], ...] = ()
    last_weekday: bool = False


def check_cron(text: str) -> str:
    """`text` unchanged; PydanticCustomError says what can't be read in it."""
    if _trigger(text).get_next_fire_time(None, _SOME_DAY) is None:
        raise PydanticCustomError("triggers.cron_never", "never fires", {"found": text})
    return text


def cron_walls(text: str, after: datetime) -> Iterator[datetime]:
    """The naive local date-times that match, strictly after `after`."""
    only_last = read_cron(text).last_weekday
    while True:
        # APScheduler counts in UTC here, which has no gaps; the caller turns wall times into moments.
        found = _trigger(text).get_next_fire_time(None, after.replace(tzinfo=UTC) + timedelta(microseconds=1))
        if found is None:
            return
        after = found.replace(tzinfo=None)
        if not only_last or after.date() == _last_weekday(after.date()):
            yield after


@lru_cache(maxsize=1024)
def read_cron(text: str) -> Cron:
    """PydanticCustomError says what can't be read."""
    words = text.split()
    if len(words) != len(_FIELDS):
        raise PydanticCustomError("triggers.cron_fields", "not five fields", {"found": text, "count": len(words)})
    minute, hour, day, month, weekday = (word.lower() for word in words)
    if day != "*" and weekday != "*":
        raise PydanticCustomError("triggers.cron_two_days", "day of month and weekday", {"found": text})
    placed = _placed(weekday)
    return Cron(
        _listed(_MINUTE, minute),
        _listed(_HOUR, hour),
        None if day == "lw" else _listed(_DAY, day),
        _listed(_MONTH, month),
        None if placed else _listed(_WEEKDAY, weekday),
        placed,
        day == "lw",
    )


@lru_cache(maxsize=1024)
def _trigger(text: str) -> Any:
    from apscheduler.triggers.cron import CronTrigger

    cron = read_cron(text)
    days = [_ORDINALS[LAST] if day == LAST else str(day) for day in cron.days or ()]
    days += [f"{_ORDINALS[place]} {_WEEKDAYS[day]}" for day, place in cron.placed]
    if cron.last_weekday:
        days = ["26-31"]  # each month's last Monday to Friday is among these; `cron_walls` picks it
    weekdays = [_WEEKDAYS[day] for day in cron.weekdays or ()]  # by name: APScheduler's weekday 0 is Monday
    return CronTrigger(
        minute=_joined(cron.minutes), hour=_joined(cron.hours), day=",".join(days) or "*", month=_joined(cron.months),
        day_of_week=",".join(weekdays) or "*", timezone=UTC,
    )  # fmt: skip


def _joined(numbers: tuple[int, ...] | None) -> str:
    return "*" if numbers is None else ",".join(map(str, numbers))


def _listed(field: _Field, word: str) -> tuple[int, ...] | None:
    """The numbers of a field, Sunday as 0; None for `*`. A month's last day comes last."""
    if word == "*":
        return None
    items = word.split(",")
    has_last = field is _DAY and "l" in items
    numbers = {number for item in items if not (has_last and item == "l") for number in _numbers(field, item)}
    plain = dict.fromkeys(number % 7 if field is _WEEKDAY else number for number in sorted(numbers))
    return (*plain, LAST) if has_last else tuple(plain)


def _placed(word: str) -> tuple[tuple[int, int], ...]:
    """`mon#2,friL`: all of a list have a place, or none has."""
    if "#" not in word and not re.search(r"(?<![a-z])([a-z]{3}|\d)l(?![a-z])", word):
        return ()
    found = [(_PLACED.fullmatch(item), item) for item in word.split(",")]
    odd = next((item for match, item in found if match is None), None)
    if odd is not None:
        raise _odd(_WEEKDAY, odd)
    return tuple(
        (_number(_WEEKDAY, match["day"]) % 7, LAST if match["last"] else int(match["place"]))
        for match, _ in found if match is not None
    )  # fmt: skip


def _numbers(field: _Field, item: str) -> range:
    """`*`, `*/5`, `1-5`, `1-5/2`, `3`, `mon-fri`."""
    match = _ITEM.fullmatch(item)
    if match is None or (match["step"] and match["low"] and not match["high"]):
        raise _odd(field, item)
    last = 6 if field is _WEEKDAY else field.high
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


def _last_weekday(day: date) -> date:
    """The last Monday to Friday of the month of `day`."""
    last = day.replace(day=monthrange(day.year, day.month)[1])
    return last - timedelta(days=max(0, last.weekday() - 4))


def _odd(field: _Field, found: str) -> PydanticCustomError:
    return PydanticCustomError(f"triggers.cron_{field.name}", "odd field", {"found": found})
