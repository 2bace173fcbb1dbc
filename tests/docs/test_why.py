"""The page about why and funnel, run from its first command to its last, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "why.md", "zh": DOCS / "why.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_pages_type_the_same() -> None:
    typed = {
        lang: [
            command.typed
            for block in blocks(path.read_text(encoding="utf-8"))
            if block.words[0] == "console"
            for command in commands(block)
        ]
        for lang, path in PAGES.items()
    }
    assert typed["en"] == typed["zh"]
    assert sum("why" in one for one in typed["en"]) == 3
