"""Who is sent nothing: a contact or an address, on one channel or on all, for ever or until a time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from automation.channels import CHANNELS
from automation.contacts.consent import EVERY_CHANNEL
from automation.contacts.names import ContactError
from automation.store import contacts as contact_rows
from automation.store import suppression as rows_
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.identities import held_by
from automation.store.sealing import ERASED
from automation.store.suppression import SuppressionRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

Target = tuple[int | None, str | None, str]
"""(contact id, address, channel)."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Either `contact_id` or `address` (normalised, as the identity holds it). `until_ms` None: for ever."""

    reason: str
    contact_id: int | None = None
    address: str | None = None
    channel: str = EVERY_CHANNEL
    until_ms: int | None = None
    source: str = ""  # without one, who put it there
    since_ms: int | None = None  # of an entry that comes from another list


def suppress(conn: Connection, rows: Sequence[Suppression], now_ms: int, *, actor: str) -> int:
    """Put them on the list; one that is there already is only ever lengthened. Gives how many rows were written."""
    for row in rows:
        _check(row)
    contact_rows.lock_contacts(conn, {row.contact_id for row in rows if row.contact_id is not None})
    today = contact_rows.survivors(conn, {row.contact_id for row in rows if row.contact_id is not None})
    wanted: dict[Target, Suppression] = {}
    for row in rows:
        target = (today.get(row.contact_id or 0), row.address, row.channel)
        if target[:2] != (None, None) and _longer(row.until_ms, wanted.get(target)):
            wanted[target] = row
    present = {(r.contact_id, r.address, r.channel): r for r in _active(conn, wanted, now_ms)}
    new = [(t, row) for t, row in wanted.items() if t not in present]
    longer = [(t, row) for t, row in wanted.items() if t in present and _outlasts(row.until_ms, present[t].until)]
    rows_.insert_suppressions(conn, [_row(target, row, now_ms, actor) for target, row in new])
    rows_.extend_suppressions(conn, [(row.until_ms, present[target].id) for target, row in longer])
    write_audit(conn, [_audit("suppression.added", t, r.reason, now_ms, actor) for t, r in (*new, *longer)])
    return len(new) + len(longer)


def lift(
    conn: Connection,
    now_ms: int,
    *,
    actor: str,
    reason: str,
    contact_id: int | None = None,
    address: str | None = None,
    channel: str | None = None,
    keep_erased: bool = False,
) -> int:
    """Take a contact or an address off the list, on one channel's row or on all; gives how many rows went.

    `keep_erased`: what an erasure left stays; `lift_erased` is for that.
    """
    ids = [] if contact_id is None else [contact_id]
    addresses = [] if address is None else [address]
    found = rows_.active_suppressions(conn, ids, addresses, now_ms)
    gone = [row for row in found if channel in (None, row.channel) and not (keep_erased and row.reason == ERASED)]
    rows_.delete_suppressions(conn, {row.id for row in gone})
    write_audit(
        conn,
        [_audit("suppression.lifted", (r.contact_id, r.address, r.channel), reason, now_ms, actor) for r in gone],
    )
    return len(gone)


def lift_erased(conn: Connection, now_ms: int, contact_id: int, *, actor: str, reason: str) -> int:
    """Somebody who was erased came back and wants to be written to: what the erasure left on their addresses goes."""
    held = held_by(conn, [contact_id]).get(contact_id, ())
    found = rows_.active_suppressions(conn, [], [value for _, value, _ in held], now_ms)
    gone = {row.id for row in found if row.reason == ERASED}
    rows_.delete_suppressions(conn, gone)
    if gone:
        detail = {"reason": reason, "addresses": len(gone)}
        write_audit(conn, [AuditRow(now_ms, actor, "suppression.lifted", subject_of(contact_id), detail)])
    return len(gone)


class Suppressed(NamedTuple):
    """Places in what was asked for: `hits` must not be sent anything now; of those, `noes` stand for the person, and
    not only for an address that is out of reach for a while."""

    hits: set[int]
    noes: set[int]


def load_suppressed(conn: Connection, wanted: Sequence[tuple[int, str, str | None]], now_ms: int) -> Suppressed:
    """Which of these (contact id, channel, address) are on the list. One query."""
    ids = {contact for contact, _, _ in wanted}
    named = {address for _, _, address in wanted if address is not None}
    listed = rows_.active_suppressions(conn, ids, named, now_ms)
    hits, noes = _Channels(), _Channels()
    for row in listed:
        hits.add(row)
        if not row.reason.startswith(rows_.OUT_OF_REACH):
            noes.add(row)
    return Suppressed(hits.among(wanted), noes.among(wanted))


class _Channels:
    """The channels of the list's entries, by contact and by address."""

    def __init__(self) -> None:
        self._of: dict[int | str, set[str]] = defaultdict(set)

    def add(self, row: SuppressionRow) -> None:
        self._of[row.address or "" if row.contact_id is None else row.contact_id].add(row.channel)

    def among(self, wanted: Sequence[tuple[int, str, str | None]]) -> set[int]:
        if not self._of:
            return set()
        nothing: set[str] = set()
        return {
            place
            for place, (contact, channel, address) in enumerate(wanted)
            if not {EVERY_CHANNEL, channel}.isdisjoint(
                self._of.get(contact, nothing) | self._of.get(address or "", nothing)
            )
        }


def _check(row: Suppression) -> None:
    if (row.contact_id is None) == (row.address is None):
        raise ContactError("contacts.suppression_target")
    if row.channel != EVERY_CHANNEL and row.channel not in CHANNELS:
        raise ContactError("contacts.bad_channel", found=row.channel, known=", ".join([EVERY_CHANNEL, *CHANNELS]))


def _active(conn: Connection, wanted: Iterable[Target], now_ms: int) -> list[SuppressionRow]:
    targets = list(wanted)
    ids = {contact for contact, _, _ in targets if contact is not None}
    return rows_.active_suppressions(conn, ids, {address for _, address, _ in targets if address is not None}, now_ms)


def _longer(until: int | None, other: Suppression | None) -> bool:
    return other is None or _outlasts(until, other.until_ms)


def _outlasts(until: int | None, other: int | None) -> bool:
    """Whether `until` ends later than `other`; None never ends."""
    return other is not None and (until is None or until > other)


def _row(target: Target, row: Suppression, now_ms: int, actor: str) -> SuppressionRow:
    contact, address, channel = target
    since, source = min(row.since_ms or now_ms, now_ms), (row.source or actor)[:200]
    return SuppressionRow(0, contact, address, channel, row.reason[:200], since, row.until_ms, source)


def _audit(action: str, target: Target, reason: str, now_ms: int, actor: str) -> AuditRow:
    contact, address, channel = target
    subject = subject_of(contact) if contact is not None else f"address:{address}"
    return AuditRow(now_ms, actor, action, subject, {"channel": channel, "reason": reason})
