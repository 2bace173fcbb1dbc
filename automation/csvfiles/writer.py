"""Lines of CSV that leave the house: no spreadsheet runs what is in them, and any text comes back as it was."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, TextIO

from automation.csvfiles.cells import guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class CsvWriter:
    """Writes lines that end with a line feed alone. `raw`: cells as they are, for machines that know what they read."""

    def __init__(self, out: TextIO, *, raw: bool = False, mark: Callable[[str], str] = guarded) -> None:
        """`mark` is what is done to each text: `guarded`, `harmless` or `kept_exact` of `cells`."""
        self._plain = csv.writer(out, lineterminator="\n")
        self._quoting = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        self._mark = None if raw else mark

    def write(self, cells: Sequence[object]) -> None:
        if self._mark is not None:
            cells = [self._mark(cell) if isinstance(cell, str) else cell for cell in cells]
        # The csv module of Python 3.11 does not quote a carriage return by itself.
        returns = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (self._quoting if returns else self._plain).writerow(cells)


def csv_line(values: Iterable[object], *, raw: bool = False) -> str:
    """One line, without its end."""
    line = io.StringIO(newline="")
    CsvWriter(line, raw=raw).write(list(values))
    return line.getvalue()[:-1]
