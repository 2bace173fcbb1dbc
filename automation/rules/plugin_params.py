"""`with:` of a trigger or an action: the plugin's own model checks it, its errors become sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from automation.i18n import lookup
from automation.rules.reader import Reader, listed, shown
from automation.rules.unread_texts import plain_values
from automation.yamltree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from automation.plugin import Plugin

_CHOICE = re.compile(r"'([^']*)'|\b(True|False)\b")

_KINDS = {
    "string_type": "text", "int_type": "integer", "int_parsing": "integer", "int_from_float": "integer",
    "float_type": "number", "float_parsing": "number", "decimal_type": "number", "decimal_parsing": "number",
    "bool_type": "flag", "bool_parsing": "flag", "list_type": "list", "tuple_type": "list", "set_type": "list",
    "frozen_set_type": "list", "dict_type": "mapping", "mapping_type": "mapping", "model_type": "mapping",
    "model_attributes_type": "mapping",
}  # fmt: skip
"""What pydantic expected, as a `kind_…` of the rules table."""

_LIMITS = {
    "greater_than": ("too_small_or_equal", "gt"), "greater_than_equal": ("too_small", "ge"),
    "less_than": ("too_large_or_equal", "lt"), "less_than_equal": ("too_large", "le"),
    "too_short": ("too_few", "min_length"), "too_long": ("too_many", "max_length"),
    "string_too_short": ("too_short", "min_length"), "string_too_long": ("too_long", "max_length"),
    "multiple_of": ("not_multiple", "multiple_of"), "string_pattern_mismatch": ("bad_pattern", "pattern"),
}  # fmt: skip
"""The sentence and the limit that it names."""


def read_params(reader: Reader, plugin: type[Plugin], node: Node | None, at: Node, path: str) -> BaseModel | None:
    """The plugin's checked Params, references not yet resolved. `at` is where a missing `with:` is complained about.

    With a problem in some parameters, the others are still there, unchecked, so that their references can be.
    """
    if node is not None and not isinstance(node, Mapping):
        reader.wrong(node, path, "mapping")
        return None
    for entry in node.entries if node else ():
        if _is_null(entry.value):
            reader.error(entry.value, path, "empty_value", name=entry.key.value)
    written = plain_values(plugin.Params, node) if node is not None else {}
    values = {name: value for name, value in written.items() if value is not None}
    try:
        params: BaseModel = plugin.Params.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in _one_a_place(details, node):
            if not (node and len(detail["loc"]) == 1 and _is_null(node.get(str(detail["loc"][0])))):
                _say(reader, plugin, detail, node, at, path)
        wrong = {detail["loc"][0] for detail in details if detail["loc"]}
        return _without(plugin.Params, values, wrong)
    except Exception as error:  # a plugin is foreign code: it may raise anything, and harms only itself
        reader.error(node or at, path, "plugin_crashed", type=plugin.type, reason=f"{type(error).__name__}: {error}")
        return None
    return params


def _without(model: type[BaseModel], values: dict[str, Any], wrong: set[Any]) -> BaseModel:
    """The values that no error is about, with None for the others."""
    kept: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        keys = {name, field.alias or name}
        found = next((values[key] for key in keys if key in values), None)
        kept[name] = found if not keys & wrong else None
    partial = model.model_construct()
    partial.__dict__.update(kept)
    return partial


def _is_null(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value is None


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that the model reads, as they are written in a file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _one_a_place(errors: list[ErrorDetails], node: Mapping | None) -> list[ErrorDetails]:
    """A union gives one error for each member; our own sentence goes first, then the first one."""
    chosen: dict[tuple[Any, ...], ErrorDetails] = {}
    for detail in errors:
        absent = detail["type"] in ("missing", "extra_forbidden")
        place = (*_steps(node, detail["loc"]), *(detail["loc"] if absent else ()))
        if place not in chosen or ("." in detail["type"] and "." not in chosen[place]["type"]):
            chosen[place] = detail
    return list(chosen.values())


def _say(reader: Reader, plugin: type[Plugin], detail: ErrorDetails, root: Mapping | None, at: Node, path: str) -> None:
    kind, name = detail["type"], str(detail["loc"][-1]) if detail["loc"] else ""
    place = _node(root, _steps(root, detail["loc"])) or at
    if kind == "missing":
        reader.error(place, path, "missing_param", name=name, type=plugin.type)
    elif kind == "extra_forbidden":
        holder = _node(root, _steps(root, detail["loc"][:-1]))
        key = holder.key_node(name) if isinstance(holder, Mapping) else None
        known = _known_keys(plugin.Params, detail["loc"])
        reader.unknown(key or place, path, "unknown_param", name, known, type=plugin.type, known=listed(known))
    else:
        _say_value(reader, detail, place, path)


def _say_value(reader: Reader, detail: ErrorDetails, node: Node, path: str) -> None:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _KINDS:
        reader.wrong(node, path, _KINDS[kind])
    elif kind in ("literal_error", "enum"):
        choices = [text or truth.lower() for text, truth in _CHOICE.findall(str(context.get("expected", "")))]
        reader.unknown(node, path, "bad_choice", str(shown(node)), choices, known=listed(choices))
    elif kind in _LIMITS:
        key, limit = _LIMITS[kind]
        reader.error(node, path, key, found=shown(node), limit=context.get(limit))
    elif _is_ours(kind):
        reader.say(node, path, kind, dict(context))
    else:
        reason = context.get("error", detail["msg"])
        reader.error(node, path, "bad_value", found=shown(node), reason=str(reason))


def _is_ours(kind: str) -> bool:
    try:
        lookup(kind)
    except (LookupError, ImportError, ValueError):
        return False
    return True


def _steps(node: Node | None, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The parts of a pydantic location that exist in the file; names of union members and models are passed over."""
    found: list[int | str] = []
    for part in loc:
        below = _child(node, part)
        if below is not None:
            node = below
            found.append(part)
    return tuple(found)


def _node(node: Node | None, steps: tuple[int | str, ...]) -> Node | None:
    for part in steps:
        node = _child(node, part)
    return node


def _child(node: Node | None, part: int | str) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(str(part))
    if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def _known_keys(model: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys of the (nested) model that refused a key."""
    for part in loc[:-1]:
        below = _submodel(model, part)
        model = below or model
    return keys_of(model)


def _submodel(model: Any, part: int | str) -> Any:
    for name, field in model.model_fields.items():
        if part in (name, field.alias):
            kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
            return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return None
