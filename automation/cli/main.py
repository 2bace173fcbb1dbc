"""The `automation` command: global options, and the groups of commands, whose heavy imports wait until they run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from automation import __version__
from automation.cli import (
    auditing,
    backfilling,
    canaries,
    contact_merges,
    contacts,
    control,
    coupons,
    daemon,
    events,
    explaining,
    forecasting,
    linting,
    messages,
    personal,
    project,
    publishing,
    reading,
    relocation,
    report,
    rules,
    runs,
    send_test,
    suppressions,
    testing,
    versions,
)
from automation.cli.context import failing_clearly, remember

app = typer.Typer(
    name="automation",
    help="Marketing automation rules engine 营销自动化规则引擎",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"automation {__version__}")
        raise typer.Exit


@app.callback()
def options(
    folder: Annotated[
        Path | None, typer.Option("--project", "-p", help="Project folder 项目目录 (default: AUTOMATION_PROJECT or .)")
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="zh | en 输出语言")] = None,
    raw_csv: Annotated[
        bool, typer.Option("--raw-csv", help="CSV cells as they are, for machines CSV 单元格原样输出与读入")
    ] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="版本")] = False,
) -> None:
    """Marketing automation rules engine 营销自动化规则引擎"""
    remember(folder, lang, raw_csv=raw_csv)


for module in (
    project, daemon, control, events, reading, publishing, versions, canaries, report, send_test,
    backfilling, linting, explaining, testing, forecasting, relocation,
):  # fmt: skip
    module.register(app)
for name, group in (("contacts", contacts.app), ("coupons", coupons.app), ("messages", messages.app),
                    ("suppressions", suppressions.app)):  # fmt: skip
    app.add_typer(group, name=name)
app.add_typer(auditing.app, name="audit")
app.add_typer(rules.app, name="rules")
app.add_typer(runs.app, name="runs")
personal.register(app, contacts.app)
contact_merges.register(contacts.app)


def main(arguments: list[str] | None = None) -> Any:
    """The entry point: errors are sentences, never tracebacks; the exit code is 0, 1, 2 or 3."""
    with failing_clearly():
        app(args=_hoisted(sys.argv[1:] if arguments is None else arguments), standalone_mode=True)


def _hoisted(arguments: list[str]) -> list[str]:
    """The same words with `--lang`, `--project` and `--raw-csv` in front, wherever they stood before a `--`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    front: list[str] = []
    rest: list[str] = []
    words = iter(arguments[:end])
    for word in words:
        if word in ("--lang", "--project"):
            front += [word, *([value] if (value := next(words, None)) is not None else [])]
        elif word == "--raw-csv" or word.startswith(("--lang=", "--project=")):
            front.append(word)
        else:
            rest.append(word)
    return front + rest + arguments[end:]


if __name__ == "__main__":
    main()
