"""Cron's usual schedules in words; an unusual one is shown as it is written."""

from __future__ import annotations

from collections.abc import Iterable

from automation.i18n import say
from automation.triggers.cron import LAST, Cron, read_cron

MOST_TIMES = 4
"""So many times of a day are listed; with more, the fields say it better."""


def cron_sentence(cron: str) -> str:
    """`0 9 * * mon` is told as every Monday at 09:00."""
    read = read_cron(cron)
    if read.minutes is None or read.hours is None or len(read.minutes) * len(read.hours) > MOST_TIMES:
        return say("explain.cron", cron=cron)
    at = _listed(f"{hour:02d}:{minute:02d}" for hour in read.hours for minute in read.minutes)
    told = _days(read, at)
    return told if read.months is None else say("explain.cron_months", sentence=told, months=_listed(read.months))


def _days(cron: Cron, at: str) -> str:
    if cron.last_weekday:
        return say("explain.cron_last_weekday", at=at)
    if cron.placed:
        days = (say(f"explain.place_{place}", day=say(f"explain.weekday_{day}")) for day, place in cron.placed)
        return say("explain.cron_placed", days=_listed(days), at=at)
    if cron.weekdays is not None:
        return say("explain.cron_weekly", days=_listed(say(f"explain.weekday_{day}") for day in cron.weekdays), at=at)
    if cron.days == (LAST,):
        return say("explain.cron_last_day", at=at)
    if cron.days is not None:
        days = (str(day) if day != LAST else say("explain.last_day") for day in cron.days)
        return say("explain.cron_monthly", days=_listed(days), at=at)
    return say("explain.cron_daily", at=at)


def _listed(items: Iterable[object]) -> str:
    return say("conditions.list").join(map(str, items))
