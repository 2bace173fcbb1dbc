"""CSV as spreadsheets and systems write it: the one place that reads it, and the one that writes it."""

from automation.csvfiles.cells import guarded, harmless, is_blank, kept_exact, read_cell
from automation.csvfiles.encodings import open_text, text_encoding
from automation.csvfiles.problems import CsvProblem
from automation.csvfiles.reader import CsvFile, CsvRow, read_rows, survey
from automation.csvfiles.writer import CsvWriter, csv_line

__all__ = [
    "CsvFile",
    "CsvProblem",
    "CsvRow",
    "CsvWriter",
    "csv_line",
    "guarded",
    "harmless",
    "is_blank",
    "kept_exact",
    "open_text",
    "read_cell",
    "read_rows",
    "survey",
    "text_encoding",
]
