"""Rules to explain: those of the project itself, and one that uses everything."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from automation.insight.explain import Explanation, explain_rule
from automation.insight.explain.text import text
from automation.rules.checker import check_rules
from automation.rules.project import Project
from automation.rules.spec import RuleSpec
from automation.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
JOURNEY = Path(__file__).parent / "journey.yaml"


@cache
def project() -> Project:
    """The project in the root of the repository, with its three seed rules."""
    return Project.load(Settings.load(ROOT))


def rule(written: str) -> RuleSpec:
    """The one rule of a file without errors, against the project's catalogue."""
    checked = check_rules([("rules.yaml", written)], replace(project().env, sources=("crm", "erp")))
    assert [p.shown("en") for p in checked.problems if p.severity == "error"] == []
    (found,) = checked.rules
    return found


@cache
def journey() -> RuleSpec:
    """A rule with every kind of step and every key."""
    return rule(JOURNEY.read_text(encoding="utf-8"))


def explained(spec: RuleSpec) -> Explanation:
    return explain_rule(spec, project().catalogue, project().registry)


def told(spec: RuleSpec) -> str:
    return text(explained(spec))
