"""`lint`: every check over a project, or over some of its rules and templates; allows silence what they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.catalogue.nearest import offer
from automation.errors import AutomationError
from automation.i18n import LANGS, Text
from automation.insight.lint.allows import silence
from automation.insight.lint.bench import Bench
from automation.insight.lint.brand import FILE, read_brand
from automation.insight.lint.checks import PROJECT_CHECKS, RENDERING_CHECKS, RULE_CHECKS, SOURCE_CHECKS
from automation.insight.lint.codes import CODES
from automation.insight.lint.finding import Finding, in_order
from automation.insight.lint.rendering import render
from automation.insight.lint.samples import Sampler
from automation.insight.lint.sources import each_template, plain_source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from automation.insight.lint.asking import Answer
    from automation.insight.lint.sources import Source
    from automation.insight.lint.uses import Use
    from automation.problems import Problem
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database

SAMPLE = 500


@dataclass(frozen=True)
class Report:
    """What was found, in order, and the brand's tone, which no program can check."""

    findings: tuple[Finding, ...]
    tone: tuple[str, ...] = ()

    @property
    def counts(self) -> Counter[str]:
        """How many of each severity."""
        return Counter(finding.severity for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        counts = {f"{name}s": self.counts[name] for name in ("error", "warning")} | {"infos": self.counts["info"]}
        listed = [finding.as_dict() for finding in self.findings]
        return {"ok": not self.counts["error"], **counts, "tone": list(self.tone), "findings": listed}


def lint(
    project: Project,
    database: Database | None,
    now: datetime,
    *,
    names: Sequence[str] = (),
    sample: int = SAMPLE,
    link_check: Callable[[str], Answer | None] | None = None,
) -> Report:
    """`names`: ids of rules and names of templates; none: everything. AutomationError for a name nobody has.

    `database` None, or a `sample` of 0: nothing is asked of it, and templates are rendered for a specimen. Nothing is
    written. `link_check` is asked about every link that is the same for everybody.
    """
    voice = plain_source(project.settings, FILE) if project.settings.path(FILE).exists() else None
    brand, faults = read_brand(voice)
    bench = Bench(project, brand, Sampler(project, database, now, sample), link_check)
    chosen = _chosen(bench, names)
    found = [*_of_files(project.problems, "L004", chosen), *_of_files(faults, "L005", chosen)]
    found += _findings(bench, chosen)
    others = [*bench.rule_sources.values(), *([voice] if voice else [])]
    files = {source.file for source in (*chosen.sources, *(others if chosen.everything else ()))}
    left = silence(found, [*bench.sources.values(), *others], _judged(bench), files)
    unsent = {one.file for one in found if one.code == "L305"}  # of which little was looked at: no allow is idle there
    left = [one for one in left if one.code != "L002" or one.file not in unsent]
    return Report(tuple(in_order(left)), brand.tone)


@dataclass(frozen=True)
class _Chosen:
    """What is looked at. `everything`: no names were given."""

    rules: Sequence[RuleSpec]
    sources: Sequence[Source]
    uses: Sequence[Use]
    everything: bool
    names: Sequence[str] = ()

    def concerns(self, problem: Problem) -> bool:
        """Whether a mistake is in one of the files, or in one of the rules and templates that were named."""
        rule = problem.path.partition("/")[2].partition("/")[0] if problem.path.startswith("rules/") else ""
        template = problem.file.partition("/")[2].partition(".")[0]
        named = rule in self.names or template in self.names
        return self.everything or named or problem.file in {source.file for source in self.sources}


def _chosen(bench: Bench, names: Sequence[str]) -> _Chosen:
    rules, sources = bench.project.checked.rules, list(bench.sources.values())
    if not names:
        return _Chosen(rules, sources, bench.uses, everything=True)
    broken = {rule.id for rule in bench.project.checked.broken if rule.id}
    known = sorted({rule.id for rule in rules} | broken | bench.project.templates.names())
    for name in names:
        if name not in known:
            raise AutomationError("lint.no_such_name", **offer(name, known), known=", ".join(known) or "–")
    uses = [use for use in bench.uses if use.rule.id in names or use.template in names]
    wanted = {(use.template, use.channel) for use in uses} | {
        (template.name, template.channel) for template in each_template(bench.project) if template.name in names
    }
    chosen = [source for source in sources if source.templates & wanted]
    return _Chosen([rule for rule in rules if rule.id in names], chosen, uses, everything=False, names=names)


def _of_files(problems: Iterable[Problem], code: str, chosen: _Chosen) -> Iterator[Finding]:
    """What is not even valid comes first: lint looks only at what is."""
    for problem in problems:
        if problem.severity == "error" and chosen.concerns(problem):
            reason = Text(*(problem.text(lang) for lang in LANGS))
            yield Finding(code, problem.file, problem.line, problem.column, {"reason": reason})


def _findings(bench: Bench, chosen: _Chosen) -> Iterator[Finding]:
    for whole in PROJECT_CHECKS if chosen.everything else ():
        yield from whole.run(bench)
    for source in chosen.sources:
        for check in SOURCE_CHECKS:
            yield from check.run(bench, source)
    for rule in chosen.rules:
        for rule_check in RULE_CHECKS:
            yield from rule_check.run(bench, rule)
    yield from _of_renderings(bench, chosen)


def _of_renderings(bench: Bench, chosen: _Chosen) -> Iterator[Finding]:
    """Rule by rule, so that one sample at a time is in memory."""
    for rule in {use.rule.id: use.rule for use in chosen.uses}.values():
        sample, specimen = bench.sampler.of(rule), bench.sampler.specimen(rule)
        for use in chosen.uses:
            template = bench.project.templates.get(use.template, use.channel) if use.rule is rule else None
            if template is None:
                continue
            for one in (template, *template.languages.values()):
                rendering = render(use, template, one, bench.source_of(one), sample, specimen)
                for check in RENDERING_CHECKS:
                    yield from check.run(bench, rendering)


def _judged(bench: Bench) -> set[str]:
    """The codes whose absence means something: with what was at hand, they would have been found."""
    have = {"files": True, "people": bench.sampler.asks_people, "network": bench.link_check is not None}
    return {name for name, code in CODES.items() if have[code.needs]}
