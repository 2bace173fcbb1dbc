"""Quiet hours: whether it is quiet where the person is, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.calendars.local import next_time_of_day, wall_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.rules.spec import QuietHours


def quiet_until(hours: QuietHours, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet time that `now` falls into, always later than `now`; None when it is not quiet.

    It is quiet whenever a clock there shows a time in the window, which is half-open: at its end it is no longer quiet.
    One that begins and ends at the same time is a whole day. In the hour that comes twice it is quiet twice.
    """
    if not _is_quiet(hours, wall_time(now, zone)):
        return None
    end = now
    while True:  # a clock that is put forward may step over the end into the next quiet time
        end = next_time_of_day(hours.end, zone, end)
        if not _is_quiet(hours, wall_time(end, zone)) or end - now > timedelta(days=2):
            return end


def _is_quiet(hours: QuietHours, wall: datetime) -> bool:
    clock = wall.time()
    if hours.start < hours.end:
        return hours.start <= clock < hours.end
    return clock >= hours.start or clock < hours.end


def zone_of(contact: Mapping[str, Any], otherwise: ZoneInfo) -> ZoneInfo | None:
    """The contact's own zone; `otherwise` when they have none. None when theirs doesn't exist: nobody can tell."""
    name = contact.get("timezone")
    if name is None or name == "":
        return otherwise
    return _zone(name) if isinstance(name, str) else None


def known_zone(contact: Mapping[str, Any]) -> bool:
    """Whether the contact's zone exists, or they have none."""
    return not contact.get("timezone") or zone_of(contact, _UTC) is not None


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


_UTC = ZoneInfo("UTC")
