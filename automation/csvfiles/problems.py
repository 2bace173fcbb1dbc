"""What keeps a CSV file, or one row of it, from being read."""

from __future__ import annotations

from automation.errors import AutomationError


class CsvProblem(AutomationError):
    """`params` hold `file` when the whole file can't be read."""
