"""`reachable: {channel: sms, purpose: marketing}` and `has_identity: wechat_openid`, from YAML to the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from automation.catalogue.model import FieldType
from automation.catalogue.nearest import offer
from automation.channels import CHANNELS
from automation.contacts.consent import NO_PURPOSES, readable_purpose
from automation.rules.conditions.tree import Compare, FieldRef, Group, Reachable
from automation.yamltree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from automation.rules.conditions.scope import Scope
    from automation.rules.conditions.tree import Condition
    from automation.yamltree import Node

REACHABLE, HAS_IDENTITY = "reachable", "has_identity"
_KEYS = ("channel", "purpose")
_PURPOSE = "marketing"


class _Parser(Protocol):
    scope: Scope

    def report(self, node: Node, path: str, key: str, **params: Any) -> None: ...


def people_condition(parser: _Parser, key: Scalar, value: Node, path: str) -> Condition | None:
    """The node; None, and a problem, when it is wrong or nobody is asked about here."""
    if not {"contact", "history"} <= parser.scope.namespaces:
        parser.report(key, path, "no_people_here", found=key.text)
        return None
    return _reachable(parser, value, path) if key.text == REACHABLE else _has_identity(parser, value, path)


def _has_identity(parser: _Parser, value: Node, path: str) -> Condition | None:
    """Any of the kinds; it says the same as `contact.KIND: {exists: true}`."""
    known = parser.scope.catalogue.identity_kinds
    kinds = _names(parser, value, path, known, "unknown_kind")
    parts = tuple(
        Compare(FieldRef("contact", kind, FieldType.TEXT, "identity"), "exists", True, path) for kind in kinds or ()
    )
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Group("any", parts, path)


def _reachable(parser: _Parser, value: Node, path: str) -> Condition | None:
    spec = value if isinstance(value, Mapping) else None
    for entry in spec.entries if spec is not None else ():
        if entry.key.text not in _KEYS:
            parser.report(entry.key, path, "unknown_key", known=", ".join(_KEYS), **offer(entry.key.text, _KEYS))
    named = spec.get("channel") if spec is not None else value
    if named is None:
        parser.report(value, path, "no_channel")
        return None
    people = [name for name, channel in CHANNELS.items() if channel.reaches_person and channel.identity is not None]
    channels = _names(parser, named, path, people, "unknown_channel")
    purpose = spec.get("purpose") if spec is not None else None
    word = purpose.value if isinstance(purpose, Scalar) else _PURPOSE if purpose is None else None
    if not readable_purpose(word) or word in NO_PURPOSES:
        parser.report(purpose or value, path, "bad_purpose")
        return None
    return Reachable(tuple(channels), str(word), path) if channels else None


def _names(parser: _Parser, node: Node, path: str, known: Any, key: str) -> list[str]:
    """One name or a list of them; each unknown one is a problem with the nearest."""
    items = node.items if isinstance(node, Sequence) else (node,)
    found: list[str] = []
    for item in items:
        name = item.text if isinstance(item, Scalar) and isinstance(item.value, str) else ""
        if name in known:
            found.append(name)
        else:
            parser.report(item, path, key, known=", ".join(known), **offer(name, list(known)))
    return found if len(found) == len(items) else []
