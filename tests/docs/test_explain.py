"""The page about `explain`, run as it stands; the diagram that it shows is the one that comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tutorials import Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"en": DOCS / "explain.md", "zh": DOCS / "explain.zh-CN.md"}


@pytest.mark.parametrize("lang", sorted(PAGES))
def test_the_page_does_what_it_shows(lang: str, tmp_path: Path) -> None:
    scene = Scene(tmp_path, lang)
    for block in blocks(PAGES[lang].read_text(encoding="utf-8")):
        scene.do(block)
        if block.words == ["mermaid"]:
            assert scene.run("automation explain second_order --format mermaid") == block.body
            assert block.body in (scene.folder / "second_order.md").read_text(encoding="utf-8")
    assert (scene.folder / "second_order.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_both_pages_show_the_same() -> None:
    shown = {
        lang: [
            [command.typed for command in commands(block)] if block.words[0] == "console" else block.words
            for block in blocks(page.read_text(encoding="utf-8"))
        ]
        for lang, page in PAGES.items()
    }
    assert shown["en"] == shown["zh"]
    tables = {
        lang: [line.split("|")[2] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
        for lang, page in PAGES.items()
    }
    assert tables["en"][1:] == tables["zh"][1:]


def test_every_form_has_a_line_in_the_table() -> None:
    from automation.cli.explaining import Form

    for page in PAGES.values():
        text = page.read_text(encoding="utf-8")
        for form in Form:
            assert f"| `{form.value}` |" in text
