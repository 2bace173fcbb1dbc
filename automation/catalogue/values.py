"""How a value of each type is read from JSON, CSV and rules, and how it is shown. One normal form a type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automation.calendars.local import in_zone
from automation.calendars.windows import parse_windows
from automation.catalogue import dates, money
from automation.catalogue.model import FieldType
from automation.catalogue.nearest import hint, nearest
from automation.errors import AutomationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import FieldDef

MAX_INTEGER = 2**53 - 1
"""Beyond it, a double (and so JavaScript, JSON and SQL comparisons) can't tell neighbours apart."""


class ValueProblem(AutomationError):
    """A value is not of its field's type. `params` always hold `field` and `found`."""


def normalise(defn: FieldDef, value: object, zone: ZoneInfo) -> Any:
    """`value` in the normal form of the field's type. ValueProblem says what was expected.

    `zone` is where a date and time without a zone was written. Money comes in major units.
    """
    result = _READERS[defn.type](defn, value, zone)
    if defn.form == "windows" and isinstance(result, str) and result:
        result = _windows(defn, result)
    if defn.choices:
        for item in result if isinstance(result, list) else (result,):
            if item not in defn.choices:
                near = hint(nearest(str(item), defn.choices))
                raise problem(defn, "not_a_choice", item, choices=" / ".join(defn.choices), **near)
    return result


def problem(defn: FieldDef, key: str, value: object, **params: Any) -> ValueProblem:
    return ValueProblem(f"catalogue.{key}", field=defn.name, found=quoted(value), **params)


def quoted(value: object) -> str:
    """A value as it goes into an error: JSON, and not too long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"


def show(defn: FieldDef, value: Any, lang: str | None = None, zone: ZoneInfo | None = None) -> str:
    """A normalised value as people read it; a moment in `zone`, or in UTC when none is given."""
    if value is None:
        return ""
    if defn.type is FieldType.MONEY and isinstance(value, int):
        return money.shown(value, defn.currency, lang)
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, (list, tuple, frozenset, set)):
        items = sorted(value) if isinstance(value, (frozenset, set)) else value
        return ("、" if lang == "zh" else ", ").join(str(item) for item in items)
    if defn.type is FieldType.DATETIME and isinstance(value, str):
        return _local(value, zone)
    return str(value)


def _local(text: str, zone: ZoneInfo | None) -> str:
    try:
        moment = dates.moment_of(text)
    except ValueError:
        return text
    return f"{in_zone(moment, zone):%Y-%m-%d %H:%M}" if zone else f"{moment:%Y-%m-%d %H:%M} UTC"


def _text(defn: FieldDef, value: object, _: ZoneInfo) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise problem(defn, "not_text", value)
    if "\x00" in value or not storable(value):
        raise problem(defn, "unstorable_text", ascii(value))
    return value


def _windows(defn: FieldDef, text: str) -> str:
    """`22:00-08:00,12:30-14:00` from whatever dashes and commas."""
    windows = parse_windows(text)
    if windows is None:
        raise problem(defn, "not_windows", text)
    return ",".join(map(str, windows))


def storable(text: str) -> bool:
    """False for a lone half of a surrogate pair, which no database takes."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(defn: FieldDef, value: object, _: ZoneInfo) -> int:
    number = _finite(value)
    if number is None or number != int(number) or abs(number) > MAX_INTEGER:
        raise problem(defn, "not_integer", value)
    return int(number)


def _number(defn: FieldDef, value: object, _: ZoneInfo) -> int | float:
    number = _finite(value)
    if number is None:
        raise problem(defn, "not_number", value)
    return number if abs(number) <= MAX_INTEGER else float(number)


def _finite(value: object) -> int | float | None:
    """The number in `value`; None for booleans, NaN, infinity, and what is no number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = _parsed(value.strip())
    if isinstance(value, (int, float)) and -1e300 < value < 1e300:
        return value
    return None


def _parsed(text: str) -> int | float | None:
    if not text.isascii() or "_" in text or len(text) > 40:
        return None
    try:
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        return None


def _money(defn: FieldDef, value: object, _: ZoneInfo) -> int:
    try:
        amount = money.minor(value, defn.currency)
    except ArithmeticError:
        raise problem(defn, "money_too_fine", value, currency=defn.currency) from None
    if amount is None or abs(amount) > MAX_INTEGER:
        raise problem(defn, "not_money", value)
    return amount


_BOOLEANS = {
    "true": True, "yes": True, "1": True, "是": True,
    "false": False, "no": False, "0": False, "否": False,
}  # fmt: skip


def _boolean(defn: FieldDef, value: object, _: ZoneInfo) -> bool:
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise problem(defn, "not_boolean", value)
    return found


def _date(defn: FieldDef, value: object, _: ZoneInfo) -> str:
    found = dates.read_date(value)
    if found is None:
        raise problem(defn, "not_date", value)
    return found


def _datetime(defn: FieldDef, value: object, zone: ZoneInfo) -> str:
    found = dates.read_datetime(value, zone)
    if found is None:
        raise problem(defn, "not_datetime", value)
    return found


def _list(defn: FieldDef, value: object, zone: ZoneInfo) -> list[str]:
    if isinstance(value, str):
        for mark in "|;；、":
            value = value.replace(mark, "\n")
        value = [item.strip() for item in value.split("\n") if item.strip()]
    if not isinstance(value, (list, tuple)):
        raise problem(defn, "not_list", value)
    return [_text(defn, item, zone) for item in value]


_READERS: dict[FieldType, Callable[[FieldDef, object, ZoneInfo], Any]] = {
    FieldType.TEXT: _text,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _money,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _datetime,
    FieldType.LIST: _list,
}
