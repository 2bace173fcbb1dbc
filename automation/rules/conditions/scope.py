"""What the conditions at one place of a rule may name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue, EventDef, FieldType
    from automation.rules.conditions.tree import Condition

_NO_VARIABLES: Mapping[str, Mapping[str, FieldType]] = {}


class SegmentLookup(Protocol):
    """Named condition lists."""

    def names(self) -> Collection[str]: ...

    def condition(self, name: str) -> Condition | None:
        """What the name stands for; None when it is broken."""


@dataclass(frozen=True)
class Scope:
    """What the conditions at one place may name. `event` types `event.*`; `variables` are {save_as: {output: type}}.

    `namespaces` are some of contact, event, var and history (`did`). With `event` alone nobody knows what now is, so
    relative times are refused.
    """

    catalogue: Catalogue
    event: EventDef | None
    variables: Mapping[str, Mapping[str, FieldType]] = field(default_factory=lambda: _NO_VARIABLES)
    namespaces: frozenset[str] = frozenset({"contact", "event", "var", "history"})
    zone: ZoneInfo | None = None  # where dates and times without a zone were written; None: they are refused
    segments: SegmentLookup | None = None
    in_run: bool = True  # someone is in a run of a rule, so that `since: entry` means something
    referring: Scope | None = None  # what operands may refer to (`event.cart_id` behind an operator); None: nothing
    lenient: bool = False  # a text that can't be a reference is a text: for what earlier versions stored
