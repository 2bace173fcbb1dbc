"""The filters of templates: the harmless ones of Jinja, and ours for money, dates and what must be masked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date as Date
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import filters as jinja
from jinja2 import pass_context, pass_eval_context, tests
from jinja2.runtime import Context

from automation.calendars.local import in_zone
from automation.catalogue.money import exponent, major
from automation.contacts.personal import stars
from automation.templating.budget import spend_characters

_KEPT = frozenset((
    "abs", "capitalize", "count", "d", "default", "e", "escape", "first", "float", "int", "last", "length", "list",
    "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort", "string",
    "striptags", "sum", "title", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
))  # fmt: skip
_NO_TESTS = frozenset({"callable", "filter", "test", "sameas", "escaped"})
_WEEKDAYS = "一二三四五六日"
_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)


def money(minor: Any, currency: str = "CNY", trim: bool = False) -> str:
    """An amount of the minor unit in major units: 5990 → "59.90"; with `trim`, 5000 → "50"."""
    if isinstance(minor, bool) or not isinstance(minor, int):
        raise TypeError(f"money takes an integer of the minor unit, not {minor!r}")
    text = f"{major(minor, currency):.{exponent(currency)}f}"
    return text.rstrip("0").rstrip(".") if trim and minor % 10 ** exponent(currency) == 0 and "." in text else text


@pass_context
def date(context: Context, value: Any, form: str = "%Y-%m-%d") -> str:
    """A date or a time (in the rule's time zone): `%Y %m %d %H %M %S`, `%-m` without zero, `%a` 周二, `%A` 星期二.

    The form "zh" is 2026年8月4日.
    """
    return _dated(str(value), context.get("zone"), form)


def mask(value: Any) -> str:
    """138****5678, z***@example.com, 张*: enough for its owner to know it, not for anybody else."""
    return stars(str(value))


@pass_eval_context
def join(context: Any, items: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    """Jinja's join, measured before it is made."""
    items = list(items)
    spend_characters(len(items) * len(str(separator)) + sum(len(str(item)) for item in items))
    return jinja.sync_do_join(context, items, separator, attribute)


@pass_eval_context
def replace(context: Any, text: str, old: str, new: str, count: int | None = None) -> str:
    """Jinja's replace, measured before it is made."""
    spend_characters(len(str(text)) + str(text).count(str(old)) * len(str(new)))
    return jinja.do_replace(context, text, old, new, count)


_OURS: dict[str, Callable[..., Any]] = {
    "money": money,
    "date": date,
    "mask": mask,
    "join": join,
    "replace": replace,
}
_FILTERS: dict[str, Any] = dict(jinja.FILTERS)
_TESTS: dict[str, Any] = dict(tests.TESTS)
FILTERS: dict[str, Callable[..., Any]] = {name: _FILTERS[name] for name in sorted(_KEPT)} | _OURS
TESTS: dict[str, Callable[..., Any]] = {name: test for name, test in _TESTS.items() if name not in _NO_TESTS}


@lru_cache(maxsize=1024)  # most people of a batch read the same dates
def _dated(text: str, zone: Any, form: str) -> str:
    moment = _moment(text, zone)
    if form == "zh":
        form = "%Y年%-m月%-d日"
    return _DIRECTIVE.sub(lambda match: _part(moment, match[2], bool(match[1])), form)


def _moment(text: str, zone: Any) -> datetime:
    """A stored date ("1990-08-04") or time ("2026-08-04T10:00:00.000Z"); a time is shown in `zone`."""
    if len(text) == len("1990-08-04"):
        return datetime.combine(Date.fromisoformat(text), datetime.min.time())
    moment = datetime.fromisoformat(text)
    return in_zone(moment, ZoneInfo(zone)) if zone and moment.tzinfo is not None else moment


def _part(moment: datetime, directive: str, bare: bool) -> str:
    numbers = {"m": moment.month, "d": moment.day, "H": moment.hour, "M": moment.minute, "S": moment.second}
    if directive in numbers:
        return str(numbers[directive]) if bare else f"{numbers[directive]:02d}"
    words = {
        "Y": f"{moment.year:04d}",
        "y": f"{moment.year % 100:02d}",
        "a": "周" + _WEEKDAYS[moment.weekday()],
        "A": "星期" + _WEEKDAYS[moment.weekday()],
        "%": "%",
    }
    if directive not in words or bare:
        raise ValueError(f"unknown date form %{'-' if bare else ''}{directive}")
    return words[directive]
