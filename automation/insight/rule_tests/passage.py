"""One case lived through: the past without the rule, then the rule from `at` on, moment by moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from automation.calendars.local import moment_of
from automation.clock import from_ms
from automation.engine.clocks.zones import zone_for
from automation.i18n import say
from automation.insight.rule_tests.firings import firing_before, why_silent
from automation.insight.rule_tests.person import KNOWN_FOR, identities_of, settle_in
from automation.insight.rule_tests.record import Record, read_record
from automation.insight.rule_tests.telling import Teller
from automation.rules.cases.spec import Passing
from automation.store.coupons import import_codes
from automation.store.scratch import next_due

if TYPE_CHECKING:
    from automation.clock import ManualClock
    from automation.engine.book import LoadedRule
    from automation.engine.engine import Engine
    from automation.providers.base import Outgoing
    from automation.rules.cases.spec import Case, Given, Happening
    from automation.store.database import Database

Begin = Callable[[], "Engine"]
USUAL_AT = datetime(2026, 6, 1, 12)  # noqa: DTZ001  (a Monday at noon, in the rule's zone)
"""When an event calls the rule, where the case says nothing."""
BEFORE = timedelta(minutes=1)
STUCK = timedelta(minutes=10)
"""How soon what stays due is looked at again."""
WATCHED = timedelta(days=1)
"""How often a rule that watches a segment looks, when days go by: its own sweeps would take long."""
POOL = 20
"""How many codes each pool of imported coupons has."""


class Passage:
    """`past` is an engine without rules: what happened before the case is remembered, and calls nobody."""

    def __init__(self, database: Database, clock: ManualClock, past: Engine, rule: LoadedRule, contact_id: int) -> None:
        self._database, self._clock, self._past, self._contact_id = database, clock, past, contact_id
        self._rule = rule  # not yet published: `begin` gives it its place in the database
        self._faults: list[str] = []
        self._told = 0

    def prepare(self, case: Case, begin: Begin) -> Engine:
        """The person with a past, and the engine that has run since the firing before, or since a moment ago.

        A rule that watches who comes into a segment begins before the person is there, so that it sees them come.
        """
        at = self._at(case)
        start = firing_before(self._rule, at, zone_for(self._rule, case.given.attributes)) or at - BEFORE
        comes_in = self._rule.watch is not None and self._rule.watch.on == "entered"
        engine = self._begin(begin, start) if comes_in else None
        self._remember(case.given, at)
        engine = engine or self._begin(begin, start)
        self._rule = engine.book.rules[self._rule.spec.id]
        return engine

    def live(self, case: Case, engine: Engine, kept: Sequence[Outgoing]) -> Record:
        """From `at` on."""
        at = self._at(case)
        self._clock.set(at)
        if engine.book.by_clock:
            self._work(engine)
        for moment in self._teller(case.given).moments(case):
            if isinstance(moment, Passing):
                self._let_pass(engine, moment.by.after(self._clock.now(), self._rule.spec.zone))
            else:
                self._tell(engine, case.given, moment)
                self._work(engine)
        with self._database.read() as conn:
            record = read_record(conn, self._rule, self._contact_id, kept, self._faults)
        zone, moments = zone_for(self._rule, case.given.attributes), self._teller(case.given).moments(case)
        silent = None if self._faults else why_silent(self._rule, record, at, moments, zone)
        return replace(record, notes=(silent,)) if silent else record

    def _at(self, case: Case) -> datetime:
        return case.at or moment_of(USUAL_AT, self._rule.spec.zone)

    def _teller(self, given: Given) -> Teller:
        catalogue = self._past.project.catalogue
        return Teller(catalogue, self._rule, identities_of(catalogue, given))

    # ------------------------------------------------------------ before

    def _begin(self, begin: Begin, start: datetime) -> Engine:
        self._clock.set(start)
        engine = begin()
        pools = [batch.key for batch in engine.project.catalogue.coupons.values() if batch.kind == "pool"]
        with self._database.write() as conn:
            for key in pools:
                import_codes(conn, key, [f"TEST-{key}-{number}" for number in range(1, POOL + 1)])
        if engine.book.watchers:  # notes who is in their segments
            self._work(engine)
        return engine

    def _remember(self, given: Given, at: datetime) -> None:
        """Who the person is, and what they did."""
        zone = self._rule.spec.zone
        dated = [(event.at or (event.ago.before(at, zone) if event.ago else at), event) for event in given.events]
        dated.sort(key=lambda pair: pair[0])
        created = given.created_at or min([at - KNOWN_FOR, *(moment for moment, _ in dated[:1])])
        with self._database.write() as conn:
            identities = identities_of(self._past.project.catalogue, given)
            settle_in(conn, self._contact_id, identities, given, self._rule.spec.guards.purpose, created)
        for moment, event in dated:
            self._clock.set(moment)
            self._tell(self._past, given, event)

    # ------------------------------------------------------------ moment by moment

    def _tell(self, engine: Engine, given: Given, happening: Happening) -> None:
        self._told += 1
        result = engine.ingest([self._teller(given).incoming(happening, self._clock.now(), self._told)])
        for rejected in result.reasons:
            reason = say(rejected.code, **rejected.detail)
            self._faults.append(say("tests.refused_event", event=happening.event, reason=reason))

    def _let_pass(self, engine: Engine, until: datetime) -> None:
        """Whatever comes due on the way is done when it is due."""
        while True:
            moment = self._next(engine)
            if moment is None or moment >= until:
                break
            self._come_to(engine, moment)
        self._come_to(engine, until)

    def _come_to(self, engine: Engine, moment: datetime) -> None:
        self._clock.set(moment)
        engine.recover()
        engine.expire_coupons()
        self._work(engine)

    def _next(self, engine: Engine) -> datetime | None:
        """When something happens next by itself."""
        now = self._clock.now()
        with self._database.read() as conn:
            due = next_due(conn)
        called = now + WATCHED if engine.book.watchers else engine.upcoming()
        moments = [moment for moment in (called, from_ms(due) if due is not None else None) if moment is not None]
        return min((moment if moment > now else now + STUCK for moment in moments), default=None)

    def _work(self, engine: Engine) -> None:
        """Everything that is due at this moment. Nobody's own databases are asked, and one thread does it all."""
        while engine.fire() + engine.advance() + sum(map(engine.deliver, engine.due_channels())):
            pass
