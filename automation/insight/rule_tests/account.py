"""What happened in a case, line by line, as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.contacts.masking import REVEALED, masking
from automation.i18n import say
from automation.insight.details import shown_time, summary
from automation.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from automation.insight.rule_tests.suite import Result

LONGEST = 160


def happened(result: Result, zone: ZoneInfo) -> list[str]:
    """The log of the person, with reasons and the values seen; then whatever explains a silence."""
    with masking(REVEALED):  # the values are those of the case
        lines = list(_log(result, zone))
    return [*(lines or [say("tests.nothing_happened")]), *result.record.notes]


def _log(result: Result, zone: ZoneInfo) -> Iterator[str]:
    for row in result.record.rows:
        sentence = Reason(row.code).sentence() if row.code in set(Reason) else row.code
        step = (row.step or "").partition("/")[2].partition("/")[2]
        seen = summary(row.detail, zone, LONGEST)
        parts = [shown_time(row.at, zone), sentence, step, f"〔{seen}〕" if seen else ""]
        yield "  ".join(part for part in parts if part)


def differences(result: Result) -> list[str]:
    """What was expected and what came, three lines each."""
    width = max(len(say("tests.expected")), len(say("tests.got")))
    lines: list[str] = []
    for difference in result.differences:
        lines.append(difference.what)
        lines.append(f"  {say('tests.expected'):{width}}  {_one_line(difference.expected)}")
        lines.append(f"  {say('tests.got'):{width}}  {_one_line(difference.got)}")
    return lines


def failure(result: Result, zone: ZoneInfo) -> Sequence[str]:
    """All that is told about a case that failed."""
    return [
        f"{result.case.file}:{result.case.line}",
        *differences(result),
        say("tests.happened"),
        *(f"  {line}" for line in happened(result, zone)),
    ]


def _one_line(text: str) -> str:
    return " ⏎ ".join(line.strip() for line in text.splitlines() if line.strip())
