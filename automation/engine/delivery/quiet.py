"""Quiet time: when nothing is sent, by the rule's quiet hours and send windows and by what the person asks for."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from automation.calendars.local import wall_time
from automation.calendars.windows import Window, first_outside, is_outside_calendar, parse_windows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automation.calendars.workdays import WorkCalendar
    from automation.rules.spec import Guards, QuietHours, SendWindow

DO_NOT_DISTURB = "do_not_disturb"
"""The contact's field: the windows in which they want no message."""
Cause: TypeAlias = Literal["quiet_hours", "send_window", "do_not_disturb"]


class Quiet(NamedTuple):
    """It is quiet, because of `causes`, until a moment (UTC); None: it never ends. `drop`: nothing waits for that."""

    causes: tuple[Cause, ...]
    until: datetime | None
    drop: bool


def quiet_time(guards: Guards, own: Sequence[Window], now: datetime, zone: ZoneInfo) -> Quiet | None:
    """Whether `now` is quiet for somebody in `zone` who asks for `own` windows; the end is always later than `now`.

    It goes by the clock on the wall: in the hour that comes twice a window comes twice. Where nobody knows which days
    are holidays, it is quiet, and asked again a day later.
    """
    windows = (*guards.quiet_hours, *guards.send_window)
    calendars = tuple(window.days.calendar for window in windows if window.days is not None)
    return _quiet_time(guards.quiet_hours, guards.send_window, tuple(own), now, zone, calendars)


@lru_cache(maxsize=2048)  # all people of a zone ask the same in one batch
def _quiet_time(
    quiet: tuple[QuietHours, ...], send: tuple[SendWindow, ...], own: tuple[Window, ...], now: datetime, zone: ZoneInfo,
    _calendars: tuple[WorkCalendar, ...],  # days compare without theirs
) -> Quiet | None:  # fmt: skip
    wall = wall_time(now, zone)
    silent = [window for window in quiet if window.holds(wall, unsure=True)]
    closed = bool(send) and not _is_open(send, wall)
    asked = any(window.holds(wall, unsure=True) for window in own)
    named: list[tuple[Cause, bool]] = [
        ("quiet_hours", bool(silent)), ("send_window", closed), ("do_not_disturb", asked)
    ]  # fmt: skip
    causes = tuple(name for name, holds in named if holds)
    if not causes:
        return None

    def blocked(later: datetime) -> bool:
        held = any(window.holds(later, unsure=True) for window in (*quiet, *own))
        return held or (bool(send) and not _is_open(send, later))

    edges = [*(window.end for window in (*quiet, *own)), *(window.start for window in send)]
    until = first_outside(blocked, edges, now, zone)
    if until is None and is_outside_calendar((*quiet, *send), wall.date() + timedelta(days=14)):
        until = now + timedelta(days=1)
    drop = any(window.then == "drop" for window in silent) or (closed and any(w.then == "drop" for w in send))
    return Quiet(causes, until, drop or (not silent and not closed and _drops(quiet, send)))


def _is_open(send: Sequence[SendWindow], wall: datetime) -> bool:
    return any(window.holds(wall, unsure=False) for window in send)


def _drops(quiet: Sequence[QuietHours], send: Sequence[SendWindow]) -> bool:
    """Whether the rule drops whatever falls into quiet time, so that a person's own is treated like that too."""
    ways = {*(window.then for window in quiet), *(window.then for window in send)}
    return ways == {"drop"}


def own_windows(guards: Guards, contact: Mapping[str, Any]) -> tuple[Window, ...] | None:
    """The windows in which the person wants no message, where the rule minds them; None: nobody can read them."""
    value = contact.get(DO_NOT_DISTURB)
    if not value or not guards.do_not_disturb:
        return ()
    return parse_windows(value) if isinstance(value, str) else None


def needs_zone(guards: Guards, contact: Mapping[str, Any]) -> bool:
    """Whether it depends on the person's zone whether a message may be sent."""
    own = bool(contact.get(DO_NOT_DISTURB)) and guards.do_not_disturb
    return bool(guards.quiet_hours or guards.send_window) or own


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
