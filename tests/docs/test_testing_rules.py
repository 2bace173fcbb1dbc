"""The page about testing rules, run from its first command to its last, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.rules.cases.expect import EXPECT_KEYS
from automation.rules.cases.given import GIVEN_KEYS
from automation.rules.cases.reader import CASE_KEYS
from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "testing-rules.md", "zh": DOCS / "testing-rules.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_pages_type_the_same_and_name_every_key() -> None:
    texts = {lang: path.read_text(encoding="utf-8") for lang, path in PAGES.items()}
    typed = {
        lang: [command.typed for block in blocks(text) if block.words[0] == "console" for command in commands(block)]
        for lang, text in texts.items()
    }
    assert typed["en"] == typed["zh"]
    for text in texts.values():
        for key in (*CASE_KEYS, *GIVEN_KEYS, *EXPECT_KEYS):
            assert f"`{key}" in text, key
