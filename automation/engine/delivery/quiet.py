"""Quiet hours: whether it is quiet where the person is, and until when."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.calendars.local import local_moment, wall_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from automation.rules.spec import QuietHours


def quiet_until(hours: QuietHours, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet time that `now` falls into; None when it is not quiet.

    The window is half-open: at its end it is no longer quiet. One that begins and ends at the same time is a whole day.
    """
    local = wall_time(now, zone)
    clock, today = local.time(), local.date()
    overnight = hours.start >= hours.end
    if not overnight:
        return local_moment(today, hours.end, zone) if hours.start <= clock < hours.end else None
    if clock >= hours.start:
        return local_moment(today + timedelta(days=1), hours.end, zone)
    return local_moment(today, hours.end, zone) if clock < hours.end else None


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
