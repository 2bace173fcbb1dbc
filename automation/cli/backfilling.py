"""`automation backfill`: a rule meets what happened before it ran, after showing who would enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import open_engine, open_running
from automation.cli.naming import SINCE_HELP, moment_before
from automation.cli.output import View, ViewOption, emit_value, local_time, progress
from automation.i18n import say

if TYPE_CHECKING:
    from automation.engine.backfill.backfill import Backfilled
    from automation.rules.project import Project


def register(app: typer.Typer) -> None:
    app.command("backfill", help="Enter who would have entered a rule since a moment 补入")(backfill)


def backfill(
    rule: Annotated[str, typer.Argument(help="Rule id 规则")],
    since: Annotated[str, typer.Option("--since", help=SINCE_HELP)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the plan 只试算")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it after planning 试算后执行")] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who does it, for the audit 操作人，记入审计")] = None,
    format_: ViewOption = View.text,
) -> None:
    """Events since then, or firings of the clock, meet the rule as it is now. A second run changes nothing."""
    from automation.insight.backfilling import backfill as really
    from automation.insight.backfilling import check_size
    from automation.settings import author

    project, plan = _plan(rule, since)
    if format_ is View.text:
        _print(plan, planned=True)
    elif dry_run or not yes:
        emit_value({"plan": plan.as_dict()})
    check_size(project, plan)
    if dry_run or not yes:
        if format_ is View.text and not dry_run:
            typer.echo(say("backfill.to_do_it"))
        return
    with open_engine() as engine, progress(say("backfill.working")) as advance:
        done = really(engine, plan, by or author(), advance)
    if format_ is View.text:
        typer.echo()
        _print(done, planned=False)
    else:
        emit_value({"plan": plan.as_dict(), "done": done.as_dict()})


def _plan(rule: str, since: str) -> tuple[Project, Backfilled]:
    from automation.clock import SystemClock, from_ms
    from automation.insight.backfilling import plan_backfill

    project, database = open_running()
    try:
        with progress(say("backfill.planning")) as advance:
            moment = from_ms(moment_before(since))
            return project, plan_backfill(database, project, rule, moment, SystemClock().now(), advance)
    finally:
        database.close()


def _print(made: Backfilled, *, planned: bool) -> None:
    from automation.clock import to_ms
    from automation.reasons import Reason

    key = "backfill.plan" if planned else "backfill.done"
    typer.echo(say(key, rule=made.rule, since=local_time(to_ms(made.since))))
    rows = [
        (say("backfill.events" if made.by_event else "backfill.firings"), made.looked_at),
        *((say(f"backfill.unused_{reason}"), count) for reason, count in sorted(made.unused.items())),
        (say("backfill.people"), made.people),
        (say("backfill.would_enter" if planned else "backfill.entered"), made.entered),
        *((say(f"backfill.{name}"), getattr(made, name)) for name in ("pending", "held", "unfinished")),
        *(
            (say("backfill.known") if reason == "known" else Reason(reason).sentence(), count)
            for reason, count in sorted(made.skipped.items())
        ),
    ]
    for number, (title, count) in enumerate(rows):
        if count or number == 0 or title in (say("backfill.would_enter"), say("backfill.entered")):
            typer.echo(f"  {count:>8}  {title}")
