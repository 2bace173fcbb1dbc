"""Events of a case as a sender would send them: JSON about the case's own person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from automation.catalogue.event_fields import FROM_CASES, is_own
from automation.catalogue.model import FieldType
from automation.engine.entry.ingest import Incoming
from automation.rules.cases.spec import Happening
from automation.triggers.base import EventTrigger

if TYPE_CHECKING:
    from datetime import datetime

    from automation.catalogue.model import Catalogue, FieldDef
    from automation.engine.book import LoadedRule
    from automation.rules.cases.spec import Case, Moment


@dataclass(frozen=True)
class Teller:
    """Writes events for one rule about one person."""

    catalogue: Catalogue
    rule: LoadedRule
    identities: Mapping[str, str]

    def moments(self, case: Case) -> tuple[Moment, ...]:
        """The case's own, the first one with what `given` says of it; without any, one event that calls the rule."""
        trigger, moments = self.rule.trigger, case.moments
        if not isinstance(trigger, EventTrigger):
            return moments
        if not moments:
            return (
                self._with_given(
                    Happening(trigger.names(self.rule.spec.trigger.params)[0], case.line), case.given.event
                ),
            )
        first, *others = moments
        if isinstance(first, Happening):
            first = self._with_given(first, case.given.event)
        return (first, *others)

    def _with_given(self, happening: Happening, given: Mapping[str, Any]) -> Happening:
        """What `given` says of the event holds where the event doesn't say it itself."""
        event = self.catalogue.events[happening.event]
        own: dict[str, Any] = {
            name: getattr(happening, name) or given.get(name) for name in FROM_CASES if is_own(event, name)
        }
        properties = {name: value for name, value in given.items() if name not in own}
        return replace(happening, properties={**properties, **happening.properties}, **own)

    def incoming(self, happening: Happening, at: datetime, number: int) -> Incoming:
        """One event, which happened just now; `number` tells it from its like."""
        body: dict[str, Any] = {
            "name": happening.event, "occurred_at": at.isoformat(), "properties": self._properties(happening),
            "channel": happening.channel, "source": happening.source,
        }  # fmt: skip
        kind = self._own_identity(happening.event)
        if kind is not None:
            body["contact"] = {kind: self.identities[kind]}
        return Incoming(json.dumps(body, ensure_ascii=False), f"line {happening.line}", number)

    def _own_identity(self, event: str) -> str | None:
        """How the event names its contact; None where a property names the people, or where nobody can be named."""
        trigger = self.rule.trigger
        names = trigger.names(self.rule.spec.trigger.params) if isinstance(trigger, EventTrigger) else ()
        if (self.rule.people and event in names) or not self.identities:
            return None
        usual = self.catalogue.default_identity
        return usual if usual in self.identities else next(iter(self.identities))

    def _properties(self, happening: Happening) -> dict[str, Any]:
        """A property that holds somebody's identity means the case's person, unless the case says whom."""
        event = self.catalogue.events.get(happening.event)
        mine = {known.name: self._mine(known) for known in (event.properties.values() if event else ())}
        return {name: value for name, value in mine.items() if value is not None} | dict(happening.properties)

    def _mine(self, known: FieldDef) -> Any:
        value = self.identities.get(known.identity) if known.identity is not None else None
        return [value] if value is not None and known.type is FieldType.LIST else value
