"""The page on versions, run in both languages; HASH is the plan that was named last."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.tutorials import Block, Scene, blocks, check, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "versions.md", "zh": DOCS / "versions.zh-CN.md"}
_PLAN = re.compile(r"approve-plan (\S+)")


@dataclass
class WithPlan(Scene):
    plan: str = ""

    def do(self, block: Block) -> None:
        if block.words[0] != "console":
            super().do(block)
            return
        for command in commands(block):
            printed = self.run(command.typed.replace("HASH", self.plan))
            command.expected = [line.replace("HASH", self.plan) for line in command.expected]
            check(command, printed)
            named = _PLAN.search(printed)
            self.plan = named[1] if named else self.plan


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = WithPlan(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)


def test_both_pages_show_the_same() -> None:
    shown = {
        lang: [
            (block.words, [command.typed for command in commands(block)] if block.words[0] == "console" else block.body)
            for block in blocks(page.read_text(encoding="utf-8"))
        ]
        for lang, page in PAGES.items()
    }
    assert len(shown["en"]) > 4
    assert shown["en"] == shown["zh"]
