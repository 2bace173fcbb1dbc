"""Pages that are run from their first command to their last, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
SUFFIXES = {"en": ".md", "zh": ".zh-CN.md"}
PAGES = {
    "backfill": ("automation backfill", 3, 6),
    "send-test": ("automation send-test", 5, 9),
    "why": ("automation why", 3, 6),
    "plan": ("automation plan", 1, 7),
    "canary": ("automation canary", 1, 10),
}
"""What each page is about, how often it types it at least, and how many commands there are at least."""


def text_of(page: str, lang: str) -> str:
    return (DOCS / f"{page}{SUFFIXES[lang]}").read_text(encoding="utf-8")


def typed(page: str, lang: str) -> list[str]:
    consoles = (block for block in blocks(text_of(page, lang)) if block.words[0] == "console")
    return [command.typed for block in consoles for command in commands(block)]


@pytest.mark.parametrize("lang", sorted(SUFFIXES))
@pytest.mark.parametrize("page", PAGES)
def test_the_page_does_what_it_shows(page: str, lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(text_of(page, lang)):
        scene.do(block)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_type_the_same(page: str) -> None:
    command, times, commands_in_all = PAGES[page]
    assert sum(one.startswith(command) for one in typed(page, "en")) >= times
    assert len(typed(page, "en")) >= commands_in_all
    assert typed(page, "en") == typed(page, "zh")
