"""What a Python predicate looks at: one contact at one moment, loaded by the batch beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.rules.conditions.tree import History, Reachable

_NOTHING: Mapping[Any, Any] = {}


@dataclass(slots=True)
class Facts:
    """Values in the catalogue's normalised form (see catalogue/types.py); absent keys are missing values.

    `contact` holds attributes, identity kinds (the oldest value), `tags` (a frozenset) and the columns
    `created_at`, `updated_at`. `variables` is {save_as: {output: value}}. `history` counts events per History node.
    """

    contact: Mapping[str, Any]
    now: int  # milliseconds UTC
    zone: ZoneInfo
    event: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    variables: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _NOTHING)
    history: Mapping[History | Reachable, int] = field(default_factory=lambda: _NOTHING)
    own: Mapping[str, Any] | None = None  # inside a `where`: the run's own event, `event` being the one looked at
