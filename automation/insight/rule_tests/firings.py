"""When a clock trigger fired before a moment, and what to say when it does not fire at it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from automation.errors import AutomationError
from automation.i18n import say
from automation.reasons import Reason
from automation.rules.cases.spec import Happening
from automation.triggers.base import ClockTrigger, EventTrigger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from automation.engine.book import LoadedRule
    from automation.insight.rule_tests.record import Record
    from automation.rules.cases.spec import Moment

_STEPS = (timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=32), timedelta(days=367))
"""How far it is looked back, little by little."""
_MOST = 5_000


def firing_before(rule: LoadedRule, at: datetime, zone: ZoneInfo) -> datetime | None:
    """The trigger's last firing before `at`; None when it fires by no clock, or did not fire within a year."""
    if not isinstance(rule.trigger, ClockTrigger):
        return None
    for step in _STEPS:
        found = None
        firing = next_firing(rule, at - step, zone)
        for _ in range(_MOST):
            if firing is None or firing >= at:
                break
            found, firing = firing, next_firing(rule, firing, zone)
        if found is not None:
            return found
    return None


def next_firing(rule: LoadedRule, after: datetime, zone: ZoneInfo) -> datetime | None:
    """By the clock of `zone`. None when there is none, or when the trigger can't tell."""
    trigger: Any = rule.trigger
    try:
        firing = trigger.next(rule.spec.trigger.params, zone, after)
    except AutomationError:
        return None
    return None if firing is None else firing.at


def why_silent(rule: LoadedRule, record: Record, at: datetime, moments: Sequence[Moment], zone: ZoneInfo) -> str | None:
    """Why the log says nothing about the person; None when it says something."""
    if any(code != Reason.OCCURRENCE_DONE for code in record.codes):
        return None
    if isinstance(rule.trigger, EventTrigger):
        told = next((moment.event for moment in moments if isinstance(moment, Happening)), "")
        return say("tests.not_listening", event=told)
    coming = next_firing(rule, at - timedelta(milliseconds=1), zone)
    if coming is None:
        return say("tests.never_fires", at=_shown(rule, at))
    if coming != at and rule.watch is None:
        return say("tests.no_firing", at=_shown(rule, at), next=_shown(rule, coming))
    return say("tests.not_called")


def _shown(rule: LoadedRule, at: datetime) -> str:
    return f"{at.astimezone(rule.spec.zone):%Y-%m-%d %H:%M}"
