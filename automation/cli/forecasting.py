"""`automation plan` and `automation simulate`: what rules would do, and would have done."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import load_project, open_database, open_settings, project_zone
from automation.cli.naming import SINCE_HELP, local_moment
from automation.cli.output import emit_value, progress, visible
from automation.cli.publishing import Share, chosen_share
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from automation.insight.planning.telling import Section
    from automation.rules.project import Project
    from automation.settings import Settings


class Shape(StrEnum):
    """How a plan or a simulation is shown."""

    text = "text"
    markdown = "markdown"
    json = "json"


_Rules = Annotated[Path | None, typer.Option("--rules", help="A rules file in place of the project's 另一个规则文件")]
_Shape = Annotated[Shape, typer.Option("--format", help="text | markdown | json")]


def register(app: typer.Typer) -> None:
    app.command("plan", help="What publishing the files would change 发布前推演")(plan)
    app.command("simulate", help="What rules would have done in the past 用历史模拟")(simulate)


def plan(
    rules: _Rules = None,
    canary: Share = None,
    horizon: Annotated[str, typer.Option(help="How far ahead, 1d to 90d 推演多久")] = "14d",
    format_: _Shape = Shape.text,
) -> None:
    """Lives through the time to come on a copy of the data. Nothing is written, nobody is reached."""
    from automation.calendars.duration import Duration
    from automation.clock import SystemClock
    from automation.errors import AutomationError
    from automation.insight.planning.plan import plan as make
    from automation.insight.planning.telling import plan_sections
    from automation.rules.published import as_canary

    settings = open_settings()
    ahead = Duration.parse(horizon)
    if ahead is None or ahead.unit not in ("d", "w") or not 1 <= ahead.amount * (7 if ahead.unit == "w" else 1) <= 90:
        raise AutomationError("planning.bad_horizon", found=horizon)
    project, share = _project(settings, rules), chosen_share(canary)
    database = open_database(settings)
    try:
        project = project if share is None else as_canary(settings, database, project, share)
        with progress(say("planning.working")) as advance:
            found = make(database, project, SystemClock().now().astimezone(project_zone()), ahead, advance)
    finally:
        database.close()
    if format_ is Shape.json:
        emit_value(found.as_dict())
    else:
        _print(plan_sections(found), format_)


def simulate(
    rule: Annotated[str | None, typer.Argument(help="Only this rule is shown 只看一条规则")] = None,
    begin: Annotated[str, typer.Option("--from", help=SINCE_HELP)] = "90d",
    end: Annotated[str | None, typer.Option("--to", help="Likewise; default: now 到何时止")] = None,
    rules: _Rules = None,
    compare: Annotated[Path | None, typer.Option(help="Another rules file, beside it 与另一个规则文件对比")] = None,
    format_: _Shape = Shape.text,
) -> None:
    """Replays stored events and dates on a copy of the data. Nothing is written, nobody is reached."""
    from automation.clock import SystemClock
    from automation.insight.planning.telling import simulation_sections
    from automation.insight.simulation.simulate import simulate as make

    settings = open_settings()
    zone = project_zone()
    since = local_moment(begin).astimezone(zone)
    until = (local_moment(end) if end else SystemClock().now()).astimezone(zone)
    database = open_database(settings)
    try:
        with progress(say("planning.working")) as advance:
            found = make(database, _project(settings, rules), since, until, rule=rule, progress=advance)
            files = None if compare is None else _project(settings, compare)
            other = None if files is None else make(database, files, since, until, rule=rule, progress=advance)
    finally:
        database.close()
    if format_ is Shape.json:
        emit_value(found.as_dict() | ({"compared": other.as_dict()} if other else {}))
    else:
        _print(simulation_sections(found, other), format_)


def _project(settings: Settings, rules: Path | None) -> Project:
    """The project, or the project with another file of rules. One with mistakes would show less than is meant."""
    from automation.errors import AutomationError

    chosen = settings if rules is None else settings.model_copy(update={"rules": (str(rules.resolve()),)})
    project = load_project(chosen)
    errors = [problem for problem in project.problems if problem.severity == "error"]
    for problem in errors:
        typer.echo(problem.shown(), err=True)
    if errors:
        raise AutomationError("planning.errors", count=len(errors))
    return project


def _print(sections: Iterable[Section], shape: Shape) -> None:
    from automation.insight.planning.telling import as_markdown, as_text

    text = as_markdown(sections) if shape is Shape.markdown else as_text(sections)
    for line in text.splitlines():
        typer.echo(visible(line).rstrip())
