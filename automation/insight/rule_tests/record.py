"""What came of one case: read from the log, the runs, the ledger and the coupons of its little database."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.reasons import Reason
from automation.rules.cases.spec import State
from automation.rules.program import Act
from automation.store.coupons import stock
from automation.store.log import read_log
from automation.store.messages import load_message
from automation.store.runs import runs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.providers.base import Outgoing
    from automation.store.types import AnyRow

MOST_ROWS = 2_000
_TAKEN = (Reason.STEP_DONE.value, Reason.ACCEPTED.value)
"""A step that stays in the house is done; one that goes out is taken when its message is accepted."""
_ENDED: Mapping[str, State] = {"done": "done", "exited": "exited", "failed": "failed"}


@dataclass(frozen=True)
class SentMessage:
    """A message that a provider took. `text` is everything that can be read in it."""

    channel: str
    template: str | None
    text: str


@dataclass(frozen=True)
class Taken:
    """An action that was carried out; `path` is its step."""

    action: str
    path: str


@dataclass(frozen=True)
class Record:
    """`codes`: every reason about the person, in order, and those for which a whole audience was passed over."""

    rows: Sequence[AnyRow] = ()
    codes: tuple[str, ...] = ()
    steps: tuple[Taken, ...] = ()
    messages: tuple[SentMessage, ...] = ()
    state: State | None = None  # of the newest run; None: never entered
    ended: str | None = None  # why the newest run that is over ended
    coupons: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()  # why the case was not what it says: an event was refused, nobody fits


def read_record(
    conn: Connection, rule: LoadedRule, contact_id: int, sent: Sequence[Outgoing], faults: Sequence[str]
) -> Record:
    """Everything about one person and one rule."""
    rows = [
        row for row in read_log(conn, rule_key=rule.spec.id, limit=MOST_ROWS) if row.contact_id in (contact_id, None)
    ]
    runs = runs_of(conn, rule.rule_id, contact_id, MOST_ROWS)
    ended = [run for run in runs if run.reason is not None]
    return Record(
        rows=rows,
        codes=tuple(code for row in rows for code in _codes(row)),
        steps=tuple(_steps(rule, rows)),
        messages=tuple(_message(conn, message) for message in sorted(sent, key=lambda m: int(m.reference[1:]))),
        state=_ENDED.get(max(runs, key=lambda run: run.id).status, "waiting") if runs else None,
        ended=max(ended, key=lambda run: (run.ended_at, run.id)).reason if ended else None,
        coupons={batch.key: batch.issued for batch in stock(conn) if batch.issued},
        faults=tuple(faults),
    )


def reasons_in(row: AnyRow) -> set[str]:
    """The row's own code, and those why single channels were passed over."""
    detail = row.detail or {}
    channels = detail.get("channels")
    passed = [item.get("reason") for item in channels if isinstance(item, dict)] if isinstance(channels, list) else []
    return {*_codes(row), *(str(reason) for reason in passed if reason)}


def _codes(row: AnyRow) -> list[str]:
    skipped = (row.detail or {}).get("skipped") if row.code == Reason.OCCURRENCE_DONE else None
    return [row.code, *(skipped if isinstance(skipped, dict) else ())]


def _steps(rule: LoadedRule, rows: Sequence[AnyRow]) -> list[Taken]:
    acts: Mapping[str, Act] = rule.acts
    return [Taken(acts[row.step].action, row.step) for row in rows if row.code in _TAKEN and row.step in acts]


def _message(conn: Connection, message: Outgoing) -> SentMessage:
    row = load_message(conn, int(message.reference[1:]))
    content = message.content
    readable = html.unescape(content.html) if content.html else None
    parts = [content.subject, content.text, readable, content.list_unsubscribe]
    parts += [_shown(values) for values in (content.data, message.payload) if values]
    return SentMessage(message.channel, row.template if row else None, "\n".join(part for part in parts if part))


def _shown(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
