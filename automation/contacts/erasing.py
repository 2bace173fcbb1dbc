"""Erasing a person (PIPL art. 47): see docs/decisions/erasure.md for what goes, what stays, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.contacts.consent import EVERY_CHANNEL
from automation.contacts.names import ContactError
from automation.contacts.personal import (
    SHORTEST_TOLD,
    Finder,
    attribute_values,
    identity_values,
    kept_properties,
)
from automation.reasons import Reason
from automation.store import contacts as contact_rows
from automation.store import erasing, identities, mentions
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.dropping import drop_queued
from automation.store.log import Entry, write_log
from automation.store.retry import retried
from automation.store.runs import end_runs
from automation.store.sealing import ERASED, is_sealed, make_erasure_key, note_renamed, seal
from automation.store.suppression import SuppressionRow, delete_suppressions, insert_suppressions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.store.database import Database

ACTION = "contact.erased"


@dataclass
class Erasure:
    """What was done, in numbers: nothing here names the person."""

    contact_id: int
    merged_ids: tuple[int, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)


def erase(
    database: Database, catalogue: Catalogue, contact_id: int, now_ms: int, *, actor: str, reason: str = "",
    tell: Callable[[int], None] | None = None,
) -> Erasure:  # fmt: skip
    """Erase one person in one transaction; ContactError when nobody has the id, or was erased already.

    Other people's rows that mention the person are looked for first, without holding anybody up. `reason` goes to the
    audit, unless it names the person. `tell` is called with the number of rows looked at.
    """
    with database.read() as conn:
        needles = _Person.load(conn, catalogue, contact_id).needles
    found, upto = mentions.look_through(database, needles, tell)

    def transaction() -> Erasure:
        with database.write() as conn:
            erasing.secure_delete(conn)
            person = _Person.load(conn, catalogue, contact_id, lock=True)
            if not set(person.needles) <= set(needles):  # they got another identity meanwhile
                raise ContactError("contacts.changed_meanwhile", id=contact_id)
            later = mentions.look_on(conn, needles, upto)
            both = {name: [*found.get(name, ()), *later.get(name, ())] for name in {*found, *later}}
            return _Erasing(conn, catalogue, person, now_ms).run(both, actor, reason)

    done = retried(transaction)
    erasing.forget_pages(database)
    return done


@dataclass(frozen=True)
class _Person:
    today: int
    merged: tuple[int, ...]
    held: tuple[tuple[str, str], ...]
    finder: Finder  # of what is about this person
    needles: list[str]  # by which rows about others are found

    @property
    def people(self) -> list[int]:
        return [self.today, *self.merged]

    @classmethod
    def load(cls, conn: Connection, catalogue: Catalogue, contact_id: int, *, lock: bool = False) -> _Person:
        if lock and conn.dialect.name == "postgresql":
            identities.hold_merging(conn, exclusive=True)
        row = contact_rows.read_contacts(conn, [contact_id]).get(contact_id)
        if row is None:
            raise ContactError("contacts.unknown_id", id=contact_id)
        if erasing.is_erased(conn, row.id):
            raise ContactError("contacts.erased_already", id=row.id)
        merged = tuple(contact_rows.merged_ids(conn, row.id))
        if lock:
            erasing.lock_person(conn, [row.id, *merged])
        held = tuple((kind, value) for kind, value, _ in identities.held_by(conn, [row.id]).get(row.id, ()))
        named = identity_values(held)
        told = {value for value in named if len(value) >= SHORTEST_TOLD}
        finder = Finder(named | attribute_values(catalogue, row.attributes))
        return cls(row.id, merged, held, finder, sorted({value.lower() for value in told}))


class _Erasing:
    """One erasure inside its transaction."""

    def __init__(self, conn: Connection, catalogue: Catalogue, person: _Person, now: int) -> None:
        self._conn, self._catalogue, self._person, self._now = conn, catalogue, person, now
        self._key = make_erasure_key(conn, now)
        self._addresses = sorted({value for _, value in person.held})

    def run(self, found: mentions.Found, actor: str, reason: str) -> Erasure:
        person = self._person
        in_hand = erasing.in_hand(self._conn, person.people)
        if in_hand:
            raise ContactError("contacts.message_in_hand", id=person.today, message=in_hand[0])
        counts = {"runs": self._end_runs(), "pending": self._drop_pending()}
        counts["events"] = erasing.strip_events(self._conn, person.people, self._keep, self._rename)
        counts["mentions"] = self._rewrite(found)
        counts["suppressions"] = self._suppress()
        erasing.wipe(self._conn, person.people)
        erasing.mark_erased(self._conn, person.people, person.today, self._now)
        self._audit(actor, reason, counts)
        return Erasure(person.today, person.merged, counts)

    def _end_runs(self) -> int:
        """They end with their own reason; what they had queued is dropped, and the log says so."""
        conn, people, now = self._conn, self._person.people, self._now
        living = erasing.living_runs(conn, people)
        reason = Reason.EXITED_ERASED
        end_runs(conn, [run.id for run in living], "exited", reason.value, now, next_in=False)
        write_log(conn, now, [Entry(reason, r.rule_id, r.rule_version_id, r.contact_id, r.id) for r in living])
        drop_queued(conn, erasing.queued_runs(conn, people), now)
        return len(living)

    def _drop_pending(self) -> int:
        """Entries that were to be decided later."""
        waiting = erasing.waiting_entries(self._conn, self._person.people)
        entries = [
            Entry(Reason.SKIPPED_UNKNOWN_CONTACT, w.rule_id, w.rule_version_id, w.contact_id, event_id=w.event_id)
            for w in waiting
        ]
        write_log(self._conn, self._now, entries)
        return len(waiting)

    def _keep(self, event: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = self._person.finder.without(kept_properties(self._catalogue, event, properties))
        return kept

    def _rename(self, message_id: str) -> str:
        return seal(self._key, message_id) if self._person.finder.mentions(message_id) else message_id

    def _rewrite(self, found: mentions.Found) -> int:
        """Rows about others lose the values. What was quarantined because of this person says nothing any more."""
        finder = self._person.finder
        audit_ids = [key[0] for key in found.pop("audit", ())]
        quarantined = [key[0] for key in found.pop("quarantine", ())]
        if erasing.rename_events(self._conn, [key[0] for key in found.get("event", ())], self._rename):
            note_renamed(self._conn)
        changed = mentions.rewrite(self._conn, found, lambda _, value: finder.without(value))
        emptied = erasing.empty_quarantine(self._conn, quarantined, finder.mentions)
        subjects = [subject_of(id_) for id_ in self._person.people]
        told = erasing.audit_mentions(self._conn, audit_ids, finder.mentions)
        told += erasing.audit_about(self._conn, [f"address:{address}" for address in self._addresses])
        erasing.blank_audit(self._conn, told, subjects)
        return len(changed) + emptied

    def _suppress(self) -> int:
        """Nothing is ever sent to the contact, nor to its addresses, which are kept as keyed hashes."""
        conn, person = self._conn, self._person
        old = erasing.suppression_ids(conn, person.people, self._addresses)
        delete_suppressions(conn, old)
        sealed = [None, *(seal(self._key, address) for address in self._addresses if not is_sealed(address))]
        rows = [
            SuppressionRow(
                0, person.today if address is None else None, address, EVERY_CHANNEL, ERASED, self._now, None, ACTION
            )
            for address in sealed
        ]
        insert_suppressions(conn, rows)
        return len(rows)

    def _audit(self, actor: str, reason: str, counts: Mapping[str, int]) -> None:
        told = "" if self._person.finder.mentions(reason) else reason
        detail = {"reason": told, "merged": list(self._person.merged), **counts}
        write_audit(self._conn, [AuditRow(self._now, actor, ACTION, subject_of(self._person.today), detail)])
