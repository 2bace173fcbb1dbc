"""The page about lint, run in both languages as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "lint.md", "zh": DOCS / "lint.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_languages_show_the_same_files_and_commands() -> None:
    shown = {lang: _shown(page) for lang, page in PAGES.items()}
    assert shown["en"] == shown["zh"]
    assert len(shown["en"]) > 8


def test_both_languages_have_the_same_parts() -> None:
    parts = {lang: [row for line in _lines(page) if (row := _part(line))] for lang, page in PAGES.items()}
    assert parts["en"] == parts["zh"]


def _lines(page: Path) -> list[str]:
    return page.read_text(encoding="utf-8").splitlines()


def _part(line: str) -> str:
    """A heading's depth, an item's dash, a row's first cell."""
    if line.startswith("| `"):
        return line.split("|")[1]
    return line.split(" ")[0] if line.startswith(("# ", "## ", "- ")) else ""


def _shown(page: Path) -> list[str]:
    found = []
    for block in blocks(page.read_text(encoding="utf-8")):
        found += [c.typed for c in commands(block)] if block.words[0] == "console" else [block.body]
    return found
