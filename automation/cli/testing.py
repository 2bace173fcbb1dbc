"""`automation test`: run the cases of `tests:` and `*_test.yaml`, and tell in words what is not as expected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import load_project, open_settings
from automation.cli.output import View, ViewOption, emit_value, visible
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automation.insight.rule_tests.coverage import Coverage
    from automation.insight.rule_tests.suite import Report, Result
    from automation.rules.project import Project


def register(app: typer.Typer) -> None:
    app.command("test", help="Run the rules' own tests 运行规则的用例")(run_tests)


def run_tests(
    wanted: Annotated[
        list[str] | None, typer.Argument(metavar="[RULE|FILE]...", help="Rules, rule files, test files; none: all 范围")
    ] = None,
    format_: ViewOption = View.text,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML here 另写 JUnit 报告")] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Show what no test reached 显示未覆盖之处")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Again at each change 文件一改就重跑")] = False,
) -> None:
    """Exit code 1 when a test fails or a file has a mistake. The real engine runs, in memory; nothing is sent."""
    from automation.insight.rule_tests.watching import stamp, wait_for_change

    while True:
        settings = open_settings()
        before = stamp(settings)  # first, so that a change during the run counts
        ok = _run_once(load_project(settings), wanted or [], format_, junit, coverage=coverage)
        if not watch:
            raise typer.Exit(0 if ok else 1)
        typer.echo(say("tests.watching"))
        wait_for_change(settings, before)


def _run_once(project: Project, wanted: Sequence[str], format_: View, junit: Path | None, *, coverage: bool) -> bool:
    from automation.insight.rule_tests.junit import junit_xml
    from automation.insight.rule_tests.suite import Suite

    suite = Suite.of(project, wanted)
    text = format_ is View.text
    for problem in suite.problems if text else ():
        typer.echo(problem.shown())
    report = suite.run(project, _tell(project) if text else None)
    if junit is not None:
        _write(junit, junit_xml(report))
    if text:
        _print_end(report, coverage=coverage)
    else:
        emit_value(report.as_dict(coverage=coverage))
    return report.ok


def _tell(project: Project) -> Callable[[Result], None]:
    """Each result as it comes; of one that failed, everything."""
    from automation.insight.rule_tests.account import failure

    zones = {spec.id: spec.zone for spec in project.checked.rules}

    def tell(result: Result) -> None:
        mark = "✓" if result.passed else "✗"
        typer.echo(f"{mark} {result.case.rule}  {visible(result.case.name)}")
        for line in () if result.passed else failure(result, zones[result.case.rule]):
            typer.echo(f"    {visible(line)}")

    return tell


def _print_end(report: Report, *, coverage: bool) -> None:
    for each in report.coverage() if coverage else ():
        _print_coverage(each)
    if not report.results:
        typer.echo(say("tests.none"))
        return
    if coverage and report.untested:
        typer.echo(say("tests.untested", rules=", ".join(report.untested)))
    failed, rules = len(report.failed), {result.case.rule for result in report.results}
    counts = {"passed": len(report.results) - failed, "failed": failed, "rules": len(rules)}
    typer.echo(say("tests.summary", **counts, seconds=f"{report.seconds:.2f}"))


def _print_coverage(found: Coverage) -> None:
    (steps, all_steps), (guards, all_guards) = found.count(guards=False), found.count(guards=True)
    counts = {"steps": f"{steps}/{all_steps}", "guards": f"{guards}/{all_guards}"}
    typer.echo(say("tests.covered", rule=found.rule, **counts))
    for unit in found.never:
        key = "tests.guard_never" if unit.guard else "tests.never"
        typer.echo(f"  {say(key, what=unit.what)}  ({unit.place})")


def _write(path: Path, text: str) -> None:
    from automation.errors import AutomationError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AutomationError("cli.cannot_write", file=str(path), reason=error.strerror) from None
