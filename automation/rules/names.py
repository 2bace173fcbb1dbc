"""What can be named at one place of a rule: contact fields, the trigger's event, outputs of earlier steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from automation.catalogue.event_fields import is_own
from automation.catalogue.model import Catalogue, EventDef, FieldType
from automation.rules.conditions.parse import parse_conditions, parse_segment, parse_where
from automation.rules.conditions.references import References
from automation.rules.conditions.scope import Scope
from automation.rules.conditions.tree import FieldRef
from automation.rules.reader import Reader, listed
from automation.yamltree import Scalar, Sequence

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.problems import Problem
    from automation.rules.conditions.scope import SegmentLookup
    from automation.rules.conditions.tree import Condition
    from automation.yamltree import Node

Outputs = Mapping[str, Mapping[str, FieldType]]

_LOST = ("conditions.event_unknown", "conditions.reference_without_event")
"""What is not said again where the trigger, and so the event, is broken."""

RESERVED = frozenset({"contact", "event", "brand", "rule", "vars", "now", "today"})
"""Roots of templates and conditions that no `save_as` may hide."""


@dataclass(frozen=True)
class Names:
    """`event` is None with a clock trigger, and also with a broken one: then `complete` is False, and what can't be
    known is not complained about a second time."""

    catalogue: Catalogue
    event: EventDef | None = None
    variables: Outputs = field(default_factory=dict)
    zone: ZoneInfo | None = None  # where times without a zone are meant
    complete: bool = True
    segments: SegmentLookup | None = None
    lenient: bool = False  # the rule is a stored version: what looks like a reference and can't be one is a text

    def of_rule(self, zone: ZoneInfo, segments: SegmentLookup, *, stored: bool) -> Names:
        return replace(self, zone=zone, segments=segments, lenient=stored)

    def with_variables(self, variables: Outputs) -> Names:
        return replace(self, variables=variables)

    def of_event(self, event: EventDef) -> Names:
        return replace(self, event=event, complete=True)

    def lost(self) -> Names:
        """With a trigger that can't be understood."""
        return replace(self, event=None, complete=False)

    def known(self) -> list[str]:
        """Every name that a reference may be, written out."""
        return [
            *(f"contact.{name}" for name in self.catalogue.fields),
            *(f"event.{name}" for name in (self.event.fields if self.event else ())),
            *(f"{variable}.{name}" for variable, outputs in self.variables.items() for name in outputs),
        ]

    def find(self, text: str) -> FieldRef | None:
        """The field that `text` names; None when there is none."""
        root, _, name = text.partition(".")
        if root == "contact":
            known = self.catalogue.fields.get(name)
            return FieldRef("contact", name, known.type, known.storage) if known else None
        if root == "event":
            prop = self.event.fields.get(name) if self.event else None
            if self.event is None or prop is None:
                return None
            return FieldRef("event", name, prop.type, "column" if is_own(self.event, name) else "none")
        output = self.variables.get(root, {}).get(name)
        return FieldRef("var", text, output) if output else None

    def unknowable(self, root: str) -> bool:
        """The name may be right: what it stands on is broken elsewhere."""
        return not self.complete and root not in ("contact", "brand", "rule", "vars", "now", "today")

    def reference(
        self, reader: Reader, node: Node, path: str, roots: Collection[str], types: Collection[FieldType] = ()
    ) -> FieldRef | None:
        """The field named by `node`. `roots`: contact, event or var; `types`: what it may hold, empty for anything."""
        text = reader.text(node, path)
        if text is None:
            return None
        found = self.find(text)
        if found is not None and found.namespace in roots:
            return found if self._fits(reader, node, path, found, types) else None
        if not self.unknowable(text.partition(".")[0]):
            known = [name for name in self.known() if (ref := self.find(name)) and ref.namespace in roots]
            reader.unknown(node, path, "unknown_field", text, known)
        return None

    def conditions(self, reader: Reader, node: Node | None, path: str, namespaces: Collection[str]) -> Condition | None:
        """A condition list, which may name what `namespaces` allow."""
        if isinstance(node, Sequence) and not node.items:
            reader.error(node, path, "empty_list")
            return None
        if isinstance(node, Scalar) and node.value is None:
            reader.wrong(node, path, "conditions")
            return None
        allowed = frozenset(namespaces) - (frozenset() if self.event or not self.complete else {"event"})
        scope = Scope(self.catalogue, self.event, self.variables, allowed, self.zone, self.segments)
        if allowed != {"event"}:  # or the event alone is looked at
            scope = replace(scope, referring=self._referring(allowed))
        scope = replace(scope, lenient=self.lenient)
        problems: list[Problem] = []
        found = parse_conditions(node, scope, problems, reader.file, path)
        reader.problems += [each for each in problems if self.complete or each.key not in _LOST]
        return found

    def where(self, reader: Reader, node: Node | None, event: EventDef, path: str) -> Condition | None:
        """Conditions on the properties of `event`, whatever the trigger's is; names go without `event.`.

        What stands behind an operator may refer to the trigger's event, to the contact and to saved values.
        """
        problems: list[Problem] = []
        scope = Scope(self.catalogue, event, zone=self.zone, referring=self._referring(), lenient=self.lenient)
        found = parse_where(node, scope, problems, reader.file, path)
        reader.problems += [each for each in problems if self.complete or each.key not in _LOST]
        return found

    def references(self) -> References:
        """What values at this place may refer to."""
        return References(self._referring(), lenient=self.lenient)

    def _referring(self, allowed: Collection[str] = ("contact", "event", "var")) -> Scope:
        namespaces = frozenset(allowed) & {"contact", "event", "var"}
        return Scope(self.catalogue, self.event, self.variables, namespaces, self.zone)

    def segment(self, reader: Reader, node: Node, path: str) -> Condition | None:
        """The conditions of the segment that `node` names."""
        scope = Scope(self.catalogue, None, segments=self.segments)
        problems: list[Problem] = []
        found = parse_segment(node, scope, problems, reader.file, path)
        reader.problems += problems
        return found

    def _fits(self, reader: Reader, node: Node, path: str, found: FieldRef, types: Collection[FieldType]) -> bool:
        if not types or found.type in types:
            return True
        reader.error(node, path, "wrong_field_type", found=str(found), type=found.type.value, types=listed(types))
        return False


def save_as(reader: Reader, node: Scalar | Node, path: str, taken: Collection[str]) -> str | None:
    """A name for a step's outputs that nothing else has."""
    name = reader.name(node, path)
    if name is None:
        return None
    if name in RESERVED:
        reader.error(node, path, "reserved_name", found=name)
        return None
    if name in taken:
        reader.error(node, path, "duplicate_save_as", found=name)
        return None
    return name
