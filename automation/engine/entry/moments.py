"""The times of events: ISO 8601, seconds and milliseconds since 1970, and the form that a source declares."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from automation.calendars.local import moment_of
from automation.catalogue.sources import UNITS
from automation.clock import EPOCH

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LEAST_SECONDS = 10**8
"""1973. Smaller numbers are no seconds since 1970: an hour, a count, a spreadsheet's day."""
SECONDS_BELOW = 10**11
"""Numbers below are seconds (until the year 5138), from here on milliseconds (from 1973) …"""
MILLISECONDS_BELOW = 10**14
"""… and from here on microseconds, which a source must declare."""


def read_moment(value: Any, zone: ZoneInfo, form: str | None = None) -> int | None:
    """Milliseconds UTC; None when `value` is no time of this form (None: ISO 8601, or seconds or milliseconds).

    Without an offset a time is meant in `zone`; a date is its 00:00.
    """
    if form is None:
        return _iso(value, zone) if value.__class__ is str else _epoch(value)
    if form in UNITS:
        number = _number(value)
        return None if number is None else _milliseconds_of(number * UNITS[form])
    try:
        moment = datetime.strptime(value.strip(), form) if isinstance(value, str) else None  # noqa: DTZ007 -- see _in_zone
        return None if moment is None else _in_zone(moment, zone)
    except (ValueError, OverflowError):
        return None


def _iso(text: str, zone: ZoneInfo) -> int | None:
    second, rest = _second(text[:19]), _rest(text[19:])
    if second is not None and rest is not None:
        return second + rest
    if text.isdigit() and len(text) != 8:  # Python reads 3345062400000 as a day of the year 3345
        return _epoch(text)
    try:
        return _in_zone(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        return _epoch(text)


def _in_zone(moment: datetime, zone: ZoneInfo) -> int:
    return _milliseconds(moment if moment.tzinfo else moment_of(moment, zone))


def _epoch(value: Any) -> int | None:
    """Seconds or milliseconds, by the number's size."""
    number = _number(value)
    if number is None or not LEAST_SECONDS <= number < MILLISECONDS_BELOW:
        return None
    return _milliseconds_of(number * 1000 if number < SECONDS_BELOW else number)


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        text = value.strip()
        if not text.isascii() or not text.replace(".", "", 1).isdigit() or len(text) > 24:
            return None
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def _milliseconds_of(number: float) -> int | None:
    found = round(number)
    return found if 0 < found < 253_402_300_800_000 else None  # until the year 9999


# Events come close together: the second, and the fraction with its offset, were mostly seen before.


@lru_cache(maxsize=4096)
def _second(text: str) -> int | None:
    """Milliseconds of `2026-08-01T10:00:00` in UTC; None: another form."""
    return _if_right(text + "Z") if text[10:11] == "T" and text[13:14] == text[16:17] == ":" else None


@lru_cache(maxsize=4096)
def _rest(text: str) -> int | None:
    """Milliseconds that `.123+08:00` adds to a second; None: another form."""
    return _if_right("1970-01-01T00:00:00" + text) if text[-1:] == "Z" or text[-6:-5] in ("+", "-") else None


def _if_right(text: str) -> int | None:
    try:
        return _milliseconds(datetime.fromisoformat(text))
    except ValueError:
        return None


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH + timedelta(microseconds=500)) // timedelta(milliseconds=1)
