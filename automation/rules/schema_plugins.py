"""Triggers and actions in the JSON Schema: a choice of type names, each with its own parameters under `with:`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.rules import params as marks
from automation.rules.marked import marked
from automation.rules.schema_words import either, mapping, ref, says

if TYPE_CHECKING:
    from pydantic import BaseModel

    from automation.plugin import Kind, Plugin, Registry

Schema = dict[str, Any]

_REFERENCES: dict[type[marks.Reference], str] = {
    marks.EventName: "event_name",
    marks.ContactField: "contact_field",
    marks.EventProperty: "event_property",
    marks.CouponBatch: "coupon_batch",
    marks.ChannelName: "channel",
    marks.Conditions: "conditions",
    marks.EventMatch: "event_match",
    marks.SegmentName: "segment_name",
    marks.TextValues: "text_value",
}
"""The definition that says what a marked parameter may be."""


def plugin_choice(registry: Registry, kind: Kind, key: str) -> Schema:
    """A mapping whose `key` names a plugin, and whose `with:` is then that plugin's."""
    plugins = dict(sorted(registry.of(kind).items()))
    names = [{"const": name, **says(plugin.title.zh, plugin.title.en)} for name, plugin in plugins.items()]
    found = mapping({key: either(*names) if names else {"type": "string"}, "with": {"type": "object"}}, required=[key])
    found["allOf"] = [_when(key, name, plugin) for name, plugin in plugins.items()]
    return found


def _when(key: str, name: str, plugin: type[Plugin]) -> Schema:
    params = params_schema(plugin.Params)
    then: Schema = {"properties": {"with": params}}
    if params.get("required"):
        then["required"] = ["with"]
    return {"if": {"properties": {key: {"const": name}}, "required": [key]}, "then": then}


def params_schema(model: type[BaseModel]) -> Schema:
    """The parameters of a plugin, with descriptions in both languages and the project's names where they go."""
    schema: Schema = _plain(model.model_json_schema(mode="validation"))
    defs = schema.pop("$defs", None)
    for mark in marked(model):
        name = _REFERENCES.get(type(mark.reference))
        properties = schema["properties"]
        if name is not None and mark.key in properties:
            properties[mark.key] = _marked(properties[mark.key], name)
    found: Schema = _inlined(schema, defs) if defs else schema
    return found


def _marked(schema: Schema, name: str) -> Schema:
    """The parameter's own schema, with the reference's definition where its text was."""
    described = {key: value for key, value in schema.items() if key in ("description", "default")}
    if name == "conditions":
        return ref(name) | described
    return (_filled(schema, name) or ref(name)) | described


def _filled(schema: Schema, name: str) -> Schema | None:
    if "anyOf" in schema:
        parts = [_filled(part, name) for part in schema["anyOf"] if part.get("type") != "null"]
        return either(*(part for part in parts if part))
    if schema.get("type") == "array":
        below = {key: value for key, value in schema.items() if key in ("type", "minItems", "maxItems", "uniqueItems")}
        return below | {"items": ref(name)}
    return ref(name)


def _plain(schema: Any) -> Any:
    """Without titles and nulls; `zh` and `en` become one description."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: _plain(value) if key != "properties" else {name: _plain(below) for name, below in value.items()}
        for key, value in schema.items()
        if key not in ("title", "zh", "en") and not (key == "default" and value is None)
    }
    if not isinstance(schema.get("default", ""), (str, bool, int)) or "pattern" in schema:
        found.pop("default", None)  # pydantic writes what our own readers made of it
    if "zh" in schema and "en" in schema:
        found |= says(schema["zh"], schema["en"])
    return _without_null(found)


def _without_null(schema: Schema) -> Schema:
    """In a file a parameter is left out, never null."""
    parts = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if "anyOf" not in schema or len(parts) > 1:
        return schema | ({"anyOf": parts} if parts else {})
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**parts[0], **rest} if parts else rest


def _inlined(schema: Any, defs: Schema) -> Any:
    """Nested models stand where they are used: the file's own definitions have other names."""
    if isinstance(schema, list):
        return [_inlined(item, defs) for item in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in defs:
        return _inlined({**defs[name], **{key: value for key, value in schema.items() if key != "$ref"}}, defs)
    return {key: _inlined(value, defs) for key, value in schema.items()}
