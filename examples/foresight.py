"""The demo's act on seeing it before it happens: tests, an edit, past and future, and why one person got nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from automation.calendars.duration import Duration
from automation.insight.planning.plan import plan
from automation.insight.planning.telling import Section, plan_sections, simulation_sections
from automation.insight.rule_tests.suite import Suite
from automation.insight.simulation.simulate import simulate
from automation.insight.why import why
from automation.rules.project import Project
from automation.store.identities import holders

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from automation.settings import Settings
    from automation.store.database import Database

RULE = "win_back"
ASKED, MEMBER = "birthday_coupon", ("member_no", "M0001")
EDITED = "what-if.yaml"
PAST = timedelta(days=30)
AHEAD = Duration(14, "d")


def edit(settings: Settings) -> Project:
    """The project with the win-back after 60 days instead of 90, in a file beside the rules."""
    text = settings.path("rules.yaml").read_text(encoding="utf-8")
    settings.path(EDITED).write_text(text.replace("for: 90d", "for: 60d"), encoding="utf-8")
    return Project.load(settings.model_copy(update={"rules": (EDITED,)}))


def tested(project: Project) -> tuple[int, int, float]:
    """How many of the rules' own tests pass, of how many, and how many milliseconds one takes."""
    report = Suite.of(project).run(project)
    passed = sum(result.passed for result in report.results)
    return passed, len(report.results), 1000 * sum(r.seconds for r in report.results) / max(len(report.results), 1)


def simulated(database: Database, project: Project, edited: Project, now: datetime) -> Iterator[str]:
    """The last month with the edit, and beside it without."""
    found, other = (simulate(database, rules, now - PAST, now, rule=RULE) for rules in (edited, project))
    yield from _lines(simulation_sections(found, other))


def planned(database: Database, edited: Project, now: datetime) -> Iterator[str]:
    """The next fortnight with the edit: its heading, what changes, and the rule that does."""
    found = plan(database, edited, now, AHEAD)
    only = replace(found, rules={RULE: found.rules[RULE]}, overlaps=found.overlaps[:3])
    yield from _lines(plan_sections(only))


def reason(database: Database, project: Project, now: datetime) -> str:
    """Why a member got no birthday coupon."""
    with database.read() as conn:
        contact = holders(conn, [MEMBER])[MEMBER]
    return why(database, project, ASKED, contact, now).conclusion


def _lines(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield section.title
        yield from (f"    {line}" for line in section.lines)
