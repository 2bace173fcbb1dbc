"""`automation publish`, `approve-plan` and `rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import open_database, open_settings, project_zone
from automation.cli.output import View, ViewOption, emit_value, visible
from automation.cli.side_by_side import canary_report, print_canary
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from automation.insight.publishing import Plan, Published, Wish
    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.store.database import Database

Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit 原因，记入审计")]
Author = Annotated[str | None, typer.Option("--author", help="Who; default: AUTOMATION_AUTHOR or the user 作者")]
Share = Annotated[str | None, typer.Option("--canary", help="For a share of the contacts, like 5% 灰度比例")]
PlanHash = Annotated[str | None, typer.Option("--plan", help="The plan you saw; refused when it moved 看过的方案")]


def register(app: typer.Typer) -> None:
    app.command("publish", help="Let the edited files run 发布")(publish)
    app.command("approve-plan", help="Say yes to somebody else's plan 批准他人的方案")(approve_plan)
    app.command("rollback", help="Let an earlier publication run again 回退")(rollback)


def publish(
    reason: Reason,
    plan: PlanHash = None,
    author: Author = None,
    canary: Share = None,
    format_: ViewOption = View.text,
) -> None:
    """Checks the files, plans, and publishes exactly that plan. Exit code 1 when it is refused."""
    from automation.insight.publishing import Wish, publishable
    from automation.settings import author as this_user

    settings, share = open_settings(), chosen_share(canary)
    database = open_database(settings)
    try:
        wish = Wish(publishable(settings), author or this_user(), reason, plan, canary=share)
        carry_out(settings, database, wish, format_)
    finally:
        database.close()


def approve_plan(
    plan: Annotated[str, typer.Argument(metavar="HASH", help="As publish or plan shows it 方案的哈希")],
    by: Annotated[str | None, typer.Option("--by", help="Who approves; default: the user 批准人")] = None,
    rollback: Annotated[int | None, typer.Option("--rollback", help="The plan of a rollback to V 回退的方案")] = None,
    canary: Share = None,
    promote: Annotated[bool, typer.Option("--promote", help="The plan of the canary for all 灰度转全量的方案")] = False,
) -> None:
    """Plans again from the same files: only the plan that is asked about can be approved."""
    from automation.insight.publishing import approve, publishable
    from automation.rules.published import as_canary, canary_project, published_project
    from automation.settings import author as this_user

    settings, share = open_settings(), chosen_share(canary)
    database = open_database(settings)
    try:
        who = by or this_user()
        if promote:
            project = canary_project(settings, database)
        elif rollback is not None:
            project = published_project(settings, database, rollback)
        else:
            files = publishable(settings)
            project = files if share is None else as_canary(settings, database, files, share)
        _print_plan(approve(database, project, plan, who, _now()))
    finally:
        database.close()
    typer.echo(say("publishing.approved", who=who, hash=plan))


def rollback(
    reason: Reason,
    version: Annotated[
        int | None, typer.Argument(metavar="V", help="The publication; default: a canary ends 发布编号，默认撤回灰度")
    ] = None,
    plan: PlanHash = None,
    author: Author = None,
    write_files: Annotated[
        bool, typer.Option("--write-files", help="Write its files into the folder, keep a backup 写回目录")
    ] = False,
    format_: ViewOption = View.text,
) -> None:
    """A publication like any other: checked, planned, approved if need be, and audited."""
    from automation.insight.publishing import Wish
    from automation.rules.published import published_project
    from automation.settings import author as this_user

    settings = open_settings()
    database = open_database(settings)
    try:
        if version is None:
            version = _others(database)
            if format_ is View.text:
                print_canary(canary_report(settings, database))
        project = published_project(settings, database, version)
        wish = Wish(project, author or this_user(), reason, plan, restores=version)
        if settings.publishing.mode == "files" or write_files:
            write = _writing(settings, project, version, really=write_files)
        else:
            write = int
        carry_out(settings, database, wish, format_, write)
    finally:
        database.close()


# ---------------------------------------------------------------- publishing


def carry_out(
    settings: Settings, database: Database, wish: Wish, format_: View, and_then: Callable[[], object] = int
) -> None:
    """Publish what is wished, and tell what came of it."""
    from automation.insight.publishing import RefusedError, publish

    try:
        done = publish(database, wish, _now(), and_then=and_then)
    except RefusedError as refused:
        for problem in refused.problems:
            typer.echo(problem.shown(), err=True)
        raise
    _tell(settings, done, wish, format_)


def chosen_share(text: str | None) -> int | None:
    """`5%` in 1/10,000. AutomationError for what is no share, nobody or everybody."""
    from automation.contacts.share import WHOLE, read_share
    from automation.errors import AutomationError

    share = None if text is None else read_share(text)
    if text is not None and (share is None or not 0 < share < WHOLE):
        raise AutomationError("canary.bad_share", found=text)
    return share


def _others(database: Database) -> int:
    """What all but the canary's people run. AutomationError when no canary runs: then nobody knows what is meant."""
    from automation.errors import AutomationError
    from automation.rules.published import running_rows

    base, canary = running_rows(database)
    if base is None or canary is None:
        raise AutomationError("canary.no_version")
    return int(base.id)


def _tell(settings: Settings, done: Published, wish: Wish, format_: View) -> None:
    if format_ is View.json:
        about = {"publication": done.id, "author": wish.author, "reason": wish.reason, "restores": wish.restores}
        canary = {"canary": wish.canary, "promotes": wish.promotes}
        emit_value({**about, **canary, "plan": done.plan.as_dict()})
        return
    _print_plan(done.plan)
    typer.echo(_done(done, wish))
    explicit = settings.publishing.mode == "explicit"
    after = "takes_effect" if explicit else "files_decide"
    typer.echo(say(f"publishing.{after}", seconds=f"{settings.daemon.reload_seconds:g}"))


def _done(done: Published, wish: Wish) -> str:
    from automation.contacts.share import shown_share

    if wish.canary is not None:
        return say("canary.published", id=done.id, share=shown_share(wish.canary), of=done.of, author=wish.author)
    if wish.promotes is not None:
        return say("canary.promoted", id=done.id, of=wish.promotes, author=wish.author)
    if done.ended is not None:
        return say("canary.rolled_back", id=done.id, of=done.ended, base=wish.restores, author=wish.author)
    key = "published" if wish.restores is None else "rolled_back"
    return say(f"publishing.{key}", id=done.id, of=wish.restores, author=wish.author)


def _print_plan(plan: Plan) -> None:
    found = plan.as_dict()
    typer.echo(say("publishing.plan_is", hash=plan.hash))
    for change in found.get("changes", ()):
        typer.echo(f"  {visible(change['sentence'])}")
        for key in change["keys"]:
            typer.echo(f"    {visible(key['sentence'])}")
    typer.echo(say("publishing.reach", reach=plan.reach))


def _writing(settings: Settings, project: Project, version: int, *, really: bool) -> Callable[[], object]:
    """Where the files decide, a rollback is written into them; without `really`, that is only said."""
    from automation.errors import AutomationError
    from automation.insight.restoring import check_layout, write_back
    from automation.rules.files import ProjectFiles

    now_files = ProjectFiles.read(settings)
    check_layout(version, now_files, project.files)
    if not really:
        raise AutomationError("publishing.rollback_by_files", id=version, count=len(project.files.texts))

    def write() -> None:
        backup = f"backup/{_now().astimezone(project_zone()):%Y%m%d-%H%M%S}"
        written = write_back(settings, now_files, project.files, backup)
        if written.count:
            typer.echo(say("publishing.written", count=written.count, backup=written.backup), err=True)

    return write


def _now() -> datetime:
    from automation.clock import SystemClock

    return SystemClock().now()
