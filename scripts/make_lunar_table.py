"""Writes automation/calendars/lunar_table.py from lunar-python: `python scripts/make_lunar_table.py`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from lunar_python import LunarYear

FIRST, LAST = 1899, 2099  # the first days of 1900 belong to the lunar year 1899
TARGET = Path(__file__).resolve().parents[1] / "automation" / "calendars" / "lunar_table.py"
JULIAN_DAY_OF_ORDINAL_0 = 1_721_425  # lunar-python counts Julian days, Python counts from 0001-01-01

HEADER = '''"""The lunar years {first} to {last}, written by scripts/make_lunar_table.py: don't edit.

One number a year. Bits 0-12: the months in order, 1 for 30 days, 0 for 29. From bit 13 on: the month that a leap month
follows, 0 for none. `FIRST_DAY` is the first day of the first year, as `date.toordinal()`.
"""

FIRST_YEAR = {first}
FIRST_DAY = {first_day}  # {first_date}
YEARS = (
{rows}
)
'''


def main() -> None:
    TARGET.write_text(source(), encoding="utf-8")


def source() -> str:
    """The module's text."""
    numbers = [_year(year) for year in range(FIRST, LAST + 1)]
    rows = "\n".join(
        "    " + " ".join(f"0x{number:05X}," for number in numbers[start : start + 10])
        for start in range(0, len(numbers), 10)
    )
    day = round(_months(FIRST)[0].getFirstJulianDay()) - JULIAN_DAY_OF_ORDINAL_0
    return HEADER.format(first=FIRST, last=LAST, first_day=day, first_date=date.fromordinal(day).isoformat(), rows=rows)


def _year(year: int) -> int:
    months = _months(year)
    number = sum(1 << place for place, month in enumerate(months) if month.getDayCount() == 30)
    leap = [-month.getMonth() for month in months if month.getMonth() < 0]
    return number | (leap[0] if leap else 0) << 13


def _months(year: int) -> list[Any]:
    return [month for month in LunarYear.fromYear(year).getMonths() if month.getYear() == year]


if __name__ == "__main__":
    main()
