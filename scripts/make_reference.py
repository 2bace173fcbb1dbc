"""Writes docs/reference/, the tables of docs/database.md and schema/ from the code: `make docs`.

usage: python -m scripts.make_reference [--project DIR] [--out DIR] [--check]

--project DIR   a project whose own plugins, fields and events belong in the pages too
--out DIR       where the pages go
--check         write nothing; exit code 1 when a page differs
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from automation.catalogue.builtin import builtin
from automation.catalogue.loader import load_catalogue
from automation.i18n import LANGS, Lang, language
from automation.plugin import Registry
from automation.rules.project import Project
from automation.rules.schema_json import json_schema
from automation.settings import Settings
from scripts.reference import (
    actions,
    catalogue,
    commands,
    conditions,
    events,
    forms,
    guards,
    index,
    providers,
    reasons,
    rules,
    settings,
    tables,
    templates,
    triggers,
)
from scripts.reference.surroundings import Surroundings

HERE = Path(__file__).resolve().parent.parent
OUT = HERE / "docs" / "reference"
DATABASE = HERE / "docs" / "database.md"
SCHEMA = HERE / "schema" / "rules.schema.json"
MODULES = (
    index, rules, conditions, triggers, actions, guards, catalogue, events, templates, providers, settings, reasons,
    commands, forms,
)  # fmt: skip
"""In the order in which the index lists them."""


def pages(around: Surroundings) -> dict[str, str]:
    """Every page by its path below the reference's folder."""
    found: dict[str, str] = {}
    for lang in LANGS:
        with language(lang):
            found |= {f"{lang}/{name}.md": text for name, text in _pages_in(lang, around)}
    return found


def schema() -> str:
    """The JSON Schema of the rules at the repository's root."""
    catalogue, problems = load_catalogue((HERE / "catalog.yaml").read_text(encoding="utf-8"), "catalog.yaml")
    assert not problems
    return json.dumps(json_schema(Registry.load(), catalogue), ensure_ascii=False, indent=1) + "\n"


def built_in() -> Surroundings:
    """What the product brings along, without any project."""
    return Surroundings(Registry.load(), builtin())


def of_project(folder: Path) -> Surroundings:
    """With the plugins, fields and events of a project."""
    project = Project.load(Settings.load(folder))
    return Surroundings(project.registry, project.catalogue)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--project", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    found = pages(of_project(asked.project) if asked.project else built_in())
    if asked.check:
        differing = differences(found, asked.out)
        sys.stdout.writelines(f"{path} is not what the code says; run `make docs`\n" for path in differing)
        return 1 if differing else 0
    for path, text in found.items():
        (asked.out / path).parent.mkdir(parents=True, exist_ok=True)
        (asked.out / path).write_text(text, encoding="utf-8")
    if asked.project is None:
        DATABASE.write_text(tables.filled(DATABASE.read_text(encoding="utf-8")), encoding="utf-8")
        SCHEMA.write_text(schema(), encoding="utf-8")
    return 0


def differences(found: Mapping[str, str], out: Path) -> list[str]:
    """The pages that are missing or different in `out`, and those there that nobody makes."""
    there = {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in out.rglob("*.md")}
    return sorted(path for path in found.keys() | there.keys() if found.get(path) != there.get(path))


def _pages_in(lang: Lang, around: Surroundings) -> list[tuple[str, str]]:
    return [(module.NAME, module.page(lang, around)) for module in MODULES]


if __name__ == "__main__":
    sys.exit(main())
