"""What the conditions at one place of a rule may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue, EventDef, FieldType

_NO_VARIABLES: Mapping[str, Mapping[str, FieldType]] = {}


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
