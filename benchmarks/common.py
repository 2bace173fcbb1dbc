"""What every benchmark shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from automation.clock import ManualClock
from automation.rules.project import Project
from automation.settings import Settings


@dataclass(frozen=True)
class Result:
    """One line of the table: what was measured, ours, the floor's, the ratio, and what was promised."""

    name: str
    ours: str
    floor: str
    ratio: float
    promise: str

    @property
    def kept(self) -> bool:
        sign, bound = self.promise.split()
        return self.ratio >= float(bound) if sign == ">=" else self.ratio <= float(bound)


def load_project(
    folder: Path, rules: str, catalog: str, templates: dict[str, str] | None = None, settings: str = ""
) -> Project:
    """A project folder with these files, checked; AssertionError when anything is wrong in it."""
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "automation.toml").write_text(settings, encoding="utf-8")
    (folder / "rules.yaml").write_text(rules, encoding="utf-8")
    (folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
    for name, text in (templates or {}).items():
        (folder / "templates" / name).write_text(text, encoding="utf-8")
    project = Project.load(Settings.load(folder))
    errors = [p.shown("en") for p in project.problems if p.severity == "error" and p.file == "rules.yaml"]
    assert not errors, errors[:3]
    return project


def open_clock(moment: str) -> ManualClock:
    """A clock that stands at an ISO moment."""
    return ManualClock(datetime.fromisoformat(moment))
