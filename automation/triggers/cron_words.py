"""Cron's usual schedules in words; an unusual one is shown as it is written."""

from __future__ import annotations

from automation.i18n import say
from automation.triggers.cron import cron_numbers

MOST_TIMES = 4
"""So many times of a day are listed; with more, the fields say it better."""


def cron_sentence(cron: str) -> str:
    """`0 9 * * mon` is told as every Monday at 09:00."""
    minutes, hours, days, months, weekdays = cron_numbers(cron)
    if minutes is None or hours is None or len(minutes) * len(hours) > MOST_TIMES:
        return say("explain.cron", cron=cron)
    at = _listed([f"{hour:02d}:{minute:02d}" for hour in hours for minute in minutes])
    if weekdays is not None:
        told = say("explain.cron_weekly", days=_listed([say(f"explain.weekday_{day}") for day in weekdays]), at=at)
    elif days is not None:
        told = say("explain.cron_monthly", days=_listed(days), at=at)
    else:
        told = say("explain.cron_daily", at=at)
    return told if months is None else say("explain.cron_months", sentence=told, months=_listed(months))


def _listed(items: list[str] | tuple[int, ...]) -> str:
    return say("conditions.list").join(map(str, items))
