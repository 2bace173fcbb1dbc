"""A person's time zone must be one that the engine can reckon with, or quiet hours hold the person back for ever."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from automation.catalogue.nearest import hint, nearest
from automation.contacts.names import ContactError


@cache
def check_zone(name: str) -> None:
    """ContactError with the nearest name when there is no such zone."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # a path, a folder, nothing of that name
        near = hint(nearest(name, available_timezones()))
        raise ContactError("contacts.bad_zone", found=name[:60], **near) from None
