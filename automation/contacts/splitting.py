"""One contact becomes two again: a merge is undone as far as anybody can tell, or identities are taken out by hand.

What each of them had before the merge goes back to each. What came since can't be told apart: it stays with the
survivor, and is counted. In doubt nothing is sent: a denial or a suppression of since then holds for both.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from automation.contacts.dates import date_rows
from automation.contacts.identity import IdentityError, NobodyError, read_identity
from automation.contacts.names import ContactError
from automation.contacts.zone_history import keep_zones
from automation.store import consent as consent_rows
from automation.store import contacts as contact_rows
from automation.store import identities, splitting, suppression
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.bulk import to_json
from automation.store.consent import ConsentRow
from automation.store.waiting import wake_dated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.store.consent import Key, Noes
    from automation.store.identities import Pair
    from automation.store.splitting import PastMerge

Consents = dict["Key", ConsentRow]


@dataclass
class Split:
    """Who is who from now on. `back`: what went back, `mixed`: what can't be told apart, by table."""

    survivor: int
    other: int
    back: dict[str, int] = field(default_factory=dict)
    mixed: dict[str, int] = field(default_factory=dict)
    ended_runs: int = 0


def undo_merge(conn: Connection, catalogue: Catalogue, contact_id: int, now_ms: int, actor: str) -> Split:
    """Undo the merge of `contact_id`: the one that absorbed it, or the newest that it survived.

    ContactError when there is none, or it was made before merges were written down.
    """
    if conn.dialect.name == "postgresql":
        identities.hold_merging(conn, exclusive=True)
    survivor = contact_rows.survivors(conn, [contact_id]).get(contact_id, contact_id)
    merges = [one for one in splitting.merges_into(conn, survivor) if contact_id in (survivor, one.absorbed_id)]
    if not merges:
        raise ContactError("contacts.not_merged", id=contact_id)
    merge = merges[0]
    if str(merge.absorbed_id) not in merge.before:
        raise ContactError("contacts.merge_untold", id=survivor, other=merge.absorbed_id)
    contact_rows.lock_contacts(conn, [survivor, merge.absorbed_id])
    return _Undoing(conn, catalogue, merge, now_ms).run(actor)


def take_out(conn: Connection, contact_id: int, pairs: Sequence[Pair], now_ms: int, actor: str) -> Split:
    """Give these identities to a new contact. Nothing else can be told apart; the new one has agreed to nothing."""
    if conn.dialect.name == "postgresql":
        identities.hold_merging(conn, exclusive=True)
    contact_rows.lock_contacts(conn, [contact_id])
    held = {(kind, value) for kind, value, _ in identities.held_by(conn, [contact_id]).get(contact_id, ())}
    foreign = [pair for pair in pairs if pair not in held]
    if foreign:
        raise ContactError("contacts.not_theirs", id=contact_id, found=", ".join(kind for kind, _ in foreign))
    if held <= set(pairs):
        raise ContactError("contacts.nothing_left", id=contact_id)
    (other,) = contact_rows.create_contacts(conn, 1, now_ms)
    back = {"identity": splitting.move_identities(conn, pairs, contact_id, other)}
    consents = consent_rows.read_consents(conn, [contact_id]).get(contact_id, {})
    consent_rows.replace_consents(conn, {other: {key: row for key, row in consents.items() if row.state == "denied"}})
    consent_rows.replace_noes(conn, {contact_id: {}})  # whose they were, nobody knows: the next ones are new
    _suppress_too(conn, contact_id, other, now_ms)
    contact_rows.touch(conn, [contact_id], now_ms)
    done = Split(contact_id, other, back, splitting.since_then(conn, contact_id, -1))
    _audit(conn, done, now_ms, actor)
    return done


@dataclass
class _Undoing:
    conn: Connection
    catalogue: Catalogue
    merge: PastMerge
    now: int

    def run(self, actor: str) -> Split:
        conn, merge = self.conn, self.merge
        survivor, absorbed = merge.contact_id, merge.absorbed_id
        ours, theirs = merge.before.get(str(survivor), _NOTHING), merge.before[str(absorbed)]
        ended = splitting.ended_by_merge(conn, [*merge.moved.get("run", ())])
        suppressed = _suppress_too(conn, survivor, absorbed, self.now, since=merge.at)
        back = splitting.give_back(conn, merge.moved, survivor, absorbed)
        back["identity"] = self._identities(theirs)
        mixed = self._attributes(ours, theirs)
        self._consents(ours, theirs)
        self._tags(ours, theirs, mixed)
        splitting.mark_undone(conn, merge.id, self.now)
        mixed |= splitting.since_then(conn, survivor, merge.at)
        if suppressed:
            mixed["suppression"] = suppressed
        done = Split(survivor, absorbed, {name: n for name, n in back.items() if n}, mixed, ended)
        _audit(conn, done, self.now, actor)
        return done

    def _identities(self, theirs: Mapping[str, Any]) -> int:
        """What is nobody's goes: it is why they were one."""
        survivor = self.merge.contact_id
        held = {(kind, value) for kind, value, _ in identities.held_by(self.conn, [survivor]).get(survivor, ())}
        nobody = {pair for pair in held if self._is_nobody(pair)}
        splitting.drop_identities(self.conn, nobody, survivor)
        wanted = {(kind, value) for kind, value in theirs["identities"]} & held - nobody
        return splitting.move_identities(self.conn, wanted, survivor, self.merge.absorbed_id)

    def _is_nobody(self, pair: Pair) -> bool:
        try:
            read_identity(self.catalogue, *pair)
        except NobodyError:
            return True
        except IdentityError:
            return False
        return False

    def _attributes(self, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, int]:
        """Values as they were before; those that changed since stay with the survivor."""
        survivor, absorbed = self.merge.contact_id, self.merge.absorbed_id
        today = contact_rows.read_contacts(self.conn, [survivor])[survivor].attributes
        united = theirs["attributes"] | ours["attributes"]
        since = {key: value for key, value in today.items() if united.get(key) != value}
        kept = {key: value for key, value in ours["attributes"].items() if key in today} | since
        splitting.stand_alone(self.conn, survivor, absorbed, to_json(theirs["attributes"]), self.now)
        contact_rows.write_attributes(self.conn, {survivor: kept}, self.now)
        dates = {survivor: date_rows(kept), absorbed: date_rows(theirs["attributes"])}
        contact_rows.replace_dates(self.conn, dates)
        keep_zones(self.conn, {survivor: today}, {survivor: kept, absorbed: theirs["attributes"]}, self.now)
        wake_dated(self.conn, [survivor, absorbed], self.now)
        return {"attributes": len(since)} if since else {}

    def _consents(self, ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
        """Each has what they said before, and whatever was denied since is denied for both."""
        survivor, absorbed = self.merge.contact_id, self.merge.absorbed_id
        today = consent_rows.read_consents(self.conn, [survivor]).get(survivor, {})
        mine, other = _answers(ours), _answers(theirs)
        united = {key: row for key, row in today.items() if row not in (mine.get(key), other.get(key))}
        denied = {key: row for key, row in united.items() if row.state == "denied"}
        consent_rows.replace_consents(self.conn, {survivor: mine | united, absorbed: other | denied})
        said = consent_rows.read_noes(self.conn, [survivor])[survivor]
        noes = {id_: _noes(before, said) for id_, before in ((survivor, ours), (absorbed, theirs))}
        consent_rows.replace_noes(self.conn, noes)

    def _tags(self, ours: Mapping[str, Any], theirs: Mapping[str, Any], mixed: dict[str, int]) -> None:
        survivor, absorbed = self.merge.contact_id, self.merge.absorbed_id
        today = contact_rows.read_tags(self.conn, [survivor]).get(survivor, set())
        mine, other = set(ours["tags"]), set(theirs["tags"])
        contact_rows.delete_tags(self.conn, [(survivor, tag) for tag in (other - mine) & today])
        contact_rows.insert_tags(self.conn, [(absorbed, tag) for tag in other], self.now)
        if today - mine - other:
            mixed["tags"] = len(today - mine - other)


_NOTHING: dict[str, Any] = {"attributes": {}, "identities": [], "tags": [], "consents": []}


def _answers(profile: Mapping[str, Any]) -> Consents:
    """As the merge wrote them; older ones without the time at which they were given and heard."""
    return {
        (purpose, channel): ConsentRow(*rest)
        if len(rest) == len(ConsentRow._fields)
        else ConsentRow(rest[0], rest[1], rest[2], None, rest[2])
        for purpose, channel, *rest in profile["consents"]
    }


def _noes(profile: Mapping[str, Any], today: Noes) -> Noes:
    """What sources had said of one of them already. A no of since then may have been the other one's: the next one is
    a new answer of each."""
    before = {(purpose, channel, source): heard_at for purpose, channel, source, heard_at in profile.get("noes", ())}
    return {key: heard_at for key, heard_at in before.items() if today.get(key) == heard_at}


def _suppress_too(conn: Connection, contact_id: int, other: int, now_ms: int, since: int = -1) -> int:
    """What holds one back since a moment holds the other one back too; how many rows that is."""
    found = [
        row for row in suppression.active_suppressions(conn, [contact_id], [], now_ms)
        if row.contact_id == contact_id and row.created_at > since
    ]  # fmt: skip
    suppression.insert_suppressions(conn, [replace(row, contact_id=other) for row in found])
    return len(found)


def _audit(conn: Connection, done: Split, now_ms: int, actor: str) -> None:
    detail = {"survivor": done.survivor, "other": done.other, "back": done.back, "mixed": done.mixed}
    write_audit(
        conn, [AuditRow(now_ms, actor, "contact.split", subject_of(id_), detail) for id_ in (done.survivor, done.other)]
    )
