"""The page on canaries, run in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "canary.md", "zh": DOCS / "canary.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_pages_type_the_same() -> None:
    typed = {
        lang: [command.typed for block in blocks(page.read_text("utf-8")) for command in _typed(block)]
        for lang, page in PAGES.items()
    }
    assert len(typed["en"]) > 6
    assert typed["en"] == typed["zh"]


def _typed(block: object) -> list[object]:
    return commands(block) if block.words[0] == "console" else []  # type: ignore[attr-defined, arg-type, return-value]
