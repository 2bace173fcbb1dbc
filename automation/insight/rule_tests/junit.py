"""The report as JUnit XML, which build servers read: one suite a rule, one case a test."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from automation.insight.rule_tests.account import failure

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.insight.rule_tests.suite import Report, Result


def junit_xml(report: Report) -> str:
    """A whole document."""
    root = Xml.Element("testsuites", {"name": "automation test", **_counts(report.results, report.seconds)})
    zones = {spec.id: spec.zone for spec in report.suite.rules}
    by_rule: dict[str, list[Result]] = {}
    for result in report.results:
        by_rule.setdefault(result.case.rule, []).append(result)
    for rule, results in by_rule.items():
        seconds = sum(result.seconds for result in results)
        suite = Xml.SubElement(root, "testsuite", {"name": rule, **_counts(results, seconds)})
        for result in results:
            _add_case(suite, result, zones[rule])
    _add_problems(root, report)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: Xml.Element, result: Result, zone: ZoneInfo) -> None:
    case = result.case
    where = {"classname": case.rule, "name": _clean(case.name), "file": case.file, "line": str(case.line)}
    made = Xml.SubElement(suite, "testcase", {**where, "time": f"{result.seconds:.3f}"})
    if not result.passed:
        message = "; ".join(f"{d.what}: {d.expected} ≠ {d.got}" for d in result.differences)
        failed = Xml.SubElement(made, "failure", message=_clean(message), type="expectation")
        failed.text = _clean("\n".join(failure(result, zone)))


def _counts(results: list[Result], seconds: float) -> dict[str, str]:
    failed = sum(not result.passed for result in results)
    return {"tests": str(len(results)), "failures": str(failed), "time": f"{seconds:.3f}"}


def _add_problems(root: Xml.Element, report: Report) -> None:
    """Mistakes in the files keep tests from running: a build server must see them too."""
    problems = report.suite.problems
    if not problems:
        return
    count = str(len(problems))
    suite = Xml.SubElement(root, "testsuite", name="files", tests=count, failures="0", errors=count)
    for problem in problems:
        place = f"{problem.file}:{problem.line}:{problem.column}"
        case = Xml.SubElement(suite, "testcase", classname="files", name=_clean(place))
        Xml.SubElement(case, "error", message=_clean(problem.text()), type=problem.key)


def _clean(text: str) -> str:
    """Without the characters that XML can't hold."""
    return "".join(char if char in "\t\n" or char >= " " else "�" for char in text)
