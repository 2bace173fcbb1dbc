"""Dates and moments as people and systems write them, to one normal form each."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo
from typing import TYPE_CHECKING

from automation.calendars import local

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|(\d{2})(\d{2})|年(\d{1,2})月(\d{1,2})日)",
    re.ASCII,
)
_MIDNIGHT = re.compile(r"(?:[T ]0?0:00(?::00(?:\.0+)?)?)?\Z")
_TIME = re.compile(r"(?:[T ] *(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? *(Z|z|[+-]\d{2}:?\d{2})?\Z", re.ASCII)


def read_date(value: object) -> str | None:
    """`1990-08-04` from 1990-08-04, 1990/8/4, 1990.8.4, 19900804, 1990年8月4日, also with a midnight; None: no date."""
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip() if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    match = _DATE.match(text)
    if match is None or not _MIDNIGHT.match(text, match.end()):
        return None
    found = _day(match)
    return found.isoformat() if found else None


def read_datetime(value: object, zone: ZoneInfo) -> str | None:
    """`2026-08-04T02:00:00.000Z` from ISO forms; without a zone it was written in `zone`. None: no moment."""
    if isinstance(value, datetime):
        return moment_text(value if value.tzinfo else local.moment_of(value, zone))
    text = value.strip() if isinstance(value, str) else ""
    match = _DATE.match(text)
    rest = _TIME.match(text, match.end()) if match else None
    day = _day(match) if match else None
    if day is None or rest is None:
        return None
    hour, minute, second, fraction, offset = rest.groups()
    try:
        wall = datetime.combine(day, time(int(hour or 0), int(minute or 0), int(second or 0), _micro(fraction)))
        return moment_text(wall.replace(tzinfo=_offset(offset)) if offset else local.exact_moment(wall, zone))
    except (ValueError, OverflowError):
        return None


def moment_text(moment: datetime) -> str:
    """An aware moment in the normal form: UTC, milliseconds, always 24 characters wide."""
    utc = moment.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def moment_of(text: str) -> datetime:
    """The aware UTC moment of a normalised date and time."""
    return datetime.fromisoformat(text)


def _micro(fraction: str | None) -> int:
    return int((fraction or "").ljust(6, "0")[:6])


def _offset(text: str) -> tzinfo | None:
    return UTC if text in "Zz" else datetime.strptime(text, "%z").tzinfo


def _day(match: re.Match[str]) -> date | None:
    year, *parts = match.groups()
    month, day = (part for part in parts if part is not None)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
