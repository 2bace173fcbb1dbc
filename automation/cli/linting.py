"""`automation lint`: what is valid and still should not go out as it is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import load_project, open_database
from automation.cli.output import emit_value, visible
from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.lint.finding import Finding
    from automation.insight.lint.lint import Report


class LintView(StrEnum):
    """How findings are shown."""

    text = "text"
    json = "json"
    github = "github"


def register(app: typer.Typer) -> None:
    app.command("lint", help="Words, duties, lengths and links of messages 检查用词与合规")(lint)


def lint(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[RULE|TEMPLATE]...", help="None: everything 规则或模板")
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, max=10_000, help="People per rule; 0: don't ask the database 每条规则的抽样人数")
    ] = 500,
    check_links: Annotated[bool, typer.Option("--check-links", help="Ask every link 访问每个链接")] = False,
    format_: Annotated[LintView, typer.Option("--format", help="text | json | github 输出格式")] = LintView.text,
) -> None:
    """Exit code 1 when there is an error; warnings alone give 0."""
    report = _report(names or [], sample, check_links)
    if format_ is LintView.json:
        emit_value(report.as_dict())
    elif format_ is LintView.github:
        for finding in report.findings:
            typer.echo(_annotation(finding))
    else:
        _print(report)
    raise typer.Exit(1 if report.counts["error"] else 0)


def _report(names: list[str], sample: int, check_links: bool) -> Report:
    from automation.clock import SystemClock
    from automation.insight.lint.asking import LinkCheck
    from automation.insight.lint.lint import lint as examine

    project = load_project()
    database = open_database(project.settings) if sample else None
    try:
        return examine(
            project,
            database,
            SystemClock().now(),
            names=names,
            sample=sample,
            link_check=LinkCheck() if check_links else None,
        )
    finally:
        if database is not None:
            database.close()


def _print(report: Report) -> None:
    for note in report.tone:
        typer.echo(say("lint.tone") + visible(note))
    for finding in report.findings:
        typer.echo(visible(finding.shown()))
        typer.echo(f"    {say('lint.remedy')}{visible(finding.remedy())}")
    counts = report.counts
    typer.echo(say("lint.closing", errors=counts["error"], warnings=counts["warning"], infos=counts["info"]))


def _annotation(finding: Finding) -> str:
    """A workflow command of GitHub Actions, which shows the finding beside the line."""
    kind = "notice" if finding.severity == "info" else finding.severity
    place = f"file={_escaped(finding.file)},line={finding.line},col={finding.column},title={finding.code}"
    return f"::{kind} {place}::{_escaped(finding.text() + ' ' + say('lint.remedy') + finding.remedy())}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
