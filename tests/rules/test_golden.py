"""Wrong rule files and every sentence that is said about them, in both languages.

After a wanted change: `python -m tests.rules.test_golden` writes the expected files again; read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.i18n import LANGS
from automation.rules.checker import check_rules
from tests.rules.conftest import GOLDEN, shop

FILES = sorted(GOLDEN.glob("*.yaml"))


def shown(path: Path) -> str:
    """What `validate` would print for one file."""
    checked = check_rules([(path.name, path.read_text(encoding="utf-8"))], shop())
    blocks = ["".join(f"{problem.shown(lang)}\n" for problem in checked.problems) for lang in LANGS]
    return "\n".join(blocks)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_problem_is_named_at_its_place_in_both_languages(path: Path) -> None:
    assert shown(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_wrong_rule_runs(path: Path) -> None:
    checked = check_rules([(path.name, path.read_text(encoding="utf-8"))], shop())

    assert [rule.id for rule in checked.rules] in ([], ["twice"])  # the first of two rules with one id is right
    errors = {problem for problem in checked.problems if problem.severity == "error"}
    wrong = {problem for problem in errors if not problem.path.startswith("segments")}  # those break no rule alone
    assert wrong
    assert checked.fatal or {p for rule in checked.broken for p in rule.problems if p.severity == "error"} == wrong


if __name__ == "__main__":
    for file in FILES:
        file.with_suffix(".txt").write_text(shown(file), encoding="utf-8")
