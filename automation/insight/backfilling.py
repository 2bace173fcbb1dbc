"""What a backfill would do: the backfill itself, done on a scratch copy of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.engine.backfill.backfill import Backfill, Backfilled, BackfillError
from automation.engine.versions import Versions
from automation.insight.rehearsal.rehearsal import Rehearsal, Scratch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automation.engine.engine import Engine
    from automation.rules.project import Project
    from automation.store.database import Database

ACTOR = "plan"


def plan_backfill(
    database: Database,
    project: Project,
    rule: str,
    since: datetime,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> Backfilled:
    """What `backfill` would do now; `database` is only read. BackfillError when the rule can't be backfilled."""
    with Scratch(database, with_log=True) as scratch:
        rehearsal = Rehearsal(scratch.database, project, now)
        try:
            return _made(rehearsal.engine, rule, since, ACTOR, progress)
        finally:
            rehearsal.close()


def backfill(
    engine: Engine,
    plan: Backfilled,
    actor: str,
    progress: Callable[[int], None] | None = None,
) -> Backfilled:
    """Do what was planned. BackfillError when events would let in more people than the rule may reach at once."""
    check_size(engine.project, plan)
    return _made(engine, plan.rule, plan.since, actor, progress)


def check_size(project: Project, plan: Backfilled) -> None:
    """Of a clock rule each firing is weighed by itself, and waits for approval; events have nobody who would wait."""
    spec = next((spec for spec in project.checked.rules if spec.id == plan.rule), None)
    limit = spec.max_audience if spec is not None else None
    if plan.by_event and limit is not None and plan.entered + plan.pending > limit:
        count = plan.entered + plan.pending
        raise BackfillError("backfill.too_many_people", rule=plan.rule, count=count, limit=limit)


def _made(engine: Engine, rule: str, since: datetime, actor: str, progress: Callable[[int], None] | None) -> Backfilled:
    work = Backfill(engine.database, engine.clock, engine.book, Versions(engine.book))
    return work(rule, since, actor, progress)
