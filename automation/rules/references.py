"""References in plugin parameters (see params.py), checked against the project and replaced by what they name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from automation.catalogue.model import FieldDef, FieldType
from automation.catalogue.values import ValueProblem, normalise
from automation.channels import MESSAGE_CHANNELS
from automation.rules import params as marks
from automation.rules.conditions.references import literal_text
from automation.rules.event_match import read_event_match
from automation.rules.marked import marked, named_event
from automation.rules.names import Names
from automation.rules.reader import Reader, listed
from automation.rules.template_use import TemplateUse
from automation.rules.unread_texts import holds_template, refuse_texts, scalars
from automation.yamltree import Mapping, Node, Scalar, Sequence, plain


@dataclass(frozen=True)
class Place:
    """Where parameters stand, and what they may name."""

    reader: Reader
    names: Names
    templates: TemplateUse
    zone: ZoneInfo
    at: Node  # the step or trigger, for what is not written out
    path: str
    sources: Collection[str] | None = None  # of the settings; None: not asked about


def resolve(place: Place, params: BaseModel, node: Node | None) -> BaseModel:
    """`params` with every reference checked, and replaced where params.py says so."""
    changed: dict[str, Any] = {}
    for mark in marked(type(params)):
        value = getattr(params, mark.attribute)
        below = node.get(mark.key) if isinstance(node, Mapping) else None
        resolver = _RESOLVERS.get(type(mark.reference))
        if value is None or resolver is None:
            continue
        new = resolver(_Use(place, mark.reference, params, below or place.at, below is not None, mark.key), value)
        if new is not value:
            changed[mark.attribute] = new
    refuse_texts(place, type(params), node)
    return params.model_copy(update=changed) if changed else params


@dataclass(frozen=True)
class _Use:
    """One reference at work."""

    place: Place
    mark: Any
    params: BaseModel
    node: Node
    written: bool
    key: str

    def each(self, value: Any, one: Callable[[Any, Node], Any]) -> Any:
        """`one` for the value, or for every item of a list of values."""
        if not isinstance(value, (list, tuple)):
            return one(value, self.node)
        nodes = self.node.items if isinstance(self.node, Sequence) else ()
        made = [one(item, nodes[index] if index < len(nodes) else self.node) for index, item in enumerate(value)]
        return value if made == list(value) else type(value)(made)

    def known(self, value: Any, among: Any, key: str) -> Any:
        """The value, which must be one of `among`."""

        def one(name: Any, node: Node) -> Any:
            if name not in among:
                self.place.reader.unknown(node, self.place.path, key, str(name), among, known=listed(among))
            return name

        return self.each(value, one)

    def field(self, value: Any, root: str, types: tuple[FieldType, ...]) -> Any:
        return self.each(
            value,
            lambda name, node: self.place.names.reference(
                self.place.reader, _scalar(name, node), self.place.path, (root,), types
            ),
        )


def _scalar(value: Any, node: Node) -> Node:
    """The node of a text, also of one that is not written in the file."""
    if isinstance(node, Scalar) and node.value == value:
        return node
    return Scalar(value, str(value), False, node.line, node.column)


def _event_name(use: _Use, value: Any) -> Any:
    return use.known(value, use.place.names.catalogue.events, "unknown_event")


def _contact_field(use: _Use, value: Any) -> Any:
    return use.field(value, "contact", use.mark.types)


def _event_property(use: _Use, value: Any) -> Any:
    found = use.field(value, "event", ())
    event = use.place.names.event
    for ref in found if isinstance(found, (list, tuple)) else [found]:
        if use.mark.identity and ref and event and event.fields[ref.name].identity is None:
            people = [f"event.{name}" for name, prop in event.properties.items() if prop.identity]
            use.place.reader.error(use.node, use.place.path, "not_an_identity", found=str(ref), known=listed(people))
    return found


def _coupon_batch(use: _Use, value: Any) -> Any:
    return use.known(value, use.place.names.catalogue.coupons, "unknown_batch")


def _source(use: _Use, value: Any) -> Any:
    sources = use.place.sources
    return value if sources is None else use.known(value, sources, "unknown_source")


def _channel(use: _Use, value: Any) -> Any:
    return use.known(value, MESSAGE_CHANNELS, "unknown_channel")


def _template(use: _Use, value: Any) -> Any:
    asked = use.mark.channel or getattr(use.params, "channels", ())
    channels = [asked] if isinstance(asked, str) else [name for name in asked or () if name in MESSAGE_CHANNELS]
    place = use.place

    def one(name: Any, node: Node) -> Any:
        place.templates.check(place.reader, place.names, node, place.path, str(name), channels)
        return name

    return use.each(value, one)


def _conditions(use: _Use, value: Any) -> Any:
    if not use.written:
        return value
    namespaces = {"event"} if use.mark.scope == "event" else {"contact", "history"}
    return use.place.names.conditions(use.place.reader, use.node, use.place.path, namespaces)


def _event_match(use: _Use, value: Any) -> Any:
    if not use.written:
        return value
    place = use.place
    found = read_event_match(place.reader, place.names, use.node, f"{place.path}/{use.key}")
    return marks.EventPattern(found.event, found.where, found.within) if found else None


def _segment(use: _Use, value: Any) -> Any:
    if not use.written:
        return value
    condition = use.place.names.segment(use.place.reader, use.node, use.place.path)
    return marks.SegmentRef(str(value), condition) if condition is not None else None


def _text(use: _Use, value: Any) -> Any:
    if use.written:
        _texts(use, use.node)
    return value


def _texts(use: _Use, node: Node) -> None:
    if isinstance(node, Mapping):
        for entry in node.entries:
            _texts(use, entry.value)
    elif isinstance(node, Sequence):
        for item in node.items:
            _texts(use, item)
    elif holds_template(node):
        place = use.place
        place.templates.check_text(place.reader, place.names, node, place.path, str(node.value))


def _text_values(use: _Use, value: Any) -> Any:
    """Texts that may be references; `{text: event.x}` has become a plain text already."""

    def one(text: Any, node: Node) -> Any:
        if not isinstance(node, Scalar) or not use.written:
            return text
        _texts(use, node)
        return _reference(use, str(text), node, FieldType.TEXT, text)

    return use.each(value, one)


def _reference(use: _Use, text: str, node: Node, type_: FieldType, otherwise: Any) -> Any:
    """The Ref that a text is; `otherwise` when it is none, or when it is a wrong one, which is said."""
    found = use.place.names.references().read(text, type_, assigned=True)
    if isinstance(found, tuple):
        if use.place.names.complete or found[0] != "reference_without_event":
            use.place.reader.say(node, use.place.path, f"conditions.{found[0]}", found[1])
        return otherwise
    return otherwise if found is None else found


def _contact_values(use: _Use, value: Any) -> Any:
    place, fields = use.place, use.place.names.catalogue.fields
    new = dict(value)
    for key, node in _written(use):
        name = str(key.value).removeprefix("contact.")
        known = fields.get(name)
        if known is None:
            place.reader.unknown(key, place.path, "unknown_field", name, fields)
        elif known.storage != "attribute":
            place.reader.error(key, place.path, "not_an_attribute", found=name)
        else:
            new[str(key.value)] = _value(use, known, node, value.get(str(key.value)))
    return new


def _event_values(use: _Use, value: Any) -> Any:
    place, event = use.place, named_event(use.params, use.place.names.catalogue)
    if event is None:
        return value
    new = dict(value)
    for key, node in _written(use):
        name = str(key.value)
        if name not in event.properties:
            place.reader.unknown(key, place.path, "unknown_property", name, event.properties, event=event.name)
        else:
            new[name] = _value(use, event.properties[name], node, value.get(name))
    for name, known in event.properties.items():
        if known.required and name not in value:
            place.reader.error(use.node, place.path, "missing_property", name=name, event=event.name)
    return new


def _written(use: _Use) -> list[tuple[Scalar, Node]]:
    return [(entry.key, entry.value) for entry in use.node.entries] if isinstance(use.node, Mapping) else []


def _value(use: _Use, known: FieldDef, node: Node, value: Any) -> Any:
    """A value for a field. An empty one takes the field's value away; texts may hold variables, or be references."""
    literal = literal_text(node)
    if literal is not None:
        node, value = literal, literal.value
    elif isinstance(node, Scalar) and isinstance(node.value, str):
        before = len(use.place.reader.problems)
        found = _reference(use, node.value, node, known.type, value)
        if found is not value or len(use.place.reader.problems) > before:
            return found
    if isinstance(node, Scalar) and node.value in (None, ""):
        return value
    if any(holds_template(each) for each in scalars(node)):
        _texts(use, node)
        return value
    try:
        normalise(known, plain(node), use.place.zone)
    except ValueProblem as error:
        use.place.reader.say(node, use.place.path, error.key, dict(error.params))
    return value


_RESOLVERS: dict[type[marks.Reference], Callable[[_Use, Any], Any]] = {
    marks.EventName: _event_name,
    marks.ContactField: _contact_field,
    marks.EventProperty: _event_property,
    marks.CouponBatch: _coupon_batch,
    marks.SourceName: _source,
    marks.ChannelName: _channel,
    marks.TemplateName: _template,
    marks.Conditions: _conditions,
    marks.EventMatch: _event_match,
    marks.SegmentName: _segment,
    marks.TemplateText: _text,
    marks.TextValues: _text_values,
    marks.ContactValues: _contact_values,
    marks.EventValues: _event_values,
}
