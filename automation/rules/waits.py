"""The forms of `wait:`: a duration, days from now, the next time of day, a date field with an offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from automation.catalogue.model import FieldType
from automation.rules.days import read_days
from automation.rules.spec import Policy, Wait
from automation.yamltree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from automation.rules.names import Names
    from automation.rules.reader import Reader

WAIT_KEYS = ("until", "days", "offset", "at", "zone", "if_missing", "if_past")
POLICIES = ("now", "skip", "stop")
MOST_DAYS = 3_650
_DATES = (FieldType.DATE, FieldType.DATETIME)
_DATE_KEYS = ("offset", "at", "if_missing", "if_past")


def read_wait(reader: Reader, names: Names, node: Node, path: str) -> Wait | None:
    """`3d`, `{days: 1, at: "10:00"}`, `{until: "09:00", days: workdays}` or `{until: contact.birthday, offset: -1d}`;
    None after a problem was said.
    """
    if not isinstance(node, Mapping):
        duration = reader.duration(node, path)
        return Wait(path, for_=duration) if duration else None
    days, until = node.get("days"), node.get("until")
    counted = isinstance(days, Scalar) and isinstance(days.value, int)
    mixed = until is None and not counted and days is not None and node.get("at") is not None
    if mixed:
        reader.error(days or node, f"{path}/days", "wait_days_at")
    mapping = reader.mapping(node, path, WAIT_KEYS, () if counted or mixed else ("until",))
    if mapping is None or (until is None and not counted):
        return None
    found: dict[str, Any] = {"own_zone": _own_zone(reader, mapping, path)}
    if until is None:
        return _some_days(reader, mapping, path, found)
    if isinstance(until, Scalar) and "." not in until.text:
        return _until_time(reader, mapping, until, path, found)
    return _until_date(reader, names, mapping, until, path, found)


def _own_zone(reader: Reader, mapping: Mapping, path: str) -> bool:
    zone = mapping.get("zone")
    return zone is not None and reader.choice(zone, path, ("contact", "rule")) == "contact"


def _some_days(reader: Reader, mapping: Mapping, path: str, found: dict[str, Any]) -> Wait | None:
    """So many days from now, at a time of day."""
    days, at = mapping.get("days"), mapping.get("at")
    _refuse(reader, mapping, ("offset", "if_missing", "if_past"), path, "only_with_date")
    if at is None:
        reader.error(mapping, path, "missing_key", name="at")
    ahead = reader.count(days, path, most=MOST_DAYS) if days is not None else None
    time = reader.time(at, path) if at is not None else None
    return Wait(path, ahead=ahead, at=time, **found) if ahead is not None and time is not None else None


def _until_time(reader: Reader, mapping: Mapping, until: Node, path: str, found: dict[str, Any]) -> Wait | None:
    _refuse(reader, mapping, _DATE_KEYS, path, "only_with_date")
    days = mapping.get("days")
    if days is not None:
        if isinstance(days, Scalar) and isinstance(days.value, int):
            reader.error(days, path, "days_with_at", found=days.text)
            return None
        found["days"] = read_days(reader, days, path)
        if found["days"] is None:
            return None
    time = reader.time(until, path)
    return Wait(path, until=time, **found) if time else None


def _until_date(
    reader: Reader, names: Names, mapping: Mapping, until: Node, path: str, found: dict[str, Any]
) -> Wait | None:
    field = names.reference(reader, until, path, ("contact", "event", "var"), _DATES)
    _refuse(reader, mapping, ("days",), path, "only_with_time")
    offset, at = mapping.get("offset"), mapping.get("at")
    wait = Wait(
        path,
        field=field,
        offset=reader.duration(offset, path, signed=True) if offset else None,
        at=reader.time(at, path) if at else None,
        if_missing=_policy(reader, mapping.get("if_missing"), path),
        if_past=_policy(reader, mapping.get("if_past"), path),
        **found,
    )
    return wait if field else None


def _policy(reader: Reader, node: Node | None, path: str) -> Policy | None:
    return cast("Policy | None", reader.choice(node, path, POLICIES)) if node is not None else None


def _refuse(reader: Reader, mapping: Mapping, names: tuple[str, ...], path: str, key: str) -> None:
    for name in names:
        node = mapping.key_node(name)
        if node is not None:
            reader.error(node, path, key, name=name)
