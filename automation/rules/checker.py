"""All rule files of a project, checked in one run: good rules as specs, broken ones with their reasons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.calendars.workdays import OFFICIAL, WorkCalendar
from automation.errors import AutomationError
from automation.memory import uncollected
from automation.problems import Problem, in_order
from automation.rules.guards import read_defaults
from automation.rules.names import Names
from automation.rules.reader import Reader
from automation.rules.rule import ReadRule, Surroundings, read_rule
from automation.rules.segments import Segments, read_segments
from automation.rules.spec import Guards, RuleSpec
from automation.rules.stored import node_of
from automation.rules.template_use import TemplateUse
from automation.yamltree import Mapping, Node, parse

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.plugin import Registry
    from automation.templating import TemplateSet

FILE_KEYS = ("timezone", "defaults", "rules", "segments")


@dataclass(frozen=True)
class CheckEnv:
    """What rules are checked against. `timezone` is that of files which name none."""

    registry: Registry
    catalogue: Catalogue
    templates: TemplateSet
    timezone: str = "Asia/Shanghai"
    sources: Collection[str] | None = None  # the settings' databases that rules may poll; None: not asked about
    priced: bool = True  # whether the settings know any price
    calendar: WorkCalendar = OFFICIAL


@dataclass(frozen=True)
class BrokenRule:
    """A rule that can't run. `id` is what stands there, or its position in the file."""

    id: str
    name: str
    file: str
    line: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Checked:
    """`problems` holds everything of all files, warnings too, in order. `fatal`: some file can't be used at all."""

    rules: tuple[RuleSpec, ...]
    broken: tuple[BrokenRule, ...]
    problems: tuple[Problem, ...]
    fatal: bool = False


class StoredRuleError(AutomationError):
    """A stored version of a rule no longer fits the project."""


def check_rules(files: Sequence[tuple[str, str]], env: CheckEnv) -> Checked:
    """`files`: name and text of each. A broken rule doesn't stop the others; syntax and `defaults:` stop their file."""
    with uncollected():
        read = {name: _read_file(name, text, env) for name, text in files}
    problems = [problem for file in read.values() for problem in file.problems]
    problems += [problem for file in read.values() for rule in file.rules for problem in rule.problems]
    lost = {name for name, file in read.items() if file.fatal}
    rules, broken = _unique([(rule, name) for name, file in read.items() for rule in file.rules], problems)
    return Checked(
        tuple(rule for rule in rules if rule.file not in lost),
        tuple(rule for rule in broken if rule.file not in lost),
        tuple(in_order(problems)),
        bool(lost),
    )


def respec(content: AnyMapping[str, Any], env: CheckEnv) -> RuleSpec:
    """The rule of a stored version. StoredRuleError when the project no longer has what it names."""
    zone, node = ZoneInfo(env.timezone), node_of(content)
    assert isinstance(node, Mapping)
    segments = read_segments(Reader(""), env.catalogue, node.get("segments"), zone)
    read = read_rule(_surroundings(env, Guards(), zone, segments, stored=True), node, "", 0)
    if read.spec is None:
        errors = [problem for problem in read.problems if problem.severity == "error"]
        raise StoredRuleError("rules.stored_unusable", rule=str(content.get("id")), reason=errors[0].text())
    return read.spec


@dataclass(frozen=True)
class _File:
    rules: tuple[ReadRule, ...]
    problems: tuple[Problem, ...]
    fatal: bool


def _read_file(name: str, text: str, env: CheckEnv) -> _File:
    root, problems = parse(text, name)
    reader = Reader(name, list(problems), env.calendar)
    if root is None:
        if not problems:
            reader.problems.append(Problem(name, 1, 1, "rules.empty_file"))
        return _File((), tuple(reader.problems), True)
    mapping = reader.mapping(root, "", FILE_KEYS, ("rules",))
    if mapping is None:
        return _File((), tuple(reader.problems), True)
    own = Reader(name)  # what is wrong with a segment harms only the rules that use it
    around = _surroundings_of(mapping, reader, own, env)
    rules = tuple(read_rule(around, node, name, index) for index, node in enumerate(_rules(mapping, reader)))
    fatal = any(problem.severity == "error" for problem in reader.problems)
    return _File(rules, (*reader.problems, *own.problems), fatal)


def _surroundings_of(mapping: Mapping, reader: Reader, own: Reader, env: CheckEnv) -> Surroundings:
    zone = mapping.get("timezone")
    defaults = read_defaults(reader, mapping.get("defaults"), "defaults")
    meant = (reader.zone(zone, "timezone") if zone else None) or ZoneInfo(env.timezone)
    segments = read_segments(own, env.catalogue, mapping.get("segments"), meant)
    return replace(_surroundings(env, defaults, meant, segments), written_defaults=mapping.get("defaults"))


def _surroundings(
    env: CheckEnv, defaults: Guards, zone: ZoneInfo, segments: Segments, *, stored: bool = False
) -> Surroundings:
    templates = TemplateUse(env.templates)
    sources = None if stored else env.sources
    names = Names(env.catalogue)
    return Surroundings(
        env.registry, names, templates, defaults, zone, segments, stored, sources, env.priced, calendar=env.calendar
    )


def _rules(mapping: Mapping, reader: Reader) -> list[Node]:
    node = mapping.get("rules")
    return (reader.items(node, "rules", empty=True) or []) if node is not None else []


def _unique(found: list[tuple[ReadRule, str]], problems: list[Problem]) -> tuple[list[RuleSpec], list[BrokenRule]]:
    """Good and broken rules. An id that was used before breaks the later rule."""
    first: dict[str, tuple[str, int]] = {}
    rules: list[RuleSpec] = []
    broken: list[BrokenRule] = []
    for rule, file in found:
        mine = list(rule.problems)
        if rule.id and rule.id in first:
            other, line = first[rule.id]
            node = rule.id_node
            params = {"found": rule.id, "file": other, "line": line}
            again = Problem(file, node.line, node.column, "rules.duplicate_id", params, f"rules/{rule.id}")
            mine.append(again)
            problems.append(again)
            rule = replace(rule, spec=None)
        first.setdefault(rule.id, (file, rule.line))
        if rule.spec is not None:
            rules.append(rule.spec)
        else:
            broken.append(BrokenRule(rule.id, rule.name, file, rule.line, tuple(in_order(mine))))
    return rules, broken
