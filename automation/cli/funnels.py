"""`automation funnel`: a rule's people from the audience to the goal, as bars, JSON or CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from automation.cli.context import open_running
from automation.cli.naming import SINCE_HELP, moment_before
from automation.cli.output import BomOption, Format, emit_table, emit_value, iso_time, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.funnel import Funnel, Level

WIDTH = 24
"""A full bar, in characters."""
_COLUMNS = ("part", "path", "depth", "what", "code", "people")


class FunnelFormat(StrEnum):
    """How a funnel is shown."""

    text = "text"
    json = "json"
    csv = "csv"


def funnel(
    rule: Annotated[str, typer.Argument(help="Rule id 规则")],
    since: Annotated[str | None, typer.Option(help=SINCE_HELP)] = None,
    until: Annotated[str | None, typer.Option(help="The same, for those who came before 到何时止")] = None,
    format_: Annotated[FunnelFormat, typer.Option("--format", help="text | json | csv")] = FunnelFormat.text,
    bom: BomOption = False,
) -> None:
    """Those who came in a span of time, as far as they have got now."""
    from automation.insight.funnel import read_funnel

    project, database = open_running()
    bounds = [moment_before(text) if text else None for text in (since, until)]
    found = read_funnel(database, project, rule, *bounds)
    database.close()
    if format_ is FunnelFormat.json:
        times = {name: iso_time(getattr(found, name)) for name in ("since", "until")}
        emit_value(found.as_dict() | times)
    elif format_ is FunnelFormat.csv:
        emit_table(_COLUMNS, list(_rows(found)), Format.csv, bom=bom)
    else:
        for line in _lines(found):
            typer.echo(visible(line).rstrip())


# ---------------------------------------------------------------- text


def _lines(funnel: Funnel) -> Iterator[str]:
    yield f"{funnel.rule}  {funnel.name}" if funnel.name != funnel.rule else funnel.rule
    most = max(funnel.looked_at, 1)
    yield _bar(funnel.looked_at, most, say("funnel.looked_at"))
    yield from _drops(funnel.skipped, 1)
    yield from _drops(funnel.undecided, 1, "undecided")
    yield _bar(funnel.entered, most, say("funnel.entered"))
    yield from _drops(funnel.before.left, 1)
    yield from _drops(funnel.before.inside, 1, "inside")
    for level in funnel.levels:
        yield from _level_lines(level, most)
    yield _bar(sum(funnel.done.values()), most, say("funnel.completed"))
    if funnel.met is not None:
        yield _bar(funnel.met, most, say("funnel.goal"))
    for part, counts in (("left", funnel.left), ("inside", funnel.inside)):
        if counts:
            yield _bar(sum(counts.values()), most, say(f"funnel.{part}"))
            yield from _drops(counts, 1, part)


def _level_lines(level: Level, most: int) -> Iterator[str]:
    label = f"{'  ' * level.depth}{'→ ' if level.way else ''}{level.label}"
    yield _bar(level.reached, most, "  ".join(filter(None, [label, "" if level.way else level.place])))
    told = {code: count for code, count in level.seen.items() if code not in level.inside and _tells(code)}
    yield from _drops(told, level.depth + 1, sign="·")
    yield from _drops(level.left, level.depth + 1)
    yield from _drops(level.inside, level.depth + 1, "inside")


def _tells(code: str) -> bool:
    """What happened at a step that its bar does not show already."""
    return code.startswith(("skipped.", "failed.", "held.", "message.", "waiting.event")) and code != "failed.step"


def _bar(people: int, most: int, label: str) -> str:
    eighths = round(people / most * WIDTH * 8)
    full, rest = divmod(max(eighths, 1 if people else 0), 8)
    bar = "█" * full + " ▏▎▍▌▋▊▉"[rest].strip()
    return f"{people:>10,}  {bar:<{WIDTH}}  {label}"


def _drops(counts: Mapping[str, int], depth: int, part: str = "left", sign: str = "−") -> Iterator[str]:
    mark = "…" if part in ("inside", "undecided") else sign
    for code, count in counts.items():
        yield f"{'':>10}  {'':<{WIDTH}}  {'  ' * depth}{mark} {count:,}  {_told(part, code)}"


def _told(part: str, code: str) -> str:
    """A reason's sentence, or the word for a state."""
    from automation.reasons import Reason

    if code in Reason.__members__.values():
        return Reason(code).sentence()
    try:
        return say(f"funnel.{part}_{code}")
    except LookupError:
        return code


# ---------------------------------------------------------------- CSV


def _rows(funnel: Funnel) -> Iterator[dict[str, Any]]:
    """One row a number: `code` is empty for a bar, and a reason for what falls off it."""
    yield _row("audience", "", 0, say("funnel.looked_at"), "", funnel.looked_at)
    yield from _parts("audience", {"skipped": funnel.skipped, "undecided": funnel.undecided})
    yield _row("entry", "", 0, say("funnel.entered"), "", funnel.entered)
    yield from _parts("entry", {"left": funnel.before.left, "inside": funnel.before.inside})
    for level in funnel.levels:
        yield _row("step", level.path, level.depth, level.label, level.way, level.reached)
        yield from _parts("step", {"seen": level.seen, "left": level.left, "inside": level.inside}, level)
    yield _row("end", "", 0, say("funnel.completed"), "", sum(funnel.done.values()))
    yield from _parts("end", {"done": funnel.done, "left": funnel.left, "inside": funnel.inside})
    if funnel.met is not None:
        yield _row("goal", "", 0, say("funnel.goal"), "", funnel.met)


def _parts(part: str, counts: Mapping[str, Mapping[str, int]], level: Level | None = None) -> Iterator[dict[str, Any]]:
    path, depth = (level.path, level.depth + 1) if level is not None else ("", 1)
    for what, each in counts.items():
        for code, people in each.items():
            yield _row(part, path, depth, what, code, people)


def _row(part: str, path: str, depth: int, what: str, code: str, people: int) -> dict[str, Any]:
    return {"part": part, "path": path, "depth": depth, "what": what, "code": code, "people": people}
