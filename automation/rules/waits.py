"""The three forms of `wait:`: a duration, the next time of day, a date field with an offset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.catalogue.model import FieldType
from automation.rules.spec import Wait
from automation.yamltree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from automation.rules.names import Names
    from automation.rules.reader import Reader

WAIT_KEYS = ("until", "offset", "at")
_DATES = (FieldType.DATE, FieldType.DATETIME)


def read_wait(reader: Reader, names: Names, node: Node, path: str) -> Wait | None:
    """`3d`, `{until: "09:00"}` or `{until: contact.birthday, offset: -1d, at: "10:00"}`."""
    if not isinstance(node, Mapping):
        duration = reader.duration(node, path)
        return Wait(path, for_=duration) if duration else None
    mapping = reader.mapping(node, path, WAIT_KEYS, ("until",))
    until = mapping.get("until") if mapping else None
    if mapping is None or until is None:
        return None
    if isinstance(until, Scalar) and "." not in until.text:
        return _until_time(reader, mapping, until, path)
    return _until_date(reader, names, mapping, until, path)


def _until_time(reader: Reader, mapping: Mapping, until: Node, path: str) -> Wait | None:
    for name in ("offset", "at"):
        key = mapping.key_node(name)
        if key is not None:
            reader.error(key, path, "only_with_date", name=name)
    time = reader.time(until, path)
    return Wait(path, until=time) if time else None


def _until_date(reader: Reader, names: Names, mapping: Mapping, until: Node, path: str) -> Wait | None:
    field = names.reference(reader, until, path, ("contact", "event", "var"), _DATES)
    offset, at = mapping.get("offset"), mapping.get("at")
    wait = Wait(
        path,
        field=field,
        offset=reader.duration(offset, path, signed=True) if offset else None,
        at=reader.time(at, path) if at else None,
    )
    return wait if field else None
