"""What is known about people: loaded and changed in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from automation.catalogue.dates import moment_text
from automation.clock import from_ms
from automation.contacts.dates import date_rows
from automation.contacts.names import check_key, check_tag
from automation.contacts.zone_history import keep_zones
from automation.store import contacts as contact_rows
from automation.store import identities
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.waiting import wake_dated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from automation.store.identities import Pair


class Profile(dict[str, Any]):
    """What conditions and templates see as `contact.…`; where somebody has several values of an identity kind, the
    further ones stand beside it, the next to be used first; `hearsay` are those that never stand in for the first."""

    __slots__ = ("_further", "hearsay")

    def __init__(
        self, known: Mapping[str, Any], further: Mapping[str, tuple[str, ...]], hearsay: frozenset[Pair] = frozenset()
    ) -> None:
        super().__init__(known)
        self._further, self.hearsay = further, hearsay


def with_values(contact: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """The contact with other values than today's."""
    return Profile(known, contact._further, contact.hearsay) if isinstance(contact, Profile) else known


def values_of(contact: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """All values of an identity kind that a contact has, in the order in which they are used."""
    first = contact.get(kind)
    further = contact._further.get(kind, ()) if isinstance(contact, Profile) else ()
    return () if first is None else (first, *further)


def usable_values(contact: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    """`values_of` without hearsay: what a message may go to."""
    found = values_of(contact, kind)
    hearsay = contact.hearsay if isinstance(contact, Profile) else ()
    return tuple(value for value in found if (kind, value) not in hearsay) if hearsay else found


_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def load_contacts(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What conditions and templates see as `contact.…`, by the id asked for; unknown ids are absent.

    Attributes, the first value of each identity kind, `tags` (a frozenset), `created_at` and `updated_at`.
    A contact that was merged away gives its survivor's profile. Three queries for any number of ids, four where
    somebody has two values of one kind.
    """
    rows = contact_rows.read_contacts(conn, ids)
    present = {row.id for row in rows.values()}
    held, tags = identities.primary_identities(conn, present), contact_rows.read_tags(conn, present)
    profiles: dict[int, dict[str, Any]] = {}
    for row in rows.values():
        if row.id not in profiles:
            profile = Profile(row.attributes, held.further.get(row.id, _NONE), held.hearsay.get(row.id, frozenset()))
            profile.update(held.first.get(row.id, ()))
            profile["tags"] = frozenset(tags.get(row.id, ()))
            profile["created_at"] = _moment(row.created_at)
            profile["updated_at"] = _moment(row.updated_at)
            profiles[row.id] = profile
    return {asked: profiles[row.id] for asked, row in rows.items()}


def update_attributes(conn: Connection, changes: Mapping[int, Mapping[str, Any]], now_ms: int, actor: str) -> set[int]:
    """Set attributes to normalised values; None deletes one. Gives the contacts that really changed.

    What replaces or deletes an earlier value leaves an audit row `contact.updated`; a first value does not.
    ContactError for a key that can't be one.
    """
    for key in {key for change in changes.values() for key in change}:
        check_key(key)
    contact_rows.lock_contacts(conn, changes.keys())
    rows = contact_rows.read_contacts(conn, changes.keys())
    before = {row.id: row.attributes for row in rows.values()}
    after = {id_: dict(attributes) for id_, attributes in before.items()}
    for asked, change in changes.items():
        if asked in rows:
            _apply(after[rows[asked].id], change)
    changed = {id_: attributes for id_, attributes in after.items() if attributes != before[id_]}
    contact_rows.write_attributes(conn, changed, now_ms)
    dates = {id_: date_rows(attributes) for id_, attributes in changed.items()}
    contact_rows.replace_dates(conn, {id_: new for id_, new in dates.items() if new != date_rows(before[id_])})
    new = {row.id for row in rows.values() if row.created_at == now_ms}
    keep_zones(conn, before, changed, now_ms, new)
    wake_dated(conn, changed, now_ms, _lost(before, changed))
    write_audit(conn, list(_replaced(before, changed, now_ms, actor)))
    return set(changed)


def _lost(before: Mapping[int, Mapping[str, Any]], changed: Mapping[int, Mapping[str, Any]]) -> set[str]:
    """The fields that had another value in some contact: nobody waits for a date that was not there."""
    return {key for id_, after in changed.items() for key, old in before[id_].items() if after.get(key) != old}


def add_tags(conn: Connection, tags: Mapping[int, Iterable[str]], now_ms: int) -> set[int]:
    """Gives the contacts that did not have them all."""
    wanted = _by_survivor(conn, tags)
    present = contact_rows.read_tags(conn, wanted)
    new = [(id_, tag) for id_, names in wanted.items() for tag in names - present.get(id_, set())]
    contact_rows.insert_tags(conn, new, now_ms)
    return _touched(conn, new, now_ms)


def remove_tags(conn: Connection, tags: Mapping[int, Iterable[str]], now_ms: int) -> set[int]:
    """Gives the contacts that had any of them."""
    wanted = _by_survivor(conn, tags)
    present = contact_rows.read_tags(conn, wanted)
    gone = [(id_, tag) for id_, names in wanted.items() for tag in names & present.get(id_, set())]
    contact_rows.delete_tags(conn, gone)
    return _touched(conn, gone, now_ms)


@lru_cache(maxsize=4096)  # people who came in one batch have the same times
def _moment(ms: int) -> str:
    return moment_text(from_ms(ms))


def _apply(attributes: dict[str, Any], change: Mapping[str, Any]) -> None:
    for key, value in change.items():
        if value is None:
            attributes.pop(key, None)
        else:
            attributes[key] = value


def _replaced(
    before: Mapping[int, Mapping[str, Any]], changed: Mapping[int, Mapping[str, Any]], now_ms: int, actor: str
) -> Iterable[AuditRow]:
    for id_, after in changed.items():
        detail = {key: {"from": old, "to": after.get(key)} for key, old in before[id_].items() if after.get(key) != old}
        if detail:
            yield AuditRow(now_ms, actor, "contact.updated", subject_of(id_), detail)


def _by_survivor(conn: Connection, tags: Mapping[int, Iterable[str]]) -> dict[int, set[str]]:
    """The checked tags of each contact as it is today, its row kept for this transaction."""
    contact_rows.lock_contacts(conn, tags.keys())
    today = contact_rows.survivors(conn, tags.keys())
    wanted: dict[int, set[str]] = defaultdict(set)
    for asked, names in tags.items():
        if asked in today:
            wanted[today[asked]] |= {check_tag(tag) for tag in names}
    return wanted


def _touched(conn: Connection, tags: Iterable[tuple[int, str]], now_ms: int) -> set[int]:
    ids = {id_ for id_, _ in tags}
    contact_rows.touch(conn, ids, now_ms)
    return ids
