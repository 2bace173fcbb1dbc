"""`automation runs`: one person by hand: out of a rule, into it, or over what they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import open_engine
from automation.cli.control import ACTOR, Actor, Reason
from automation.cli.naming import CONTACT_HELP, check_rule, contact_ids_of
from automation.i18n import say

if TYPE_CHECKING:
    from automation.engine.journey.manual import Because, RunsByHand

app = typer.Typer(help="One person in a rule, by hand 手工处理一个人的流程", no_args_is_help=True)
_Contact = Annotated[str, typer.Argument(help=CONTACT_HELP)]
_Rule = Annotated[str, typer.Argument(help="Rule id 规则")]
_Run = Annotated[int | None, typer.Option("--run", help="Only this run, as the log shows it 只限此流程")]


@app.command("exit", help="Let the person leave a rule 让此人退出规则")
def exit_(contact: _Contact, rule: _Rule, run: _Run = None, reason: Reason = None, by: Actor = ACTOR) -> None:
    """All the person's runs of the rule end now, those in its queue too; what is queued to be sent is dropped."""
    with _hand(contact, rule, reason, by) as (hand, people, because):
        count = len(hand.exit(people, rule, because, run))
    typer.echo(say("runs.exited", contact=contact, rule=rule, count=count))


@app.command("enter", help="Let the person into a rule 让此人进入规则")
def enter(contact: _Contact, rule: _Rule, reason: Reason = None, by: Actor = ACTOR) -> None:
    """The guards at entry are asked as for everybody; exit code 1 when one of them says no."""
    from automation.reasons import Reason as Code

    with _hand(contact, rule, reason, by) as (hand, people, because):
        entry = hand.enter(people, rule, because)
    told = Code(str(entry.code)).sentence()
    if entry.run_id is None:
        typer.echo(say("runs.not_entered", contact=contact, rule=rule, told=told), err=True)
        raise typer.Exit(1)
    typer.echo(say("runs.entered", contact=contact, rule=rule, run=entry.run_id, told=told))


@app.command("skip", help="Over the wait, or the message put off, where the person stands 跳过当前等待")
def skip(contact: _Contact, rule: _Rule, run: _Run = None, reason: Reason = None, by: Actor = ACTOR) -> None:
    """They go on at once. A wait for an event takes the branch of the time-out; a message put off is not sent."""
    with _hand(contact, rule, reason, by) as (hand, people, because):
        step = hand.skip(people, rule, because, run)
    typer.echo(say("runs.skipped", contact=contact, rule=rule, step=step))


@contextmanager
def _hand(contact: str, rule: str, reason: str | None, by: str) -> Iterator[tuple[RunsByHand, list[int], Because]]:
    from automation.engine.journey.manual import Because

    with open_engine() as engine:
        with engine.database.read() as conn:
            people = contact_ids_of(conn, engine.project.catalogue, contact)
            check_rule(conn, rule)
        yield engine.runs_by_hand, people, Because(by, reason or "")
