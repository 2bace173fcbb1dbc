"""A function per event that checks its properties, generated so that a right event costs next to nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from automation.catalogue import dates, money
from automation.catalogue.model import FieldType
from automation.catalogue.values import MAX_INTEGER, ValueProblem, normalise

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import EventDef, FieldDef


# When a value `v` is right as it is. Names in capitals are in the generated function's namespace.
_RIGHT = {
    FieldType.TEXT: "v.__class__ is str and NUL not in v",
    FieldType.INTEGER: "v.__class__ is int and LOW <= v <= HIGH",
    FieldType.NUMBER: "v.__class__ is float and LOW <= v <= HIGH or v.__class__ is int and LOW <= v <= HIGH",
    FieldType.MONEY: "False",
    FieldType.BOOLEAN: "v.__class__ is bool",
    FieldType.DATE: "v.__class__ is str and (v in DATES or IS_DATE(v))",
    FieldType.DATETIME: "v.__class__ is str and IS_MOMENT(v)",
    FieldType.LIST: "v.__class__ is list and {*map(type, v)} <= TEXTS",
}


def event_checker(event: EventDef, zone: ZoneInfo) -> Callable[[dict[str, Any]], tuple[dict[str, Any], bool]]:
    """A function from an event's properties to the normalised ones, and whether anything changed.

    A null counts as absent and is left out; undeclared properties pass. ValueProblem names the property.
    """
    names: dict[str, Any] = {
        "NUL": "\x00", "LOW": -MAX_INTEGER, "HIGH": MAX_INTEGER, "TEXTS": frozenset({str}),
        "IS_DATE": _is_date, "DATES": _dates, "IS_MOMENT": _is_moment, "DROP": _drop,
    }  # fmt: skip
    lines = ["def check(props):", "    out = None", "    get = props.get"]
    for index, defn in enumerate(event.properties.values()):
        names |= {f"K{index}": defn.name, f"C{index}": frozenset(defn.choices), f"FIX{index}": _fixer(defn, zone)}
        lines += _lines(index, defn)
    lines.append("    return (props, False) if out is None else (out, True)")
    exec(compile("\n".join(lines), f"<checker of {event.name}>", "exec"), names)
    check: Callable[[dict[str, Any]], tuple[dict[str, Any], bool]] = names["check"]
    return check


def _lines(index: int, defn: FieldDef) -> list[str]:
    """The value's own check; only what is not right as it is goes to the slow and careful reader."""
    right = _RIGHT[defn.type]
    if defn.choices:
        right = f"({right}) and " + (f"C{index}.issuperset(v)" if defn.type is FieldType.LIST else f"v in C{index}")
    missing = f"FIX{index}(None, props, out)" if defn.required else f"DROP(K{index}, props, out)"
    lines = [f"    v = get(K{index})", "    if v is None:"]
    if defn.required:
        lines.append(f"        out = {missing}")
    else:
        lines.append(f"        if K{index} in props: out = {missing}")
    if right == "False":
        return [*lines, "    else:", f"        out = FIX{index}(v, props, out)"]
    return [*lines, f"    elif not ({right}):", f"        out = FIX{index}(v, props, out)"]


def _fixer(defn: FieldDef, zone: ZoneInfo) -> Callable[[Any, dict[str, Any], dict[str, Any] | None], Any]:
    name, is_money = defn.name, defn.type is FieldType.MONEY and not defn.choices
    scale = 10 ** money.exponent(defn.currency)

    def fix(value: Any, props: dict[str, Any], out: dict[str, Any] | None) -> dict[str, Any]:
        if value is None:
            raise ValueProblem("catalogue.required", field=name, found="")
        out = dict(props) if out is None else out
        whole = _quick_money(value, scale) if is_money else None
        out[name] = normalise(defn, value, zone) if whole is None else whole
        return out

    return fix


def _quick_money(value: Any, scale: int) -> int | None:
    """The usual amounts without Decimal; None: let the exact reader decide.

    A double that equals n/scale for n below 10^15 is the shortest decimal of n/scale, so nothing is rounded away.
    """
    if value.__class__ is int and -(10**12) < value < 10**12:
        return int(value * scale)
    if value.__class__ is float and -1e11 < value < 1e11:
        whole = round(value * scale)
        return whole if whole / scale == value else None
    return None


def _drop(name: str, props: dict[str, Any], out: dict[str, Any] | None) -> dict[str, Any]:
    out = dict(props) if out is None else out
    del out[name]
    return out


_dates: set[str] = set()  # seen and right: few dates make up most events
_MOST_DATES = 20_000


def _is_date(text: str) -> bool:
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    if len(_dates) < _MOST_DATES:
        _dates.add(text)
    return True


def _is_moment(text: str) -> bool:
    if len(text) != 24 or text[10] != "T" or text[19] != "." or text[23] != "Z" or text[4] != "-":
        return False
    try:
        return text[7] == "-" and text[11:13] < "24" and bool(dates.moment_of(text))
    except ValueError:
        return False
