"""Allows: `lint: allow L101 reason` in a comment silences a finding on its line, or on the line below it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.insight.lint.codes import CODES
from automation.insight.lint.finding import Finding
from automation.insight.lint.masking import comments

if TYPE_CHECKING:
    from automation.insight.lint.sources import Source

_TEMPLATE = re.compile(r"\{#-?(.*?)-?#\}", re.DOTALL)
_ALLOW = re.compile(r"#?\s*lint:\s*allow\b(.*)", re.DOTALL)
_CODES = re.compile(r"\s*((?:L\d+\s*,?\s*)*)(.*)", re.DOTALL)


@dataclass(frozen=True)
class Allow:
    """`lines` are those on which it silences `codes`."""

    file: str
    line: int
    column: int
    lines: range
    codes: tuple[str, ...]
    reason: str

    def silences(self, finding: Finding) -> bool:
        return finding.file == self.file and finding.line in self.lines and finding.code in self.codes


def silence(
    findings: Iterable[Finding], sources: Iterable[Source], judged: Collection[str], files: Collection[str]
) -> list[Finding]:
    """What no allow silences, and what is wrong with the allows of `files`, which were looked at as a whole.

    Only codes in `judged` can be called idle: the others were not looked for.
    """
    allows = [allow for source in sources for allow in allows_in(source)]
    left, used = [], set()
    for finding in findings:
        heard = [(allow, finding.code) for allow in allows if allow.reason and allow.silences(finding)]
        used.update(heard)
        if not heard:
            left.append(finding)
    return left + [fault for allow in allows if allow.file in files for fault in _faults(allow, used, judged)]


def allows_in(source: Source) -> Iterator[Allow]:
    """Every allow of a file."""
    for start, end, comment in _comments(source):
        found = _ALLOW.match(comment.strip())
        if found:
            listed = _CODES.match(found[1])
            assert listed is not None
            file, line, column = source.place(start)
            reach = range(line, _last_line(source, start, end) + 1)
            yield Allow(file, line, column, reach, tuple(re.findall(r"L\d+", listed[1])), listed[2].strip())


def _faults(allow: Allow, used: Collection[tuple[Allow, str]], judged: Collection[str]) -> Iterator[Finding]:
    place = allow.file, allow.line, allow.column
    unknown = [code for code in allow.codes if code not in CODES]
    if unknown or not allow.codes:
        yield Finding("L003", *place, {"found": ", ".join(unknown) or allow.reason.partition(" ")[0] or "–"})
    elif not allow.reason:
        yield Finding("L001", *place, {"found": ", ".join(allow.codes)})
    else:
        idle = [code for code in allow.codes if code in judged and (allow, code) not in used]
        if idle:
            yield Finding("L002", *place, {"found": ", ".join(idle)})


def _comments(source: Source) -> Iterator[tuple[int, int, str]]:
    if source.kind == "yaml":
        for start, comment in comments(source.text):
            yield start, start + len(comment), comment
    else:
        for match in _TEMPLATE.finditer(source.text):
            yield match.start(), match.end(), match[1]


def _last_line(source: Source, start: int, end: int) -> int:
    """The comment's own last line; one that stands alone reaches the first line below that is no such comment."""
    lines = source.text.split("\n")
    first, last = source.place(start)[1], source.place(max(start, end - 1))[1]
    column = source.place(start)[2]
    alone = not lines[first - 1][: column - 1].strip() and not source.text[end:].partition("\n")[0].strip()
    if not alone:
        return last
    mark = "#" if source.kind == "yaml" else "{#"
    while last < len(lines) and lines[last].strip().startswith(mark):
        last += 1
    return last + 1
