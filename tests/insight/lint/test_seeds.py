"""The files that people begin with are as lint wants them: the seed project, and what `automation init` writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from automation.insight.lint.lint import lint
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from tests.conftest import NOON

ROOT = Path(__file__).resolve().parents[3]
SEEDS = {"seed project": ROOT, "automation init": ROOT / "automation" / "cli" / "skeleton"}
TOLD = {"L304", "L401"}
"""Notes that say how things are: nobody to sample in an empty database, and the length of an SMS."""


@pytest.mark.parametrize("seed", SEEDS)
def test_lint_finds_nothing_to_mend(sqlite_db: Database, tmp_path: Path, seed: str) -> None:
    for name in ("rules.yaml", "catalog.yaml", "automation.toml"):
        if (SEEDS[seed] / name).exists():
            shutil.copy(SEEDS[seed] / name, tmp_path)
    shutil.copytree(SEEDS[seed] / "templates", tmp_path / "templates")
    report = lint(Project.load(Settings.load(tmp_path)), sqlite_db, NOON)
    assert [f"{one.code} {one.file}: {one.text('en')}" for one in report.findings if one.code not in TOLD] == []
    assert {one.code for one in report.findings} == TOLD  # it did look
