"""The bench: one database in memory, one clock, and the real engine made anew for every case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.clock import EPOCH, ManualClock
from automation.engine.book import load_rule
from automation.engine.engine import Engine
from automation.i18n import say
from automation.insight.rule_tests.keeping import KeepingProviders
from automation.insight.rule_tests.passage import Passage
from automation.insight.rule_tests.person import person_for
from automation.insight.rule_tests.record import Record
from automation.rules.checker import Checked
from automation.store.in_memory import MemoryDatabase

if TYPE_CHECKING:
    from automation.rules.cases.spec import Case
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec


class Bench:
    """Runs cases one after the other. Not for several threads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._database, self._clock = MemoryDatabase(), ManualClock(EPOCH)
        self._zone = ZoneInfo(project.settings.timezone)
        providers, without_rules = self._providers()
        self._past = Engine(without_rules, self._database, self._clock, providers)

    def run(self, spec: RuleSpec, case: Case) -> Record:
        """What comes of the case. Nothing of the one before is left."""
        spec = replace(spec, enabled=True)
        rule = load_rule(spec, 0, 0, self._project.registry)
        contact_id = person_for(rule, case.given)
        if contact_id is None:
            return Record(faults=(say("tests.nobody_fits"),))
        self._database.clear()
        providers, project = self._providers(spec)
        passage = Passage(self._database, self._clock, self._past, rule, contact_id)
        engine = passage.prepare(case, lambda: Engine(project, self._database, self._clock, providers))
        try:
            return passage.live(case, engine, providers.kept)
        finally:
            engine.close()

    def close(self) -> None:
        self._past.close()
        self._database.close()

    def _providers(self, *rules: RuleSpec) -> tuple[KeepingProviders, Project]:
        """The project with these rules alone, and providers that nobody else keeps anything with."""
        settings = self._project.settings
        unkept = settings.publishing.model_copy(update={"mode": "explicit"})  # nothing is kept as a publication
        settings = settings.model_copy(update={"publishing": unkept})
        project = replace(self._project, settings=settings, checked=Checked(rules, (), ()))
        return KeepingProviders(project, self._database, self._clock, self._zone), project
