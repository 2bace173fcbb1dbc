"""One small project that every test of the rule language checks its rules against."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from automation.catalogue.loader import load_catalogue
from automation.plugin import Registry
from automation.rules.checker import Checked, CheckEnv, check_rules
from automation.rules.spec import RuleSpec
from automation.templating import TemplateSet

SHOP = Path(__file__).parent / "shop"
GOLDEN = Path(__file__).parent / "golden"


@cache
def shop() -> CheckEnv:
    """The project in tests/rules/shop. Some of its templates and plugins are broken on purpose."""
    catalogue, problems = load_catalogue((SHOP / "catalog.yaml").read_text(encoding="utf-8"), "catalog.yaml")
    assert not problems
    return CheckEnv(Registry.load(SHOP / "plugins"), catalogue, TemplateSet.load(SHOP / "templates"))


@pytest.fixture
def env() -> CheckEnv:
    return shop()


def check(text: str, file: str = "rules.yaml") -> Checked:
    return check_rules([(file, text)], shop())


def only_rule(text: str) -> RuleSpec:
    """The one rule of a file that has no errors."""
    checked = check(text)
    assert [p.shown("en") for p in checked.problems if p.severity == "error"] == []
    (rule,) = checked.rules
    return rule


def rule_with(body: str, trigger: str = "{type: event, with: {name: store.stock_out}}") -> str:
    """A file with one rule; `body` are its further keys."""
    indented = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"rules:\n  - id: one\n    trigger: {trigger}\n{indented}"


def errors(text: str, lang: str = "en") -> list[str]:
    """`line:column: sentence` of every error."""
    return [f"{p.line}:{p.column}: {p.text(lang)}" for p in check(text).problems if p.severity == "error"]
