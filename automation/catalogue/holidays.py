"""holidays.yaml: a year's holidays and make-up workdays, as announced, without an upgrade of the package."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from automation.calendars.workdays import OFFICIAL, SATURDAY, WorkCalendar
from automation.catalogue.dates import read_date
from automation.catalogue.reading import Reader, found
from automation.problems import in_order
from automation.yamltree import Mapping, Scalar, Sequence, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from automation.problems import Problem
    from automation.yamltree import Node

FILE = "holidays.yaml"
_KEYS = ("years", "holidays", "workdays")
_LONGEST = 31
"""Days in one range: more is a mistyped date."""


def read_holidays(text: str | None) -> tuple[WorkCalendar, list[Problem]]:
    """The calendar that the file makes (None: no file), and everything that is wrong with it.

    With anything wrong the calendar knows no day at all.
    """
    if text is None:
        return OFFICIAL, []
    root, problems = parse(text, FILE)
    reader = Reader(FILE)
    top = reader.mapping(root, "", _KEYS)
    years = _years(reader, top.get("years"))
    off = _days(reader, top.get("holidays"), "holidays", years)
    worked = _days(reader, top.get("workdays"), "workdays", years)
    for day, node in worked.items():
        if day in off:
            reader.report(node, "holiday_and_workday", "workdays", day=day.isoformat())
        elif day.weekday() < SATURDAY:
            reader.report(node, "workday_anyway", "workdays", day=day.isoformat())
    problems = in_order([*problems, *reader.problems])
    return WorkCalendar(frozenset(years), frozenset(off), frozenset(worked), usable=not problems), problems


def _years(reader: Reader, node: Node | None) -> set[int]:
    if not isinstance(node, Sequence) or not node.items:
        if node is not None:
            reader.report(node, "expected_list", "years", found=found(node))
        else:
            reader.report(Mapping((), 1, 1), "no_years", "years")
        return set()
    return {year for item in node.items if (year := reader.whole(item, "years", 2000, 2199)) is not None}


def _days(reader: Reader, node: Node | None, path: str, years: set[int]) -> dict[date, Node]:
    """Every day of a list of dates and ranges, with the place where it stands."""
    if node is None:
        return {}
    if not isinstance(node, Sequence):
        reader.report(node, "expected_list", path, found=found(node))
        return {}
    days: dict[date, Node] = {}
    for item in node.items:
        for day in _range(reader, item, path):
            if day.year in years:
                days[day] = item
            else:
                reader.report(item, "not_in_years", path, day=day.isoformat())
                break
    return days


def _range(reader: Reader, node: Node, path: str) -> Iterator[date]:
    """One date, or every day of {from, to}, both included."""
    if not isinstance(node, Mapping):
        day = _day(reader, node, path)
        if day is not None:
            yield day
        return
    spec = reader.mapping(node, path, ("from", "to"))
    first, last = (_day(reader, spec.get(name) or node, path) for name in ("from", "to"))
    if first is None or last is None:
        return
    length = (last - first).days + 1
    if not 1 <= length <= _LONGEST:
        reader.report(node, "bad_range", path, first=first.isoformat(), last=last.isoformat(), most=_LONGEST)
        return
    yield from (first + timedelta(days=number) for number in range(length))


def _day(reader: Reader, node: Node, path: str) -> date | None:
    text = read_date(node.text) if isinstance(node, Scalar) else None
    if text is None:
        reader.report(node, "expected_date", path, found=found(node))
        return None
    return date.fromisoformat(text)
