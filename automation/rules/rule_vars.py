"""`vars:` of a rule: words and numbers that its templates and texts name, so that several rules share one template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.catalogue.model import FieldType
from automation.rules.conditions.references import literal_text, looks_like_reference
from automation.rules.unread_texts import holds_template
from automation.yamltree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from automation.rules.names import Outputs
    from automation.rules.reader import Reader

VARS = "vars"
"""The name under which they are found: `{{ vars.discount }}`."""

Var = str | int | float | bool


def read_vars(reader: Reader, node: Node | None, path: str) -> dict[str, Var]:
    """The values by name. They are taken as they are: nothing in them is looked up or rendered."""
    if node is None:
        return {}
    if not isinstance(node, Mapping) or not node.entries:
        reader.wrong(node, path, "mapping")
        return {}
    found: dict[str, Var] = {}
    for entry in node.entries:
        name = reader.name(entry.key, path)
        value = _value(reader, entry.value, path)
        if name is not None and value is not None:
            found[name] = value
    return found


def types_of(values: dict[str, Var]) -> Outputs:
    """What conditions and templates may name; empty without any."""
    return {VARS: {name: _type(value) for name, value in values.items()}} if values else {}


def _value(reader: Reader, node: Node, path: str) -> Var | None:
    literal = literal_text(node)
    if literal is not None:
        return str(literal.value)
    if not isinstance(node, Scalar) or node.value is None:
        reader.wrong(node, path, "var")
        return None
    if looks_like_reference(node.value):
        reader.error(node, path, "reference_in_param", found=node.value)
    elif holds_template(node):
        reader.error(node, path, "template_in_param", found=node.value)
    return node.value


def _type(value: Var) -> FieldType:
    if isinstance(value, bool):
        return FieldType.BOOLEAN
    if isinstance(value, int):
        return FieldType.INTEGER
    return FieldType.NUMBER if isinstance(value, float) else FieldType.TEXT
