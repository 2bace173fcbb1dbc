"""A run of all tests of a project, or of some: what is chosen, what came of each, and what was covered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automation.catalogue.nearest import offer
from automation.clock import monotonic
from automation.errors import AutomationError
from automation.insight.rule_tests.bench import Bench
from automation.insight.rule_tests.coverage import Coverage, coverage_of
from automation.insight.rule_tests.judging import Difference, judge
from automation.insight.rule_tests.record import Record
from automation.problems import Problem, in_order
from automation.rules.cases.files import case_files, read_case_files

if TYPE_CHECKING:
    from automation.rules.cases.spec import Case
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec


@dataclass(frozen=True)
class Result:
    """What came of one case."""

    case: Case
    record: Record
    differences: Sequence[Difference]
    seconds: float

    @property
    def passed(self) -> bool:
        return not self.differences


@dataclass(frozen=True)
class Suite:
    """The cases that were chosen, with the rules they test. `problems` are mistakes that keep cases from running."""

    rules: Sequence[RuleSpec]
    cases: Sequence[Case]
    problems: Sequence[Problem] = ()

    @classmethod
    def of(cls, project: Project, wanted: Sequence[str] = ()) -> Suite:
        """`wanted`: ids of rules, files of rules, files of cases; none means everything. AutomationError for others."""
        folder = project.settings.folder
        given = [_Wanted(folder, name) for name in wanted]
        extra = [one.path for one in given if one.is_cases]
        files = sorted({*case_files(folder), *extra})
        cases, problems = read_case_files(folder, files, project.checked, project.env)
        cases = [*(case for spec in project.checked.rules for case in spec.cases), *cases]
        problems = in_order([*problems, *(p for p in project.problems if p.severity == "error")])
        if not given:
            return cls(project.checked.rules, cases, problems)
        chosen = [case for case in cases if any(one.means(project, case) for one in given)]
        _refuse_unknown(project, given)
        names = {case.rule for case in chosen} | {one.name for one in given}
        rules = [spec for spec in project.checked.rules if spec.id in names]
        return cls(rules, chosen, [p for p in problems if any(one.concerns(p) for one in given)])

    def run(self, project: Project, tell: Callable[[Result], None] | None = None) -> Report:
        """Run every case; `tell` hears of each result as it comes."""
        begun = monotonic()
        rules = {spec.id: spec for spec in self.rules}
        report = Report(self, project)
        bench = Bench(project)
        try:
            for case in self.cases:
                result = _run(bench, rules[case.rule], case)
                report.results.append(result)
                if tell is not None:
                    tell(result)
        finally:
            bench.close()
        report.seconds = monotonic() - begun
        return report


def _run(bench: Bench, spec: RuleSpec, case: Case) -> Result:
    begun = monotonic()
    record = bench.run(spec, case)
    differences = judge(spec, case.expect, record)
    if differences and record.state is None and not record.faults:
        record = replace(record, notes=(*record.notes, *bench.obstacles(spec)))
    return Result(case, record, differences, monotonic() - begun)


@dataclass
class Report:
    """What came of a run."""

    suite: Suite
    project: Project
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results if not result.passed]

    @property
    def ok(self) -> bool:
        return not self.failed and not self.suite.problems

    @property
    def untested(self) -> list[str]:
        tested = {result.case.rule for result in self.results}
        return [spec.id for spec in self.suite.rules if spec.id not in tested]

    def coverage(self) -> list[Coverage]:
        """Of every rule of the suite, in the order of the files."""
        records: dict[str, list[Record]] = {}
        for result in self.results:
            records.setdefault(result.case.rule, []).append(result.record)
        registry = self.project.registry
        return [coverage_of(spec, registry, records.get(spec.id, ())) for spec in self.suite.rules]

    def as_dict(self, *, coverage: bool) -> dict[str, Any]:
        """For programs."""
        found: dict[str, Any] = {
            "ok": self.ok,
            "passed": len(self.results) - len(self.failed),
            "failed": len(self.failed),
            "seconds": round(self.seconds, 3),
            "problems": [problem.shown() for problem in self.suite.problems],
            "tests": [_as_dict(result) for result in self.results],
        }
        return found | ({"coverage": [each.as_dict() for each in self.coverage()]} if coverage else {})


def _as_dict(result: Result) -> dict[str, Any]:
    case = result.case
    return {
        "rule": case.rule, "name": case.name, "file": case.file, "line": case.line, "passed": result.passed,
        "seconds": round(result.seconds, 4), "notes": list(result.record.notes),
        "differences": [vars(difference) for difference in result.differences],
    }  # fmt: skip


class _Wanted:
    """One thing that was asked for: a rule, or a file."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.path = (folder / name if (folder / name).exists() else Path(name)).resolve()
        self.is_file = self.path.is_file()
        self.is_cases = self.is_file and self.path.stem.endswith("_test")
        self._folder = folder

    def means(self, project: Project, case: Case) -> bool:
        """The rule itself, a file of cases, or a file of rules with all that tests them."""
        if not self.is_file:
            return case.rule == self.name
        spec_file = next((spec.file for spec in project.checked.rules if spec.id == case.rule), "")
        return any((self._folder / name).resolve() == self.path for name in (case.file, spec_file))

    def concerns(self, problem: Problem) -> bool:
        if self.is_file:
            return (self._folder / problem.file).resolve() == self.path
        return f"{problem.path}/".startswith(f"rules/{self.name}/")


def _refuse_unknown(project: Project, given: Sequence[_Wanted]) -> None:
    rules = [*(spec.id for spec in project.checked.rules), *(rule.id for rule in project.checked.broken)]
    for one in given:
        if not one.is_file and one.name not in rules:
            raise AutomationError("tests.no_such", **offer(one.name, rules))
