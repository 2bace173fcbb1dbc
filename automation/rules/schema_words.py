"""Small words for writing JSON Schemas with descriptions in both languages."""

from __future__ import annotations

from typing import Any

from automation.calendars.windows import DAY_KINDS, WEEKDAYS

Schema = dict[str, Any]


def says(zh: str, en: str) -> Schema:
    """The description in both languages."""
    return {"description": zh if zh == en else f"{zh} / {en}"}


def ref(name: str, zh: str = "", en: str = "") -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/$defs/{name}", **(says(zh, en) if en else {})}


def mapping(properties: Schema, required: list[str] | None = None) -> Schema:
    """An object with these keys and no others."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | {"required": required} if required else found


def array(items: Schema, zh: str = "", en: str = "", min_items: int = 0) -> Schema:
    found: Schema = {"type": "array", "items": items, **(says(zh, en) if en else {})}
    return found | {"minItems": min_items} if min_items else found


def text(zh: str, en: str, pattern: str = "") -> Schema:
    found: Schema = {"type": "string", **says(zh, en)}
    return found | ({"pattern": pattern} if pattern else {"minLength": 1})


def days_schema() -> Schema:
    """Weekdays by name, or the Chinese workdays or days off."""
    weekday = {"enum": list(WEEKDAYS)}
    return {
        "anyOf": [weekday, {"enum": list(DAY_KINDS)}, {"type": "array", "items": weekday, "minItems": 1}],
        **says("哪些天：星期，或 workdays、days_off（含调休）", "weekdays, or workdays or days_off (调休 included)"),
    }


def either(*choices: Schema) -> Schema:
    return {"anyOf": list(choices)}
