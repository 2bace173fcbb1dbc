"""Values that are given on the command line for templates: an event's properties, and what steps would have made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from automation.catalogue.model import Catalogue
    from automation.rules.project import Project


def event_properties(
    catalogue: Catalogue, texts: Sequence[str], project: Project, names: Sequence[str] = ()
) -> dict[str, Any]:
    """Properties in their normalised form; an event in its wire form gives its properties.

    `names` are the events that are meant where a text does not name its own.
    """
    from zoneinfo import ZoneInfo

    from automation.catalogue.types import normalise

    zone = ZoneInfo(project.settings.timezone)
    values: dict[str, Any] = {}
    for text in texts:
        given = json_object(text, "--event")
        name, wire = given.get("name"), isinstance(given.get("properties"), dict)
        for key, value in (given["properties"] if wire else given).items():
            defn = _property(catalogue, key, [name] if wire else names)
            values[key] = value if defn is None else normalise(defn, value, zone)
    return values


def variables(pairs: Iterable[str], hint: str = "--var name=JSON") -> dict[str, Any]:
    """`coupon={"code": "A1"}`, or `coupon.code=A1`."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(pair, param_hint=hint)
        place, *rest = name.strip().split(".")
        value = _value(text)
        for part in reversed(rest):
            value = {part: value}
        both = isinstance(values.get(place), dict) and isinstance(value, dict)
        values[place] = {**values[place], **value} if both else value
    return values


def json_object(text: str, option: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if not isinstance(value, dict):
        raise typer.BadParameter("{…}", param_hint=option)
    return value


def _value(text: str) -> Any:
    """JSON, or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _property(catalogue: Catalogue, key: str, names: Sequence[Any]) -> Any:
    """How the catalogue defines a property: of the named events, or of all alike. None when it can't tell."""
    named = [catalogue.events[name] for name in names if name in catalogue.events]
    found = [each.properties[key] for each in named or catalogue.events.values() if key in each.properties]
    alike = {(defn.type, defn.currency) for defn in found}
    return found[0] if len(alike) == 1 else None
