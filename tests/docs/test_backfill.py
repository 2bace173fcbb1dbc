"""The pages about backfills, run from their first command to their last."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "backfill.md", "zh": DOCS / "backfill.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_pages_type_the_same() -> None:
    typed = [
        [command.typed for block in blocks(page.read_text("utf-8")) if block.words[0] == "console"
         for command in commands(block)]
        for page in PAGES.values()
    ]  # fmt: skip
    assert len(typed[0]) > 5
    assert typed[0] == typed[1]
