"""PNG: written with fonts that are there, refused with a remedy where they are not."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from automation.errors import AutomationError
from automation.i18n import language
from automation.insight.explain.chart import Box, Chart
from automation.insight.explain.picture import png, svg
from tests.insight.explain.helpers import explained, journey


def font(folder: Path, characters: str) -> Path:
    """A font in which each character is a bar of its own height."""
    names = {character: f"c{number}" for number, character in enumerate(dict.fromkeys(characters))}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap({ord(character): name for character, name in names.items()})
    glyphs = {name: _bar(50 + number * 137 % 700) for number, name in enumerate(names.values())}
    builder.setupGlyf({".notdef": _bar(900), **glyphs})
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *glyphs], (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Bars", "styleName": "Regular", "psName": "Bars-Regular"})
    builder.setupOS2()
    builder.setupPost()
    path = folder / "bars.ttf"
    builder.save(path)
    return path


def _bar(height: int) -> object:
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((100, height), (900, height), (900, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


LATIN = "".join(map(chr, range(32, 127))) + "“”"


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


def test_a_picture_is_sharp_and_the_same_everywhere_with_a_font_of_its_own(tmp_path: Path) -> None:
    with language("zh"):
        chart = Chart(explained(journey()).chart.boxes[:3], ())
    bars = font(tmp_path, LATIN + "中国" + "".join(text for box in chart.boxes for text in (box.title, *box.lines)))
    picture = png(chart, bars)
    drawn = ElementTree.fromstring(svg(chart)).get("viewBox", "").split()
    width, height = size(picture)
    assert (width, height) == tuple(pytest.approx(2 * float(length), abs=2) for length in drawn[2:])
    assert png(chart, bars) == picture


def test_characters_that_no_font_has_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with language("zh"), pytest.raises(AutomationError) as caught:
        png(explained(journey()).chart, font(tmp_path, LATIN))
    assert caught.value.text("zh").startswith("没有能显示图中文字的字体")
    assert "apt install fonts-noto-cjk" in caught.value.text("zh")
    assert "--font" in caught.value.text("en")
    assert "--format svg" in caught.value.text("en")


def test_an_english_diagram_needs_no_chinese_font(tmp_path: Path) -> None:
    chart = Chart((Box("n1", "start", "Every day at 10:00"),), ())
    assert size(png(chart, font(tmp_path, LATIN)))


def test_a_file_that_is_no_font(tmp_path: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no font", encoding="utf-8")
    with pytest.raises(AutomationError) as caught:
        png(explained(journey()).chart, wrong)
    assert caught.value.text("en").startswith(f"the font file {wrong} can't be used: ")
    assert caught.value.text("en").endswith("name another .ttf, .otf or .ttc file")


@pytest.mark.parametrize("missing", ["mmdr", "resvg_py"])
def test_a_missing_library_is_named_with_the_way_to_get_it(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(AutomationError) as caught:
        png(explained(journey()).chart)
    assert caught.value.text("en") == (
        f"drawing needs {missing}, which is not installed; run pip install 'marketing-rules-engine[diagram]',"
        " or use --format mermaid"
    )


def test_a_picture_that_the_library_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automation.insight.explain.picture.mermaid", lambda *_: "flowchart TB\n  a[")
    with pytest.raises(AutomationError) as caught:
        svg(explained(journey()).chart)
    assert caught.value.key == "explain.not_drawn"
    assert caught.value.text("en").endswith("--format mermaid still works")
