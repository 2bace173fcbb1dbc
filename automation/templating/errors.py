"""What can be wrong with a template: when it is read, and when it is rendered."""

from __future__ import annotations

from typing import Any

from automation.errors import AutomationError


class TemplateError(AutomationError):
    """A template's source is wrong. `line` counts from 1 in `file`; `others` is what else is wrong in it."""

    others: tuple[TemplateError, ...] = ()

    def __init__(self, key: str, /, *, file: str, line: int, **params: Any) -> None:
        super().__init__(key, **params)
        self.file = file
        self.line = line


class RenderError(AutomationError):
    """A template can't be rendered for this person: nothing is sent to them.

    `params` always hold `file`, `line`, and `variable`, which is "" when no single one is to blame. A text that
    stands in a rule has no file: the message shows the text.
    """

    def __init__(self, key: str, /, *, file: str, line: int, variable: str = "", text: str = "", **params: Any) -> None:
        place = f"{file}:{line}" if file else text[:60]
        super().__init__(key, place=place, file=file, line=line, variable=variable, **params)
