"""Both tutorials, run from their first command to their last."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
TUTORIALS = {"en": DOCS / "tutorial.md", "zh": DOCS / "tutorial.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(TUTORIALS))
def test_a_tutorial_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(TUTORIALS[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_tutorials_type_the_same_commands() -> None:
    typed = {
        lang: [
            command.typed
            for block in blocks(path.read_text(encoding="utf-8"))
            if block.words[0] == "console"
            for command in commands(block)
        ]
        for lang, path in TUTORIALS.items()
    }
    assert len(typed["en"]) > 30
    assert typed["en"] == typed["zh"]


def test_a_tutorial_shows_more_than_wildcards() -> None:
    for path in TUTORIALS.values():
        shown = [
            line
            for block in blocks(path.read_text(encoding="utf-8"))
            if block.words[0] == "console"
            for command in commands(block)
            for line in command.expected
        ]
        assert sum(line.strip() == "…" for line in shown) < len(shown) / 10
