"""Durations as staff write them: `30m`, `2h`, `3d`, `4w`, `6mo`, `1y`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import TYPE_CHECKING

from automation.calendars.local import later, moment_of, wall_time
from automation.i18n import Text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_FORM = re.compile(r"([+-]?)(\d+)(mo|[mhdwy])\Z", re.ASCII)
_MOST_DIGITS = 6
_UNITS = {
    "m": Text("分钟", "minutes"), "h": Text("小时", "hours"), "d": Text("天", "days"), "w": Text("周", "weeks"),
    "mo": Text("个月", "months"), "y": Text("年", "years"),
}  # fmt: skip
_MINUTES = {"m": 1, "h": 60}
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mo": 1, "y": 12}
LONGEST = timedelta(days=366_000)
"""More than a thousand years is no duration: it leads out of the calendar."""


@dataclass(frozen=True)
class Duration:
    """An amount of minutes or hours (elapsed time), or of days, weeks, months or years (of the local calendar, so DST
    moves nothing). A day that a month lacks is its last: a month after 31 January is 28 February.
    """

    amount: int
    unit: str  # m | h | d | w | mo | y

    @classmethod
    def parse(cls, text: str) -> Duration | None:
        """None when `text` is no duration."""
        match = _FORM.match(text)
        if match is None:
            return None
        sign, digits, unit = match.groups()
        if len(digits) > _MOST_DIGITS:
            return None
        found = cls(-int(digits) if sign == "-" else int(digits), unit)
        return found if found.longest <= LONGEST else None

    @staticmethod
    def is_too_long(text: str) -> bool:
        """Whether `text`, which is no duration, would be one but for its length."""
        return _FORM.match(text) is not None

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """`moment` (aware) plus this duration, in UTC. Days, weeks, months and years keep the local time of day."""
        if self.unit in _MINUTES or not self.amount:
            return later(moment.astimezone(UTC), timedelta(minutes=self.minutes))
        local = wall_time(moment, zone)
        return moment_of(_months_later(local, self.months) if self.months else later(local, timedelta(self.days)), zone)

    def before(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """`moment` minus this duration."""
        return Duration(-self.amount, self.unit).after(moment, zone)

    @property
    def minutes(self) -> int:
        """The minutes of a duration in minutes or hours; 0 for the calendar's units."""
        return _MINUTES.get(self.unit, 0) * self.amount

    @property
    def days(self) -> int:
        """The whole days of a duration in days or weeks; 0 for the others."""
        return _DAYS.get(self.unit, 0) * self.amount

    @property
    def months(self) -> int:
        """The calendar months of a duration in months or years; 0 for the others."""
        return _MONTHS.get(self.unit, 0) * self.amount

    @property
    def is_elapsed(self) -> bool:
        """Whether it is so and so much time, whatever the calendar says: minutes and hours."""
        return self.unit in _MINUTES

    @property
    def longest(self) -> timedelta:
        """No less than it ever lasts: a local day can be longer than 24 hours, but never by a whole day."""
        if self.is_elapsed:
            return timedelta(minutes=abs(self.minutes))
        return timedelta(days=abs(self.days) + abs(self.months) * 31 + 1)

    def sentence(self, lang: str | None = None) -> str:
        unit = _UNITS[self.unit].get(lang)
        if unit.isascii() and abs(self.amount) == 1:
            unit = unit.removesuffix("s")
        return f"{self.amount} {unit}"

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


def _months_later(local: datetime, months: int) -> datetime:
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        return later(local, timedelta.max if months > 0 else timedelta.min)
    return local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
