"""What a person has agreed to: per purpose, per channel or for all of them ("*"). No answer is no consent.

An answer counts from when the person gave it, as far as that is known (docs/decisions/consent-order.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automation.channels import CHANNELS
from automation.contacts.names import ContactError
from automation.store import consent as consent_rows
from automation.store import contacts as contact_rows
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.consent import ConsentRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from automation.store.consent import Key, Memory

EVERY_CHANNEL = "*"
STATES = ("granted", "denied")
CLOCKS_DIFFER_MS = 5 * 60_000
"""Two systems' clocks may be so far apart: within it nobody knows which of their answers was the later one."""
_PURPOSE = re.compile(r"[^\s.\x00-\x1f\x7f\ud800-\udfff]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """An answer: `state` is granted or denied, `channel` may be "*", `source` says where it was given.

    `at_ms`: when the person gave it; None: nobody knows. `heard_ms`: when we heard of it, by our own clock; None: at
    that moment.
    """

    contact_id: int
    purpose: str
    channel: str
    state: str
    source: str
    at_ms: int | None
    heard_ms: int | None = None

    @property
    def key(self) -> Key:
        return self.purpose, self.channel

    def row(self) -> ConsentRow:
        """As it is stored. Nobody can answer after we have heard of it: a time that says so is our own."""
        given, heard = self.at_ms, self.heard_ms
        if heard is None:
            if given is None:
                raise ValueError("an answer without a time of its own needs the time at which it was heard of")
            heard = given
        given = None if given is None else min(given, heard)
        return ConsentRow(self.state, self.source[:200], heard if given is None else given, given, heard)


@dataclass
class Recorded:
    """What became of some answers. `overruled`: a yes that counts for nothing, because a no stands against it."""

    written: set[int] = field(default_factory=set)  # contacts
    changed: set[tuple[int, Key]] = field(default_factory=set)  # whose answer is another one now
    overruled: set[tuple[int, Key]] = field(default_factory=set)


def record_consent(conn: Connection, rows: Sequence[ConsentChange], *, actor: str = "consent") -> set[int]:
    """As `record_answers`; gives the contacts whose consent was written."""
    return record_answers(conn, rows, actor=actor).written


def record_answers(conn: Connection, rows: Sequence[ConsentChange], *, actor: str = "consent") -> Recorded:
    """The answer given later stands. A yes stands against a no only when it is known to have been said after it.

    The same no without a date from the same source as last time is no new answer. Every effective answer leaves an
    audit row `consent.granted` or `consent.denied`.
    """
    for row in rows:
        check_consent(row.purpose, row.channel, row.state)
    ids = {row.contact_id for row in rows}
    contact_rows.lock_contacts(conn, ids)
    today = contact_rows.survivors(conn, ids)
    done = _Recording(consent_rows.read_consents(conn, set(today.values())), _memory(conn, rows, today), actor)
    for id_, row in _in_order(rows, today):
        done.take(id_, row)
    consent_rows.replace_consents(conn, {id_: done.present[id_] for id_ in done.result.written})
    consent_rows.remember(conn, done.said, done.taken_back)
    write_audit(conn, done.audit)
    return done.finish()


def load_consents(conn: Connection, ids: Sequence[int]) -> dict[int, dict[tuple[str, str], str]]:
    """{contact: {(purpose, channel or "*"): "granted" | "denied"}}, for every id asked for, in one query."""
    return {id_: {} for id_ in ids} | {id_: states(rows) for id_, rows in consent_rows.read_consents(conn, ids).items()}


def states(rows: Mapping[Key, ConsentRow]) -> dict[tuple[str, str], str]:
    """What each answer amounts to: a yes for one channel is none where a later no was said to all of them."""
    found: dict[tuple[str, str], str] = {}
    for key, row in rows.items():
        whole = rows.get((key[0], EVERY_CHANNEL)) if row.state == "granted" else None
        overruled = whole is not None and whole.state == "denied" and not said_after(row, whole)
        found[key] = "denied" if overruled else row.state
    return found


def allows(consents: Mapping[tuple[str, str], str], purpose: str, channel: str) -> bool:
    """The channel's own answer decides, without one the answer for all channels; without any: no.

    `consents` as `load_consents` or `states` give them.
    """
    state = consents.get((purpose, channel)) or consents.get((purpose, EVERY_CHANNEL))
    return state == "granted"


def said_after(grant: ConsentRow, denial: ConsentRow) -> bool:
    """Whether the yes is known to have been said after the no. In SQL: rules/conditions/sql_people.py."""
    if grant.given_at is None:
        return False
    if denial.given_at is not None and grant.source == denial.source:
        return grant.given_at > denial.given_at  # one clock
    return grant.given_at > latest(denial)


def latest(denial: ConsentRow) -> int:
    """The last moment at which the no can have been said."""
    return denial.heard_at if denial.given_at is None else min(denial.given_at + CLOCKS_DIFFER_MS, denial.heard_at)


def outweighs(new: ConsentRow, old: ConsentRow) -> bool:
    """Whether `new` takes the place of `old`. In whichever order the two are heard of, the same one stays."""
    if new.state != old.state:
        return said_after(new, old) if new.state == "granted" else not said_after(old, new)
    if new.state == "denied":
        return latest(new) > latest(old)
    return new.given_at is not None and (old.given_at is None or new.given_at > old.given_at)


def check_consent(purpose: str, channel: str, state: str) -> None:
    """ContactError naming what is wrong with a purpose, a channel or a state."""
    if not _PURPOSE.match(purpose):
        raise ContactError("contacts.bad_purpose", found=purpose)
    if channel != EVERY_CHANNEL and channel not in CHANNELS:
        raise ContactError("contacts.bad_channel", found=channel, known=", ".join([EVERY_CHANNEL, *CHANNELS]))
    if state not in STATES:
        raise ContactError("contacts.bad_state", found=state)


NO_PURPOSES = ("none", "off", "no")
"""Words for "no consent is needed", which is the purpose `transactional`: nobody could ever agree to them."""


def readable_purpose(text: object) -> bool:
    return isinstance(text, str) and _PURPOSE.match(text) is not None


class _Recording:
    """Takes answers one by one, in memory."""

    def __init__(self, present: dict[int, dict[Key, ConsentRow]], memory: set[Memory], actor: str) -> None:
        self.present, self.result = present, Recorded()
        self.said: dict[Memory, int] = {}
        self.taken_back: set[Memory] = set()
        self.audit: list[AuditRow] = []
        self._memory, self._actor = memory, actor
        self._granted: set[tuple[int, Key]] = set()

    def take(self, id_: int, change: ConsentChange) -> None:
        new, key = change.row(), change.key
        if new.given_at is None and self._heard_before(id_, key, new):
            return
        if new.state == "granted":
            self._granted.add((id_, key))
        old = self.present[id_].get(key)
        if old is not None and not outweighs(new, old):
            return
        self.present[id_][key] = new
        self.result.written.add(id_)
        if old is None or old.state != new.state:
            self.result.changed.add((id_, key))
        self.audit.append(_audit(id_, key, new, old, self._actor))

    def finish(self) -> Recorded:
        for id_, key in self._granted:
            if states(self.present[id_]).get(key) != "granted":
                self.result.overruled.add((id_, key))
        return self.result

    def _heard_before(self, id_: int, key: Key, new: ConsentRow) -> bool:
        """Whether the source said this no already, and nothing else since. Keeps in mind what it says now."""
        memory = (id_, *key, new.source)
        if new.state == "denied":
            if memory in self._memory:
                return True
            self._memory.add(memory)
            self.said[memory] = new.heard_at
            self.taken_back.discard(memory)
        elif memory in self._memory:
            self._memory.discard(memory)
            self.said.pop(memory, None)
            self.taken_back.add(memory)
        return False


def _memory(conn: Connection, rows: Iterable[ConsentChange], today: Mapping[int, int]) -> set[Memory]:
    """The undated noes that the sources of these answers have said before."""
    undated = [row for row in rows if row.at_ms is None and row.contact_id in today]
    if not undated:
        return set()
    ids = {today[row.contact_id] for row in undated}
    return consent_rows.undated_denials(conn, ids, {row.source[:200] for row in undated})


def _in_order(rows: Iterable[ConsentChange], today: Mapping[int, int]) -> list[tuple[int, ConsentChange]]:
    """The answers of contacts that are there. A source that says yes and no at once, without dates, says no."""
    known = [(today[row.contact_id], row) for row in rows if row.contact_id in today]
    noes = {(id_, row.key, row.source) for id_, row in known if row.at_ms is None and row.state == "denied"}
    kept = [
        (id_, row)
        for id_, row in known
        if row.at_ms is not None or row.state == "denied" or (id_, row.key, row.source) not in noes
    ]
    return sorted(kept, key=lambda one: _order(one[1].row()))


def _order(new: ConsentRow) -> tuple[int, bool]:
    return new.changed_at, new.state == "denied"


def _audit(id_: int, key: Key, new: ConsentRow, old: ConsentRow | None, actor: str) -> AuditRow:
    purpose, channel = key
    detail = {
        "purpose": purpose, "channel": channel, "source": new.source, "at": new.changed_at, "given_at": new.given_at,
        "before": old and {"state": old.state, "source": old.source, "at": old.changed_at, "given_at": old.given_at,
                           "heard_at": old.heard_at},
    }  # fmt: skip
    return AuditRow(new.heard_at, actor, f"consent.{new.state}", subject_of(id_), detail)
