"""Whom a rule's messages would be rendered for: real people whom its audience matches, or one made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from automation.catalogue.event_fields import whole
from automation.clock import to_ms
from automation.contacts.profile import load_contacts
from automation.contacts.recasting import count_mistyped
from automation.engine.book import load_rule
from automation.engine.entry.guards import clauses
from automation.errors import AutomationError
from automation.insight.lint.specimens import contact_like, event_like, outputs_like
from automation.reasons import Reason
from automation.rules.conditions.facts import Facts
from automation.rules.conditions.history import load_histories
from automation.store.sampling import recent_events, sample_contacts
from automation.triggers.base import EventTrigger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database

_Pair = tuple[int, Mapping[str, Any]]


@dataclass(frozen=True)
class Sample:
    """What templates see, one mapping for each person. `real`: they come from the database."""

    people: Sequence[Mapping[str, Any]] = field(repr=False)
    real: bool


class Sampler:
    """Samples of the rules of one project, at one moment. Without a database everybody is made up."""

    def __init__(self, project: Project, database: Database | None, now: datetime, size: int) -> None:
        self._project, self._database, self._now, self._size = project, database, now, size
        self.now = now

    @property
    def asks_people(self) -> bool:
        return self._database is not None and self._size > 0

    def mistyped(self) -> dict[str, int]:
        """How many people hold a value of another type than the catalogue says, by field."""
        if self._database is None or not self.asks_people:
            return {}
        with self._database.read() as conn:
            return count_mistyped(conn, self._project.catalogue)

    def of(self, rule: RuleSpec) -> Sample:
        """At most `size` people whom the rule's audience matches; a specimen where there are none."""
        people = self._real(rule) if self.asks_people else []
        return Sample(people, real=True) if people else self.specimen(rule)

    def specimen(self, rule: RuleSpec) -> Sample:
        """One person who has everything, and an event as the rule's trigger would hear it."""
        today = self._now.astimezone(rule.zone).date()
        catalogue = self._project.catalogue
        person = self._variables(rule, contact_like(catalogue, today), event_like(rule, catalogue, today))
        return Sample([person], real=False)

    def _real(self, rule: RuleSpec) -> list[Mapping[str, Any]]:
        assert self._database is not None
        loaded = load_rule(rule, 0, 0, self._project)
        with self._database.read() as conn:
            pairs = self._pairs(conn, loaded)
            profiles = load_contacts(conn, sorted({id_ for id_, _ in pairs}))
            now = to_ms(self._now)
            everybody = [Facts({**profiles.get(id_, {}), "id": id_}, now, rule.zone, event) for id_, event in pairs]
            people = [(id_, None) for id_, _ in pairs]
            counts = load_histories(conn, loaded.audience_histories, people, self._now, rule.zone, facts=everybody)
        found: list[Mapping[str, Any]] = []
        for (id_, event), facts, count in zip(pairs, everybody, counts, strict=True):
            facts.history = count
            contact = profiles.get(id_, {})
            if contact and (loaded.audience is None or loaded.audience(facts)):
                found.append(self._variables(rule, contact, event))
        return found

    def _pairs(self, conn: Connection, rule: LoadedRule) -> list[_Pair]:
        """People with the event that would bring them: their own, or, where events name people, any newest one."""
        if not isinstance(rule.trigger, EventTrigger):
            return [(id_, {}) for id_ in self._by_audience(conn, rule)]
        rows = recent_events(conn, rule.trigger.names(rule.spec.trigger.params), self._size)
        seen = [(row, whole(row.properties, row.occurred_at)) for row in rows]
        heard = [(row.contact_id, event) for row, event in seen if rule.listens_to(row.name, event)]
        own = {contact_id: event for contact_id, event in reversed(heard) if contact_id is not None}
        if own and rule.people is None:
            return list(own.items())
        today = self._now.astimezone(rule.spec.zone).date()
        events = [event for _, event in heard] or [event_like(rule.spec, self._project.catalogue, today)]
        people = self._by_audience(conn, rule)
        return list(zip(people, islice(cycle(events), len(people)), strict=True))

    def _by_audience(self, conn: Connection, rule: LoadedRule) -> list[int]:
        try:
            holds = dict(clauses(rule, to_ms(self._now))).get(Reason.SKIPPED_AUDIENCE)
        except AutomationError:  # it asks for the event, too: the predicate decides about each
            holds = None
        return sample_contacts(conn, holds, self._size)

    def _variables(self, rule: RuleSpec, contact: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
        """As the engine gives them to templates; what steps will make is made up."""
        moment = self._now.astimezone(rule.zone)
        outputs = outputs_like(rule, self._project.catalogue, self._project.registry, moment.date())
        brand = self._project.settings.template_variables
        common = {"rule": {"id": rule.id, "name": rule.name}, "now": moment, "today": moment.date(), "zone": rule.zone}
        return {**outputs, "contact": contact, "event": event, "brand": brand, **common}
