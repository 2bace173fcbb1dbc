"""What is put on a cell that leaves is taken off when it comes in: exactly that, whatever the cell."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from automation.csvfiles import CsvWriter, csv_line, guarded, harmless, is_blank, kept_exact, read_cell
from automation.csvfiles.cells import is_formula, unguarded

hostile = st.text(
    st.characters(codec="utf-8")
    | st.sampled_from(list("=+-@'\"\t\r\n ;,|\\\ufeff\u200b＝＋－＠19aA\xa0\u3000[{")),
    max_size=12,
)  # fmt: skip
RUN_BY_SPREADSHEETS = "=+-@\t\r\n＝＋－＠"


@given(hostile)
@example("'1001")
@example("''=1")
@example('"\\" a\\""')
@example("NULL")
@example('"NULL"')
@example("' =x '")
@example("-")
def test_what_the_export_puts_on_the_import_takes_off(text: str) -> None:
    kept = kept_exact(text)
    assert read_cell(kept) == text
    assert read_cell(f" {kept} ") == text  # a spreadsheet may have put space around it
    assert not is_blank(kept)
    assert unguarded(guarded(text)) == text


@given(hostile)
def test_no_cell_that_leaves_is_run_by_a_spreadsheet(text: str) -> None:
    """The spreadsheet's side of it: what it sees behind the space that it may strip."""
    for cell in (guarded(text), harmless(text), kept_exact(text)):
        seen = cell.lstrip().lstrip("\ufeff\u200b")
        number = is_blank(cell) or (seen[:1] == "-" and seen[1:].replace(".", "", 1).isdigit())
        assert is_blank(cell) or not cell.startswith(tuple("\t\r\n"))
        assert number or not seen.startswith(tuple(RUN_BY_SPREADSHEETS))


@given(hostile)
@example("\n")
@example("\t-")
def test_a_rejected_cell_is_read_again_as_it_was(cell: str) -> None:
    assert read_cell(harmless(cell)) == read_cell(cell)
    assert is_blank(harmless(cell)) == is_blank(cell)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'1001", "1001"), ("  x ", "x"), ("'t Hart", "'t Hart"), ("O'Neil", "O'Neil"), ("-5.20", "-5.20"),
        ("'-5", "-5"), ("'=1+1", "=1+1"), ('"x"', '"x"'), ("''", "''"), ("'", "'"),
    ],
)  # fmt: skip
def test_cells_of_other_programs(cell: str, text: str) -> None:
    assert read_cell(cell) == text


@pytest.mark.parametrize("cell", ["", "  ", "NULL", "null", "-", "无", "N/A", "#N/A", "—", "\\N"])
def test_what_says_nothing(cell: str) -> None:
    assert is_blank(cell)


def test_a_phone_gets_the_mark_and_a_negative_number_does_not() -> None:
    assert csv_line(["+8613800138000", "-5", "-5+3", 7]) == "'+8613800138000,-5,'-5+3,7"
    assert csv_line(["=1", "'1"], raw=True) == "=1,'1"
    assert is_formula(" \u200b=cmd|' /C calc'!A0")


@given(st.lists(hostile, min_size=1, max_size=4))
def test_raw_is_what_a_machine_reads(cells: list[str]) -> None:
    out = io.StringIO(newline="")
    CsvWriter(out, raw=True).write(cells)
    assert next(csv.reader(io.StringIO(out.getvalue(), newline=""))) == cells
