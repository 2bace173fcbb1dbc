"""Catching up: what becomes of a firing that no daemon saw in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from automation.triggers.base import ClockTrigger

if TYPE_CHECKING:
    from automation.engine.book import LoadedRule

TOO_LATE = timedelta(days=3)
"""A firing that is older than this is recorded as missed, where the rule has no `expires_after`."""
IN_TIME = timedelta(minutes=5)
"""A firing that is seen so soon was not missed by anybody: a restart takes its time."""

Missed: TypeAlias = Literal["expired", "not_latest", "skipped"]


def missed_by(rule: LoadedRule, at: datetime, now: datetime, *, latest: bool, asked: bool = False) -> Missed | None:
    """Why a firing of the moment `at` is recorded instead of run; None: it is run, late or not.

    `asked`: somebody asked for what is past.
    """
    if expired(rule, at, now, asked=asked):
        return "expired"
    how = catch_up(rule)
    if how == "all" or (latest and how == "latest"):
        return None
    if how == "skip" and now - at > IN_TIME:
        return "skipped"
    return None if latest else "not_latest"


def expired(rule: LoadedRule, at: datetime, now: datetime, *, asked: bool = False) -> bool:
    """Whether a firing of the moment `at` is too old to be worth anything. When it is `asked` for, the rule's own
    lifetime alone decides.
    """
    lifetime = rule.spec.expires_after
    if asked and lifetime is None:
        return False
    return at < (now - TOO_LATE if lifetime is None else lifetime.before(now, rule.spec.zone))


def late(at: datetime, now: datetime) -> bool:
    return now - at > IN_TIME


def catch_up(rule: LoadedRule) -> Literal["latest", "all", "skip"]:
    """What the rule says, or else its trigger."""
    assert isinstance(rule.trigger, ClockTrigger)
    return rule.spec.catch_up or rule.trigger.missed
