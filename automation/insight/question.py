"""What `why` is asked: one rule as it is or was, one person, one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.catalogue.nearest import offer
from automation.contacts.names import ContactError
from automation.engine.book import load_rule
from automation.errors import AutomationError
from automation.i18n import say
from automation.insight.account import Line
from automation.insight.as_of import Moment
from automation.insight.subject import MAX_RUNS
from automation.rules.canary import Part, variants
from automation.rules.checker import respec
from automation.store.contacts import merged_ids, survivors
from automation.store.rules import list_rules, load_version
from automation.store.why import published_then, rule_row, runs_then, version_then

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.rules.canary import Canary
    from automation.rules.checker import BrokenRule
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.types import AnyRow


@dataclass(frozen=True)
class Question:
    """`spec` is None where the files have no such rule that could run; `known` where the database has none.

    `then` is the version that ran at a moment in the past, where it is another than the files have. `project` is the
    canary's for a contact who belongs to one; `canary` is there where the rule has two versions.
    """

    conn: Connection
    project: Project
    people: tuple[int, ...]
    moment: Moment
    spec: RuleSpec | None
    broken: BrokenRule | None
    known: AnyRow | None
    then: AnyRow | None
    runs: Sequence[AnyRow]
    written: str | None  # the version that the files have
    canary: Canary | None = None

    @property
    def zone(self) -> ZoneInfo:
        return self.spec.zone if self.spec is not None else ZoneInfo(self.project.settings.timezone)

    def version_lines(self, spec: RuleSpec) -> list[Line]:
        """Which version the account of a past moment is about."""
        if self.then is None:
            return [Line("rule", False, say("why.not_yet_published"), "", spec.path, 1)]
        if self.then.version == self.written:
            return [Line("rule", None, say("why.ran_then"), spec.version, spec.path, 1)]
        seen = f"{self.then.version} → {self.written or '–'}"
        return [Line("rule", None, say("why.ran_otherwise"), seen, spec.path, 1)]


def ask_about(conn: Connection, project: Project, key: str, contact_id: int, moment: Moment) -> Question:
    """AutomationError for a rule that nobody knows, ContactError for such a contact."""
    people, divided, canary = _people(conn, contact_id), variants(project), project.canary
    project = project.met_by(people[0])
    theirs = canary is not None and canary.project is project
    spec = next((spec for spec in project.checked.rules if spec.id == key), None)
    if theirs:
        spec = divided.get(key) or spec
    broken = next((rule for rule in project.checked.broken if rule.id == key), None)
    known, written = rule_row(conn, key, canary=theirs), spec.version if spec is not None else None
    if known is None and spec is None and broken is None:
        raise _unknown(conn, project, key)
    then = _ran_then(conn, known.id, key, people[0], moment) if known is not None and moment.past else None
    if then is not None and (spec is None or then.version != spec.version):
        spec = _as_it_was(project, then) or spec
    runs = runs_then(conn, known.id, people, moment.bound, MAX_RUNS) if known is not None else []
    about = canary if key in divided else None
    return Question(conn, project, people, moment, spec, broken, known, then, runs, written, about)


def _ran_then(conn: Connection, rule_id: int, key: str, contact_id: int, moment: Moment) -> AnyRow | None:
    """The version that a contact met at a moment, or the newest by then where no publication was kept."""
    base, canary = published_then(conn, moment.ms)
    theirs = canary is not None and Part(canary.canary_of_id, canary.canary_share, canary=True).holds(contact_id)
    ran = canary if theirs else base
    return version_then(conn, rule_id, None if ran is None else ran.rules.get(key), moment.ms)


def loaded_version(question: Question, run: AnyRow) -> LoadedRule | None:
    """The version that a run is on; None when it can't be used any more."""
    row = load_version(question.conn, run.rule_version_id)
    if row is None:
        return None
    spec, project = question.spec, question.project
    if spec is None or row.version != spec.version:
        spec = _as_it_was(project, row)
    return None if spec is None else load_rule(spec, row.rule_id, run.rule_version_id, project)


def rule_of_version(conn: Connection, project: Project, version_id: int) -> LoadedRule | None:
    """A stored version; None when it can't be used any more."""
    row = load_version(conn, version_id)
    spec = _as_it_was(project, row) if row is not None else None
    return None if row is None or spec is None else load_rule(spec, row.rule_id, version_id, project)


def _as_it_was(project: Project, row: AnyRow) -> RuleSpec | None:
    """A stored version; None when the project no longer has what it names."""
    try:
        return respec(row.content, project.env)
    except (AutomationError, LookupError):
        return None


def _people(conn: Connection, contact_id: int) -> tuple[int, ...]:
    """The contact as it is today, and those that were merged into it: older rows name those."""
    today = survivors(conn, [contact_id]).get(contact_id)
    if today is None:
        raise ContactError("contacts.unknown_id", id=contact_id)
    return (today, *merged_ids(conn, today))


def _unknown(conn: Connection, project: Project, key: str) -> AutomationError:
    known = sorted({spec.id for spec in project.checked.rules} | {row.key for row in list_rules(conn)})
    return AutomationError("insight.no_rule", **offer(key, known), known=", ".join(known) or "–")
