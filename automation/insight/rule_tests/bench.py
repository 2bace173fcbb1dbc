"""The bench: one database in memory, one clock, and the real engine made anew for every case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.clock import EPOCH, ManualClock
from automation.contacts.masking import REVEALED, masking
from automation.engine.book import load_rule
from automation.engine.engine import Engine
from automation.i18n import say
from automation.insight.rule_tests.keeping import KeepingProviders
from automation.insight.rule_tests.passage import Passage
from automation.insight.rule_tests.person import person_for
from automation.insight.rule_tests.record import Record
from automation.insight.why import why
from automation.rules.checker import Checked
from automation.store.in_memory import MemoryDatabase

if TYPE_CHECKING:
    from automation.insight.account import Line
    from automation.rules.cases.spec import Case
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec

_DECIDING = ("trigger", "audience")
"""The log tells the rest."""


class Bench:
    """Runs cases one after the other. Not for several threads."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._database, self._clock = MemoryDatabase(), ManualClock(EPOCH)
        self._zone = ZoneInfo(project.settings.timezone)
        providers, without_rules = self._providers()
        self._past = Engine(without_rules, self._database, self._clock, providers)
        self._contact_id = 0

    def run(self, spec: RuleSpec, case: Case) -> Record:
        """What comes of the case. Nothing of the one before is left."""
        spec = replace(spec, enabled=True)
        rule = load_rule(spec, 0, 0, self._project)
        self._contact_id = contact_id = person_for(rule, case.given) or 0
        if not contact_id:
            return Record(faults=(say("tests.nobody_fits"),))
        self._database.clear()
        providers, project = self._providers(spec)
        passage = Passage(self._database, self._clock, self._past, rule, contact_id)
        engine = passage.prepare(case, lambda: Engine(project, self._database, self._clock, providers))
        try:
            return passage.live(case, engine, providers.kept)
        finally:
            engine.close()

    def obstacles(self, spec: RuleSpec) -> list[str]:
        """What kept the person of the case that was run last from entering, with the values seen, as `why` tells it."""
        _, project = self._providers(replace(spec, enabled=True))
        with masking(REVEALED):  # the values are those of the case
            account = why(self._database, project, spec.id, self._contact_id, self._clock.now())
        against = [line for line in account.lines if line.ok is False and line.kind in _DECIDING]
        return ["  ".join(filter(None, ["✗", line.sentence, _seen(line), line.place])) for line in against]

    def close(self) -> None:
        self._past.close()
        self._database.close()

    def _providers(self, *rules: RuleSpec) -> tuple[KeepingProviders, Project]:
        """The project with these rules alone, and providers that nobody else keeps anything with."""
        settings = self._project.settings
        unkept = settings.publishing.model_copy(update={"mode": "explicit"})  # nothing is kept as a publication
        settings = settings.model_copy(update={"publishing": unkept})
        plain = replace(self._project.catalogue, sources={})  # a case's events are written as ours are, whose they be
        project = replace(self._project, settings=settings, catalogue=plain, checked=Checked(rules, (), ()))
        return KeepingProviders(project, self._database, self._clock, self._zone), project


def _seen(line: Line) -> str:
    return f"〔{line.seen}〕" if line.seen else ""
