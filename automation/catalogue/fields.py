"""One contact field or event property of the catalogue file: `sku: text`, or a mapping that says more."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from automation.catalogue.model import FieldDef, FieldType
from automation.catalogue.reading import found
from automation.i18n import Text
from automation.yamltree import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Collection

    from automation.catalogue.reading import Reader
    from automation.yamltree import Node

_KEYS = ("type", "label", "choices", "personal", "currency")
_EVENT_KEYS = (*_KEYS, "identity", "required")
_TYPES = tuple(item.value for item in FieldType)
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_WITH_CHOICES = (FieldType.TEXT, FieldType.LIST)


def read_field(
    reader: Reader,
    key: Scalar,
    node: Node,
    path: str,
    given: FieldDef | None,
    *,
    of_event: bool = False,
    kinds: Collection[str] = (),
) -> FieldDef | None:
    """The definition at `node`, laid over the built-in one, if any. None, and a problem, when it has no type."""
    base = given or FieldDef(key.text, FieldType.TEXT, Text(key.text, key.text))
    if isinstance(node, Scalar):
        kind = reader.option(node, path, _TYPES) if node.value is not None else None
        if node.value is None:
            reader.report(key, "no_type", path, known=" / ".join(_TYPES))
        return _typed(base, kind) if kind else None
    if not isinstance(node, Mapping):
        reader.report(node, "expected_field", path, found=found(node))
        return None
    spec = reader.mapping(node, path, _EVENT_KEYS if of_event else _KEYS)
    kind = reader.option(spec.get("type"), path, _TYPES)
    if kind is None and given is None:
        if spec.get("type") is None:
            reader.report(key, "no_type", path, known=" / ".join(_TYPES))
        return None
    typed = _typed(base, kind or base.type.value)
    return FieldDef(
        typed.name,
        typed.type,
        reader.label(spec.get("label"), path, typed.label),
        _choices(reader, spec.get("choices"), path, typed),
        reader.flag(spec.get("personal"), path, typed.personal),
        _currency(reader, spec, path, typed),
        _identity(reader, spec, path, typed, kinds),
        reader.flag(spec.get("required"), path, False),
        typed.storage,
        typed.form,
    )


def _typed(base: FieldDef, kind: str) -> FieldDef:
    return FieldDef(base.name, FieldType(kind), base.label, (), base.personal, storage=base.storage, form=base.form)


def _choices(reader: Reader, node: Node | None, path: str, defn: FieldDef) -> tuple[str, ...]:
    choices = reader.texts(node, path) or ()
    if node is not None and choices and defn.type not in _WITH_CHOICES:
        reader.report(node, "choices_need_text", path, type=defn.type.value)
        return ()
    twice = next((item for item in choices if choices.count(item) > 1), None)
    if node is not None and twice is not None:
        reader.report(node, "duplicate_choice", path, found=twice)
    return choices


def _currency(reader: Reader, spec: Mapping, path: str, defn: FieldDef) -> str:
    node = spec.get("currency")
    code = reader.text(node, path)
    if node is None or code is None:
        return "CNY"
    if defn.type is not FieldType.MONEY:
        reader.report(node, "currency_needs_money", path, type=defn.type.value)
    elif not _CURRENCY.match(code):
        reader.report(node, "bad_currency", path, found=code)
    else:
        return code
    return "CNY"


def _identity(reader: Reader, spec: Mapping, path: str, defn: FieldDef, kinds: Collection[str]) -> str | None:
    node = spec.get("identity")
    if node is None or not kinds:
        return None
    kind = reader.option(node, path, kinds)
    if kind is not None and defn.type not in _WITH_CHOICES:
        reader.report(node, "identity_needs_text", path, type=defn.type.value)
        return None
    return kind
