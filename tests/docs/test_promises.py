"""Every test that docs/promises.md names is in the suite."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_tests_that_promises_name_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs" / "promises.md").read_text(encoding="utf-8"))
    assert len(named) > 40
    missing = [f"{file}::{name}" for file, name in named if not _is_there(ROOT / file, name)]
    assert missing == []


def _is_there(file: Path, name: str) -> bool:
    return file.is_file() and (not name or f"def {name}(" in file.read_text(encoding="utf-8"))
