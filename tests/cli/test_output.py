"""Tables, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from automation.cli.details import summary
from automation.cli.output import Format, csv_line, emit_table, visible
from automation.contacts.masking import mask
from automation.csvfiles.cells import unguarded
from automation.i18n import language


def test_wide_characters_align(capsys: pytest.CaptureFixture[str]) -> None:
    emit_table(("rule", "count"), [{"rule": "生日券", "count": 5}, {"rule": "abc", "count": 12}])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[1:]] == [["生日券", "5"], ["abc", "12"]]
    assert len({cell_len(line) for line in lines}) == 1  # numbers stand at the right, under each other


def test_titles_are_in_the_operators_language(capsys: pytest.CaptureFixture[str]) -> None:
    for lang, title in (("zh", "规则"), ("en", "rule")):
        with language(lang):  # type: ignore[arg-type]
            emit_table(("rule",), [{"rule": "x"}])
        assert capsys.readouterr().out.splitlines()[0] == title


def test_data_can_neither_move_the_cursor_nor_break_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    emit_table(("item",), [{"item": "a\x1b[2Jb\nc\x07"}])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 2
    assert "a\ufffd[2Jb c\ufffd" in out


def test_times_are_local_in_tables_and_iso_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"at": 1_785_556_800_123, "due_at": None, "count": 3}]
    emit_table(("at", "due_at", "count"), rows, Format.json)
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["at"][:19], row["due_at"], row["count"]) == ("2026-08-01T04:00:00", None, 3)
    emit_table(("at", "due_at"), rows, Format.csv)
    assert capsys.readouterr().out.splitlines()[1].startswith("2026-08-01T04:00:00.123")
    emit_table(("at",), rows)
    assert capsys.readouterr().out.splitlines()[1] == "2026-08-01 04:00:00"


def test_csv_for_spreadsheets(capsys: pytest.CaptureFixture[str]) -> None:
    emit_table(("name", "tags"), [{"name": '李,"雷"', "tags": ["a", "b"]}], Format.csv, bom=True)
    out = capsys.readouterr().out
    assert out.startswith("\ufeffname,tags\n")
    assert list(csv.reader(io.StringIO(out.removeprefix("\ufeff"))))[1] == ['李,"雷"', '["a", "b"]']


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",))), min_size=2))
def test_what_csv_writes_can_be_read(cells: list[str]) -> None:
    read = next(csv.reader(io.StringIO(csv_line(cells) + "\n", newline="")))
    assert [unguarded(cell) for cell in read] == cells


@given(st.text())
def test_visible_text_is_one_printable_line(text: str) -> None:
    assert all(char.isprintable() for char in visible(text))
    assert len(visible(text)) == len(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("+8613800138001", "138****8001"),
        ("lilei@example.com", "l***@example.com"),
        ("oABCDEFG", "o*******"),
        ("https://example.com/hook?token=s3cret", "https://example.com/hook"),
        ("x", "x*"),
    ],
)
def test_masking(value: str, shown: str) -> None:
    assert mask(value) == shown


def test_details_on_one_line() -> None:
    refused = {"channels": [
        {"channel": "wechat", "reason": "skipped.unreachable", "identity": "wechat_openid"},
        {"channel": "sms", "reason": "skipped.suppression"},
    ]}  # fmt: skip
    assert summary(refused) == "wechat: skipped.unreachable (identity=wechat_openid); sms: skipped.suppression"
    assert summary({"until": "2026-08-01T09:00:00+08:00"}) == "until=2026-08-01 01:00"
    assert summary({"outputs": {"code": "B1", "value": 5000}}) == "code=B1, value=5000"
    assert summary({"text": "x" * 300}).endswith("…")
    assert summary(None) == ""
