"""The page about personal data, run from its first command to its last, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from automation.settings import RetentionSettings
from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "privacy.md", "zh": DOCS / "privacy.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_languages_type_the_same_and_name_every_setting() -> None:
    typed = {}
    for lang, page in PAGES.items():
        text = page.read_text(encoding="utf-8")
        found = [block for block in blocks(text) if block.words[0] == "console"]
        typed[lang] = [command.typed for block in found for command in commands(block)]
        assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(RetentionSettings.model_fields)
    assert typed["en"] == typed["zh"]
    assert len(typed["en"]) > 8
