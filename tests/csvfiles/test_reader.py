"""CSV as others export it is read; what can't be is told honestly, and harms no other row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.csvfiles import CsvProblem, read_rows, survey

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [["email", "name"], ["a@x.cn", "李雷, 先生"], ["b@x.cn", 'say "hi"']]


def read(path: Path, content: str | bytes) -> list[list[str]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = survey(path)
    assert [row.problem for row in read_rows(found)] == [None] * len(list(read_rows(found)))
    return [list(found.columns), *(row.cells for row in read_rows(found))]


def written(delimiter: str, end: str) -> str:
    return end.join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in ROWS) + end


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]),
    sep=st.sampled_from(["", "sep=", '"sep=']),
    before=st.sampled_from(["", "\n", "  \n"]),
    trailing=st.booleans(),
)
def test_every_way_of_writing_the_same_table_is_the_same_table(
    tmp_path: Path, delimiter: str, end: str, encoding: str, sep: str, before: str, trailing: bool
) -> None:
    text = written(delimiter, end)
    if trailing:  # a column without a name and without values behind the last
        text = text.replace(end, delimiter + end)
    if sep:
        text = sep + delimiter + ('"' if sep[0] == '"' else "") + end + text
    before = before if not encoding.startswith("utf-16") else ""  # without a mark, the head must look like UTF-16
    path = tmp_path / "t.csv"
    path.write_bytes((before + text).encode(encoding))
    found = survey(path)
    assert [list(found.columns), *(row.cells for row in read_rows(found))] == ROWS


def test_sep_may_name_any_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", "sep=|\r\na|b,c\r\n1|2\r\n") == [["a", "b,c"], ["1", "2"]]


def test_rows_of_commas_alone_are_blank_lines(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", "a,b\n,\n1,2\n ,\n,,,\n") == [["a", "b"], ["1", "2"]]


def test_more_commas_than_columns_are_no_cells_but_a_value_is(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2,,\n1,2,3\n", encoding="utf-8")
    first, second = read_rows(survey(path))
    assert (first.cells, first.problem) == (["1", "2"], None)
    assert second.problem is not None
    assert "3 columns, the header has 2" in second.problem.text("en")


def test_a_huge_cell_is_not_blamed_on_quotes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    huge = "x" * 140_000
    swallowed = "".join(f"{n},{'y' * 1000}\n" for n in range(140))
    path.write_text(f'a,b\n1,{huge}\n2,"{huge}"\n3,"open\n{swallowed}4,last\n', encoding="utf-8")
    problems = {row.line: row.problem.text("en") for row in read_rows(survey(path)) if row.problem is not None}
    assert problems == {
        2: "cell 2 has more than 131072 characters, which is more than a cell may have",
        3: "cell 2 has more than 131072 characters, which is more than a cell may have",
        4: "a cell runs over several lines and has more than 131072 characters: most likely a quote on this line is "
           "not closed",
    }  # fmt: skip
    assert [row.cells for row in read_rows(survey(path))][-1] == ["4", "last"]


def test_names_of_columns_lose_their_marks(tmp_path: Path) -> None:
    assert read(tmp_path / "t.csv", "'=1, a ,'2\nx,y,z\n") == [["=1", "a", "2"], ["x", "y", "z"]]


@pytest.mark.parametrize("header", ['"a,b', 'a,"b" c', '"a"x;"b"'])
def test_a_header_with_wrong_quotes_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(header + "\n1,2\n", encoding="utf-8")
    with pytest.raises(CsvProblem) as caught:
        survey(path)
    assert "quotes are not closed or misplaced" in caught.value.text("en")
