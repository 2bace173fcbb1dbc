"""The dates among a contact's attributes, as the index of birthdays wants them."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from automation.calendars.lunar import lunar_month_day

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


def date_rows(attributes: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(field, month_day, lunar_month_day) of every attribute that is a date: ("birthday", "08-04", "06-14")."""
    rows = []
    for field, value in attributes.items():
        if isinstance(value, str) and _DATE.match(value):
            day = _day(value)
            if day is not None:
                rows.append((field, value[5:], lunar_month_day(day)))
    return rows


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # 2023-02-30: text that looks like a date
        return None
