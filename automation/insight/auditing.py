"""Is the audit whole? Walks its chain and names every row that was changed, taken out or put in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from automation.errors import AutomationError
from automation.i18n import say
from automation.store import audit, chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from automation.store.database import Database
    from automation.store.types import AnyRow

PAGE = 2000
MOST_FINDINGS = 200


@dataclass(frozen=True)
class Finding:
    """`key` is a sentence `auditing.found_…`; `row` is the id of the row it is about, None where there is none."""

    key: str
    row: int | None
    params: dict[str, Any]

    def sentence(self, lang: str | None = None) -> str:
        return say(f"auditing.found_{self.key}", lang, **self.params)


@dataclass(frozen=True)
class Verdict:
    """`rows` were looked at; `erased` of them hold no personal data any more. `head` is worth noting elsewhere."""

    rows: int
    erased: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        found = [{**asdict(one), "sentence": one.sentence()} for one in self.findings]
        return {"ok": self.ok, "rows": self.rows, "erased": self.erased, "head": self.head, "findings": found}


def verify(database: Database, expected: str | None = None) -> Verdict:
    """Walk the whole chain, page by page; `expected` is the head of an earlier verdict, which must still be there.

    What it can't find: an end that was cut off after the last publication, and a chain that was written anew from
    some row on by somebody who knows how. An `expected` head shows both.
    """
    walk = _Walk(_head(expected) if expected else None)
    with database.snapshot() as conn:
        for row in _rows(conn):
            walk.step(row)
        walk.close()
        walk.note(_never_chained(conn))
        walk.note(_unaudited(conn))
    return Verdict(walk.rows, walk.erased, f"{walk.seq}:{walk.hash}", tuple(walk.findings[:MOST_FINDINGS]))


class _Walk:
    """Where the chain was left, and what was found so far."""

    def __init__(self, expected: tuple[int, str] | None) -> None:
        self.expected = expected
        self.rows = self.erased = self.seq = 0
        self.last_id: int | None = None
        self.hash = chain.BEGINNING
        self.findings: list[Finding] = []

    def step(self, row: AnyRow) -> None:
        whole = row.seq == self.seq + 1
        if not whole:
            self.note([_missing(self.seq + 1, row.seq - 1, self.last_id, row.id)])
        self.note(_in_itself(row))
        if whole and row.prev_hash != self.hash:
            self.note([Finding("other_before", row.id, {"row": row.id, "before": self.last_id or "–"})])
        if self.expected is not None and row.seq == self.expected[0] and row.hash != self.expected[1]:
            self.note([Finding("other_head", row.id, {"row": row.id, "seq": row.seq})])
        self.rows, self.erased = self.rows + 1, self.erased + (row.salt is None)
        self.seq, self.hash, self.last_id = row.seq, row.hash, row.id

    def close(self) -> None:
        if self.expected is not None and self.seq < self.expected[0]:
            self.note([_missing(self.seq + 1, self.expected[0], self.last_id, None)])

    def note(self, found: Iterable[Finding]) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings += found


def _in_itself(row: AnyRow) -> Iterator[Finding]:
    """What shows without its neighbours."""
    if row.salt is not None and chain.digest_of_value(row.salt, row.subject, row.detail) != row.digest:
        yield Finding("content", row.id, _named(row))
    if row.salt is None and row.detail != {}:
        yield Finding("not_empty", row.id, _named(row))
    if chain.hash_of(row.seq, row.id, row.at, row.actor, row.action, row.digest, row.prev_hash) != row.hash:
        yield Finding("changed", row.id, _named(row))


def _named(row: AnyRow) -> dict[str, Any]:
    return {"row": row.id, "action": row.action}


def _missing(first: int, last: int, before: int | None, after: int | None) -> Finding:
    params = {"count": last - first + 1, "before": before or "–", "after": after or "–"}
    return Finding("missing" if after is not None else "cut_off", None, params)


def _rows(conn: Connection) -> Iterator[AnyRow]:
    last = 0
    while rows := audit.chained(conn, last, PAGE):
        yield from rows
        last = rows[-1].seq


def _never_chained(conn: Connection) -> Iterator[Finding]:
    for row in audit.unchained(conn, MOST_FINDINGS):
        yield Finding("put_in", row.id, _named(row))


def _unaudited(conn: Connection) -> Iterator[Finding]:
    """Publications write an audit row in the same transaction: one without it shows that the row was taken out."""
    for id_ in audit.unaudited_publications(conn, MOST_FINDINGS):
        yield Finding("no_publication", None, {"publication": id_})


def _head(text: str) -> tuple[int, str]:
    seq, _, hash_ = text.partition(":")
    if not seq.isdecimal() or len(hash_) != len(chain.BEGINNING):
        raise AutomationError("auditing.bad_head", found=text)
    return int(seq), hash_
