"""`*_test.yaml` files: cases that stand beside the rules, each naming its `rule`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from automation.problems import Problem
from automation.rules.cases.ground import Ground
from automation.rules.cases.reader import CASE_KEYS, read_case
from automation.rules.reader import Reader
from automation.yamltree import Mapping as YamlMapping
from automation.yamltree import Node, parse

if TYPE_CHECKING:
    from pathlib import Path

    from automation.rules.cases.spec import Case
    from automation.rules.checker import Checked, CheckEnv
    from automation.rules.spec import RuleSpec

PATTERNS = ("*_test.yaml", "tests/**/*_test.yaml")
"""Where they lie in the project's folder."""


def case_files(folder: Path) -> list[Path]:
    """Every file of cases, in order."""
    return sorted({path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()})


def read_case_files(
    folder: Path, files: Iterable[Path], checked: Checked, env: CheckEnv
) -> tuple[list[Case], list[Problem]]:
    """The cases of the files, and what is wrong in them. Names are relative to `folder` where they can be."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for path in files:
        name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
        reader = Reader(name)
        cases += _File(reader, checked, env).read(path)
        problems += reader.problems
    return cases, problems


class _File:
    """Reads one file."""

    def __init__(self, reader: Reader, checked: Checked, env: CheckEnv) -> None:
        self.reader, self.env = reader, env
        self.rules: Mapping[str, RuleSpec] = {spec.id: spec for spec in checked.rules}
        self.broken = {rule.id for rule in checked.broken}
        self.grounds: dict[str, Ground] = {}

    def read(self, path: Path) -> list[Case]:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            params = {"file": self.reader.file, "reason": str(error)}
            self.reader.problems.append(Problem(self.reader.file, 1, 1, "tests.unreadable", params))
            return []
        root, problems = parse(text, self.reader.file)
        self.reader.problems += problems
        if root is None:
            if not problems:
                self.reader.problems.append(Problem(self.reader.file, 1, 1, "tests.empty_file"))
            return []
        mapping = self.reader.mapping(root, "", ("tests",), ("tests",))
        node = mapping.get("tests") if mapping is not None else None
        items = (self.reader.items(node, "tests") if node is not None else None) or []
        found = [self._case(item, f"tests/{index}") for index, item in enumerate(items)]
        return [case for case in found if case is not None]

    def _case(self, node: Node, path: str) -> Case | None:
        rule = node.get("rule") if isinstance(node, YamlMapping) else None
        name = self.reader.text(rule, path) if rule is not None else None
        if rule is None or name is None:
            self.reader.mapping(node, path, ("rule", *CASE_KEYS), ("rule",))
            return None
        if name in self.rules:
            return read_case(self.reader, self._ground(name), node, name, path, also=("rule",))
        if name not in self.broken:  # what is wrong with the rule is said where it stands
            self.reader.unknown(rule, path, "tests.unknown_rule", name, self.rules)
        return None

    def _ground(self, rule: str) -> Ground:
        if rule not in self.grounds:
            self.grounds[rule] = Ground.of_rule(self.rules[rule], self.env)
        return self.grounds[rule]
