"""Publishing: exactly the plan that was shown, by somebody, for a reason; approved by another person if it is large."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from automation.calendars.duration import Duration
from automation.clock import to_ms
from automation.contacts.share import shown_share
from automation.errors import AutomationError
from automation.i18n import Text, lookup
from automation.insight.planning.hashing import what_moved
from automation.insight.planning.plan import plan as forecast
from automation.rules.files import ProjectFiles
from automation.rules.project import Project
from automation.rules.published import as_canary, publication_of, running_in, running_rows
from automation.store.publications import NewPublication, add_publication, approve_plan, approvers, lock_publications

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automation.problems import Problem
    from automation.settings import Settings
    from automation.store.database import Database
    from automation.store.publications import Kind
    from automation.store.types import AnyRow

HORIZON = Duration(14, "d")
_LONGEST_NAME = 80


class Plan(Protocol):
    """What would happen. `hash` stands for all of it: files, what runs now, and what was counted."""

    @property
    def hash(self) -> str: ...

    @property
    def reach(self) -> int:
        """How many people would enter new or changed rules."""
        ...

    @property
    def unforeseen(self) -> Sequence[str]:
        """Rules among these that show nobody: an event that never came yet, a date beyond the horizon."""
        ...

    def as_dict(self) -> Mapping[str, Any]: ...


Planner = Callable[["Database", "Project", "datetime", Duration], Plan]
PLANNER: Planner = forecast
"""What publishing asks for its plan."""


class RefusedError(AutomationError):
    """The files have errors: nothing is published. `problems` are all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("publishing.errors", count=len(problems))
        self.problems = problems


@dataclass(frozen=True)
class Wish:
    """What somebody wants to run. `plan_hash`: the plan they saw; `restores`: the publication it is, in a rollback.

    `canary`: for such a share of the contacts, in 1/10,000; `promotes`: the canary that is to run for everybody.
    """

    project: Project
    author: str
    reason: str
    plan_hash: str | None = None
    restores: int | None = None
    canary: int | None = None
    promotes: int | None = None
    horizon: Duration = HORIZON


@dataclass(frozen=True)
class Published:
    """`id` of the publication, and the plan that it carries out.

    `of` is what ran for everybody until now, `ended` the canary that this takes back.
    """

    id: int
    plan: Plan
    of: int | None = None
    ended: int | None = None


def publish(
    database: Database, wish: Wish, now: datetime, planner: Planner | None = None, and_then: Callable[[], object] = int
) -> Published:
    """Publish it, or say why not: RefusedError for its mistakes, AutomationError for all else.

    `and_then` is the last thing before the commit: where it raises, nothing was published.
    """
    _check(wish)
    base, canary = running_rows(database)
    _check_new(wish, base, canary)
    plan = (planner or PLANNER)(database, _whole(database, wish), now, wish.horizon)
    _check_seen(wish, plan)
    if not _ends_canary(wish, base, canary):
        _check_approved(database, wish, plan)
    new = _new(wish, plan, base, now)
    with database.write() as conn:
        lock_publications(conn)
        if _ids(*running_in(conn)) != _ids(base, canary):
            raise AutomationError("publishing.moved", what=lookup("publishing.moved_running"), found=plan.hash)
        ended = canary.id if canary is not None and wish.restores is not None else None
        done = Published(add_publication(conn, new), plan, None if base is None else base.id, ended)
        and_then()
    return done


def approve(
    database: Database,
    project: Project,
    plan_hash: str,
    approver: str,
    now: datetime,
    planner: Planner | None = None,
    horizon: Duration = HORIZON,
) -> Plan:
    """Say yes to the plan that the files make now, which must be this one."""
    _check_person(approver)
    plan = (planner or PLANNER)(database, project, now, horizon)
    if plan.hash != plan_hash:
        raise AutomationError("publishing.moved", what=_moved(plan_hash, plan.hash), found=plan.hash)
    with database.write() as conn:
        if not approve_plan(conn, plan_hash, approver, to_ms(now)):
            raise AutomationError("publishing.approved_already", who=approver)
    return plan


def needs_approval(project: Project, plan: Plan) -> bool:
    """Also where nobody can tell how many it will be: that a rule reaches nobody soon doesn't make it small."""
    approval = project.settings.publishing.approval
    return approval.required and (plan.reach > approval.over or bool(plan.unforeseen))


def publishable(settings: Settings) -> Project:
    """The folder's project, exactly as it would come back from the database."""
    return Project.load(settings, ProjectFiles.read(settings).storable())


# ---------------------------------------------------------------- what must hold


def _check(wish: Wish) -> None:
    errors = [problem for problem in wish.project.problems if problem.severity == "error"]
    if errors:
        raise RefusedError(errors)
    if not wish.reason.strip():
        raise AutomationError("publishing.no_reason")
    _check_person(wish.author)


def _check_person(name: str) -> None:
    """Two names that would be kept as one must not count as two people."""
    if not name or name != name.strip() or len(name) > _LONGEST_NAME:
        raise AutomationError("publishing.bad_name", found=name, longest=_LONGEST_NAME)


def _check_new(wish: Wish, base: AnyRow | None, canary: AnyRow | None) -> None:
    """The same files again are only taken to say who wanted what was taken over, or to end a canary."""
    if wish.canary is None and canary is not None and wish.restores is None and wish.promotes is None:
        share = shown_share(canary.canary_share)
        raise AutomationError("canary.runs", publication=canary.id, share=share)
    if wish.promotes is not None and (canary is None or canary.id != wish.promotes):
        raise AutomationError("canary.none")
    files = wish.project.files.hash
    if canary is not None and (canary.files_hash, canary.canary_share) == (files, wish.canary):
        raise AutomationError("publishing.nothing_new", publication=canary.id)
    ends = _ends_canary(wish, base, canary)
    if base is not None and base.files_hash == files and base.kind != "reload" and not ends:
        raise AutomationError("publishing.nothing_new", publication=base.id)


def _ends_canary(wish: Wish, base: AnyRow | None, canary: AnyRow | None) -> bool:
    """Back to what the others run: that needs no other person, for it was approved when it was published."""
    back = base is not None and wish.restores == base.id and wish.project.files.hash == base.files_hash
    return back and canary is not None


def _whole(database: Database, wish: Wish) -> Project:
    """What would run, with what the others go on with."""
    if wish.canary is None:
        return wish.project
    return as_canary(wish.project.settings, database, wish.project, wish.canary)


def _ids(*rows: AnyRow | None) -> tuple[int | None, ...]:
    return tuple(None if row is None else row.id for row in rows)


def _check_seen(wish: Wish, plan: Plan) -> None:
    if wish.plan_hash is not None and wish.plan_hash != plan.hash:
        raise AutomationError("publishing.moved", what=_moved(wish.plan_hash, plan.hash), found=plan.hash)


def _moved(seen: str, now: str) -> Text:
    """Whether it was the files, what runs, or the people."""
    found = [lookup(f"publishing.moved_{part}") for part in what_moved(seen, now) or ("unknown",)]
    return Text("；".join(text.zh for text in found), "; ".join(text.en for text in found))


def _check_approved(database: Database, wish: Wish, plan: Plan) -> None:
    if not needs_approval(wish.project, plan):
        return
    with database.read() as conn:
        others = [who for who in approvers(conn, plan.hash) if who != wish.author]
    if not others:
        over = wish.project.settings.publishing.approval.over
        if plan.reach <= over:
            rules, command = ", ".join(plan.unforeseen), _command(wish, plan)
            raise AutomationError("publishing.unforeseen", rules=rules, author=wish.author, command=command)
        params = {"reach": plan.reach, "over": over, "author": wish.author, "command": _command(wish, plan)}
        raise AutomationError("publishing.not_approved", **params)


def _command(wish: Wish, plan: Plan) -> str:
    """What the other person types."""
    of = "" if wish.restores is None else f" --rollback {wish.restores}"
    of += "" if wish.canary is None else f" --canary {shown_share(wish.canary)}"
    of += "" if wish.promotes is None else " --promote"
    return f"automation approve-plan {plan.hash}{of}"


def _new(wish: Wish, plan: Plan, base: AnyRow | None, now: datetime) -> NewPublication:
    kinds: dict[Kind, int | None] = {"rollback": wish.restores, "canary": wish.canary, "promote": wish.promotes}
    kind: Kind = next((kind for kind, asked in kinds.items() if asked is not None), "publish")
    new = publication_of(wish.project, to_ms(now), wish.author, wish.reason, kind)
    new = replace(new, plan_hash=plan.hash, plan=plan.as_dict(), restores=wish.restores or wish.promotes)
    if wish.canary is None or base is None:
        return new
    return replace(new, canary_share=wish.canary, canary_of=base.id)
