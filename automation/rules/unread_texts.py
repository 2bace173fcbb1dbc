"""Texts of a step or trigger that look as if they were looked up or rendered, where they would be taken as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as AnyMapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

from automation.rules import params as marks
from automation.rules.conditions.references import literal_text, looks_like_reference
from automation.rules.marked import marked
from automation.yamltree import Mapping, Node, Scalar, Sequence, plain

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from automation.rules.references import Place

_BRACES = re.compile(r"\{[{%#]")
_DOTTED = re.compile(r"\w+\.\w+\Z")


def holds_template(node: Node) -> bool:
    """Whether it is a text with something to render."""
    return isinstance(node, Scalar) and isinstance(node.value, str) and _BRACES.search(node.value) is not None


def refuse_texts(place: Place, model: type[BaseModel], node: Node | None) -> None:
    """Complain about `event.x` where nothing is looked up, and about `{{ … }}` where nothing is rendered."""
    if not isinstance(node, Mapping) or place.names.lenient:
        return
    read = {mark.key: mark.reference for mark in marked(model)}
    fields = _fields(model)
    for entry in node.entries:
        key = str(entry.key.value)
        mark = read.get(key)
        if isinstance(mark, marks.TemplateText):
            for scalar in scalars(entry.value):
                _refuse(place, scalar, rendered=True)
        elif mark is None:
            keyed = key in fields and _holds_mappings(fields[key]) and isinstance(entry.value, Mapping)
            values = [each.value for each in entry.value.entries] if keyed else [entry.value]  # type: ignore[union-attr]
            for scalar in (found for value in values for found in scalars(value, nested=False)):
                _refuse(place, scalar, rendered=False)


def _refuse(place: Place, node: Scalar, *, rendered: bool) -> None:
    found = {"found": node.value}
    if any((node.line, node.column) == (said.line, said.column) for said in place.reader.problems):
        return  # something is said about it already
    if looks_like_reference(node.value, place.names.variables):
        place.reader.error(node, place.path, "reference_in_text" if rendered else "reference_in_param", **found)
    elif not rendered and holds_template(node):
        place.reader.error(node, place.path, "template_in_param", **found)


def scalars(node: Node, *, nested: bool = True) -> Iterator[Scalar]:
    """The values below; `nested`: in a form of its author's own, where `{text: …}` is nothing special."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item, nested=nested)
    elif nested or literal_text(node) is None:
        for entry in node.entries:
            yield from scalars(entry.value, nested=nested)


def plain_values(model: type[BaseModel], node: Mapping) -> dict[str, Any]:
    """The parameters as values. `{text: event.x}`, which says that the text itself is meant, becomes that text."""
    fields = _fields(model)
    read = {mark.key for mark in marked(model) if not isinstance(mark.reference, marks.TextValues)}
    found: dict[str, Any] = {}
    for entry in node.entries:
        key, value = str(entry.key.value), entry.value
        if key in read or key not in fields:
            found[key] = plain(value)
        elif isinstance(value, Mapping) and _holds_mappings(fields[key]):
            found[key] = {str(each.key.value): _plain(each.value) for each in value.entries}
        else:
            found[key] = _plain(value)
    return found


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _plain(node: Node) -> Any:
    literal = literal_text(node)
    if literal is not None and _DOTTED.match(str(literal.value)):
        return literal.value
    return [_plain(item) for item in node.items] if isinstance(node, Sequence) else plain(node)


def _holds_mappings(field: FieldInfo) -> bool:
    """Whether mappings are what the parameter is made of: there `text` is a key like others."""
    from pydantic import BaseModel

    return any(
        kind is Any or (isinstance(kind, type) and issubclass(kind, (AnyMapping, BaseModel)))
        for kind in _kinds(field.annotation)
    )


def _kinds(annotation: Any) -> Iterator[Any]:
    yield get_origin(annotation) or annotation
    for argument in get_args(annotation):
        yield from _kinds(argument)
