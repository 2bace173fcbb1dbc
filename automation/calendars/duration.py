"""Durations as staff write them: `30m`, `2h`, `3d`, `4w`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from automation.i18n import Text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_FORM = re.compile(r"^([+-]?)(\d{1,6})([mhdw])$")
_UNITS = {"m": Text("分钟", "minutes"), "h": Text("小时", "hours"), "d": Text("天", "days"), "w": Text("周", "weeks")}


@dataclass(frozen=True)
class Duration:
    """An amount of minutes or hours (elapsed time), or of days or weeks (local calendar days, so DST moves nothing)."""

    amount: int
    unit: str  # m | h | d | w

    @classmethod
    def parse(cls, text: str) -> Duration | None:
        """None when `text` is no duration."""
        match = _FORM.match(text)
        if match is None:
            return None
        sign, digits, unit = match.groups()
        return cls(-int(digits) if sign == "-" else int(digits), unit)

    def after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """`moment` (aware) plus this duration, in UTC. Days and weeks keep the local time of day in `zone`."""
        if self.unit in "mh":
            return (moment + timedelta(minutes=self.amount * (60 if self.unit == "h" else 1))).astimezone(UTC)
        local = moment.astimezone(zone).replace(tzinfo=None) + timedelta(days=self.days)
        return local.replace(tzinfo=zone).astimezone(UTC)

    def before(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """`moment` minus this duration."""
        return Duration(-self.amount, self.unit).after(moment, zone)

    @property
    def days(self) -> int:
        """The whole days of a duration in days or weeks; 0 for minutes and hours."""
        return {"d": 1, "w": 7}.get(self.unit, 0) * self.amount

    def sentence(self, lang: str | None = None) -> str:
        unit = _UNITS[self.unit].get(lang)
        if unit.isascii() and abs(self.amount) == 1:
            unit = unit.removesuffix("s")
        return f"{self.amount} {unit}"

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"
