"""Report: for each rule, who entered, who was skipped and why, what was sent and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.i18n import say
from automation.reasons import Reason
from automation.store.reporting import audience_skips, limited_steps, log_counts, message_counts
from automation.store.rules import list_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from automation.store.database import Database

_ENTRY = (
    Reason.SKIPPED_DISABLED, Reason.SKIPPED_AUDIENCE, Reason.SKIPPED_HOLDOUT, Reason.SKIPPED_COOLDOWN,
    Reason.SKIPPED_LIMIT,
    Reason.SKIPPED_ALREADY_INSIDE, Reason.SKIPPED_COLLECTED, Reason.SKIPPED_REPEATED, Reason.SKIPPED_UNKNOWN_CONTACT,
    Reason.SKIPPED_SEQUENCE, Reason.SKIPPED_ENDLESS, Reason.SKIPPED_EXPIRED, Reason.SKIPPED_ERROR,
)  # fmt: skip
"""Who never came in; every other `skipped.…` is about a message."""


@dataclass(frozen=True)
class RuleReport:
    """Counts of one rule, by reason: `skipped` at entry, `unsent` before a message, `left` before the end.

    `messages` is a list of {channel, status, count}.
    """

    rule: str
    name: str
    entered: int
    skipped: dict[Reason, int]
    unsent: dict[Reason, int]
    left: dict[Reason, int]
    messages: list[dict[str, Any]]

    def lines(self) -> list[str]:
        """The report as sentences."""
        lines = [say("insight.report_rule", rule=self.rule, name=self.name, entered=self.entered)]
        for reasons in (self.skipped, self.left, self.unsent):
            lines += [f"    {count:>7,}  {reason.sentence()}" for reason, count in reasons.items()]
        for sent in self.messages:
            status = say(f"insight.status_{sent['status']}")
            lines.append(say("insight.report_messages", channel=sent["channel"], status=status, count=sent["count"]))
        return lines

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row a number. `part`: entered, skipped, left, unsent, or messages with their channel."""
        base: dict[str, Any] = {"rule": self.rule, "name": self.name, "channel": ""}
        yield base | {"part": "entered", "code": "entered", "count": self.entered}
        for part, reasons in (("skipped", self.skipped), ("left", self.left), ("unsent", self.unsent)):
            yield from (base | {"part": part, "code": reason.value, "count": n} for reason, n in reasons.items())
        for sent in self.messages:
            yield base | {"part": "messages", "code": sent["status"]} | {k: sent[k] for k in ("channel", "count")}

    def as_dict(self) -> dict[str, Any]:
        return vars(self) | {
            "skipped": {reason.value: count for reason, count in self.skipped.items()},
            "unsent": {reason.value: count for reason, count in self.unsent.items()},
            "left": {reason.value: count for reason, count in self.left.items()},
        }


def read_report(database: Database, since: int | None = None) -> list[RuleReport]:
    """Every rule's counts since a moment (milliseconds UTC), or since the beginning."""
    with database.read() as conn:
        names = {row.key: row.name for row in list_rules(conn)}
        return _reports(conn, names, since)


def _reports(conn: Connection, names: dict[str, str], since: int | None) -> list[RuleReport]:
    logged, counted = log_counts(conn, since), audience_skips(conn, since)
    messages, at_steps = message_counts(conn, since), limited_steps(conn, since)
    reports = []
    for key, name in names.items():
        mine = {Reason(code): count for (rule, code), count in logged.items() if rule == key}
        mine[Reason.SKIPPED_AUDIENCE] = mine.get(Reason.SKIPPED_AUDIENCE, 0) + counted.get(key, 0)
        limited = at_steps.get(key, 0)
        mine[Reason.SKIPPED_LIMIT] = mine.get(Reason.SKIPPED_LIMIT, 0) - limited
        unsent = [r for r in Reason if r.value.startswith(("skipped.", "held.", "failed.")) and r not in _ENTRY]
        left = [r for r in Reason if r.value.startswith("exited.")] + [Reason.STOPPED]
        sent = [{"channel": m.channel, "status": m.status, "count": m.count} for m in messages if m.key == key]
        skipped, not_sent, gone = (_present(mine, reasons) for reasons in (_ENTRY, unsent, left))
        not_sent |= {Reason.SKIPPED_LIMIT: limited} if limited else {}
        reports.append(RuleReport(key, name, mine.get(Reason.ENTERED, 0), skipped, not_sent, gone, sent))
    return reports


def _present(counts: dict[Reason, int], reasons: Any) -> dict[Reason, int]:
    return {reason: counts[reason] for reason in reasons if counts.get(reason)}
