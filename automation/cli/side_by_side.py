"""The numbers of a canary beside those of the others, as an operator reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import typer

from automation.cli.context import project_zone
from automation.cli.output import emit_table, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.canary import CanaryReport, Compared, Difference, Side
    from automation.settings import Settings
    from automation.store.database import Database

_COLUMNS = ("figure", "canary", "others", "difference")
_COUNTED = ("skipped.", "held.", "failed."), ("exited.", "stopped")


def canary_report(settings: Settings, database: Database) -> CanaryReport:
    from automation.errors import AutomationError
    from automation.insight.canary import read_canary
    from automation.rules.published import newest_project

    project = newest_project(settings, database)
    report = None if project is None else read_canary(database, project)
    if report is None:
        raise AutomationError("canary.none")
    return report


def print_canary(report: CanaryReport) -> None:
    from automation.contacts.share import shown_share

    since, share = f"{report.since.astimezone(project_zone()):%Y-%m-%d %H:%M}", shown_share(report.below)
    typer.echo(say("canary.title", publication=report.publication, share=share, since=since, of=report.of))
    for rule in report.rules:
        typer.echo("\n" + visible(f"{rule.rule}  {rule.name}"))
        emit_table(_COLUMNS, _figures(rule))
    typer.echo("\n" + say("canary.how_to_end"))


def _figures(rule: Compared) -> Iterator[dict[str, str]]:
    new, old = rule.new, rule.old
    if new is None or old is None:
        yield _row(say("canary.only_old" if new is None else "canary.only_new"), "", "")
    yield from _counts(new, old, "people", "contacts")
    yield from _counts(new, old, "entered", "entered")
    for prefixes in _COUNTED:
        yield from _reasons(new, old, prefixes)
    yield from _counts(new, old, "accepted", "sent")
    yield from _counts(new, old, "failed", "failed")
    if any(side is not None and side.cost for side in (new, old)):
        yield _row(say("canary.cost"), *(_cost(side) for side in (new, old)))
    for batch in _keys(side.coupons for side in (new, old) if side is not None):
        yield _row(
            say("canary.coupons", batch=batch), *(_number(side, side and side.coupons[batch]) for side in (new, old))
        )
    yield from _counts(new, old, "goals", "goals")
    for name, rate in rule.rates():
        yield _row(say(f"canary.{name}"), f"{rate.new:.1%}", f"{rate.old:.1%}", _difference(rate))


def _counts(new: Side | None, old: Side | None, key: str, name: str) -> Iterator[dict[str, str]]:
    shown = [_number(side, getattr(side, name, None)) for side in (new, old)]
    yield _row(say(f"canary.{key}"), *shown)


def _reasons(new: Side | None, old: Side | None, prefixes: tuple[str, ...]) -> Iterator[dict[str, str]]:
    from automation.insight.canary import reasons

    found = [{} if side is None else reasons(side, prefixes) for side in (new, old)]
    for reason in _keys(found):
        counts = [_number(side, counts.get(reason, 0)) for side, counts in zip((new, old), found, strict=True)]
        yield _row(reason.sentence(), *counts)


def _row(figure: str, canary: str, others: str, difference: str = "") -> dict[str, str]:
    return {"figure": figure, "canary": canary, "others": others, "difference": difference}


def _number(side: Side | None, count: Any) -> str:
    return "–" if side is None else f"{count or 0:,}"


def _cost(side: Side | None) -> str:
    from automation.insight.rehearsal.outlook import UNITS

    return "–" if side is None else f"{side.cost / UNITS:,.2f}"


def _difference(rate: Difference) -> str:
    return f"{rate.new - rate.old:+.1%} ({rate.low:+.1%} … {rate.high:+.1%})"


def _keys(counts: Iterable[Any]) -> list[Any]:
    return sorted({key for each in counts for key in each})
