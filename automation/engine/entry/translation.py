"""Events of a source that calls things by names of its own, as its declaration in the catalogue maps them to ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from automation.catalogue.sources import CONTACT, PROPERTY
from automation.engine.entry.diagnosis import MEMBERS, unknown_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.catalogue.model import Catalogue, SourceDef


def translate(
    raw: Mapping[str, Any], source: SourceDef, catalogue: Catalogue, *, strict: bool = True
) -> dict[str, Any]:
    """The event as ours are written. EventError names a field that neither the declaration nor the catalogue knows,
    which is left out where nothing is `strict`."""
    out: dict[str, Any] = {"source": source.key}
    properties: dict[str, Any] = {}
    strange = ""
    for field, value in raw.items():
        if field in source.fields:
            _put(out, properties, source.fields[field], value)
        elif field == "properties" and isinstance(value, dict):
            for name, one in value.items():
                target = source.fields.get(name, "")
                properties[target.removeprefix(PROPERTY) if target.startswith(PROPERTY) else name] = one
        elif field in MEMBERS:
            out[field] = value
        else:
            strange = strange or field
    name = out.get("name")
    if isinstance(name, str):
        out["name"] = source.events.get(name, name)
    if strict and strange:
        event = catalogue.events.get(str(out.get("name")))
        raise unknown_field(source.key, strange, [*source.fields, *(event.properties if event else ()), *MEMBERS])
    if strict:
        _check_properties(source, out.get("name"), properties, catalogue)
    return out | ({"properties": properties} if properties or "properties" not in out else {})


def _put(out: dict[str, Any], properties: dict[str, Any], target: str, value: Any) -> None:
    if target.startswith(PROPERTY):
        properties[target.removeprefix(PROPERTY)] = value
    elif target.startswith(CONTACT):
        contact = out.setdefault("contact", {})
        if value is not None and isinstance(contact, dict):
            contact[target.removeprefix(CONTACT)] = value
    else:
        out[target] = value


def _check_properties(source: SourceDef, name: Any, properties: Mapping[str, Any], catalogue: Catalogue) -> None:
    """A declared source has no properties that nobody declared: another name for the same thing would match nothing."""
    event = catalogue.events.get(name) if isinstance(name, str) else None
    for field in properties if event is not None else ():
        if event is not None and field not in event.properties:
            theirs = {target.removeprefix(PROPERTY): own for own, target in source.fields.items()}
            known = [theirs.get(ours, ours) for ours in event.properties]
            raise unknown_field(source.key, field, known)


def read_object(payload: bytes | str) -> dict[str, Any] | None:
    """The JSON object in `payload`; None when it holds none."""
    try:
        raw = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return raw if isinstance(raw, dict) else None
