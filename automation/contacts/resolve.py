"""From identities to contacts: known, new, or merged by the rule in docs/decisions/merging-contacts.md."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automation.contacts.merging import merge_contacts
from automation.contacts.planning import Conflict, Plan, plan
from automation.contacts.statements import source_system
from automation.store import contacts as contact_rows
from automation.store import identities
from automation.store.identities import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue

__all__ = ["Conflict", "Resolved", "find", "resolve", "resolve_pairs"]

_POLITE_ATTEMPTS = 4


@dataclass
class Resolved:
    """One result per item, and what became of the items: places in the batch."""

    contacts: list[int | Conflict | None]
    created: set[int] = field(default_factory=set)  # contacts
    changed: set[int] = field(default_factory=set)  # places of items that attached an identity or merged contacts
    merged: dict[int, int] = field(default_factory=dict)  # place: how many contacts were merged away


def resolve(
    conn: Connection,
    catalogue: Catalogue,
    wanted: Sequence[Mapping[str, str]],
    now_ms: int,
    *,
    create: bool,
    actor: str,
) -> list[int | Conflict | None]:
    """The contact of each item {identity kind: normalised value}; None when nobody is known and none is created.

    An item that names nobody ({}) is None. On SQLite `conn` must be a `write()`.
    """
    items = [tuple(item.items()) for item in wanted]
    return resolve_pairs(conn, catalogue, items, now_ms, create=create, actor=actor).contacts


def resolve_pairs(
    conn: Connection,
    catalogue: Catalogue,
    items: Sequence[Sequence[Pair]],
    now_ms: int,
    *,
    create: bool,
    actor: str,
    stated: bool = False,
) -> Resolved:
    """As `resolve`, for items that may hold several values of a kind, and with what was done.

    `stated`: the items are what `actor` has on record of people, not what events mention.
    """
    attempt = _Attempt(conn, catalogue.single_identities, items, now_ms, create, actor, stated)
    if conn.dialect.name == "sqlite":
        return attempt.run(exclusive=True)
    for number in range(2 * _POLITE_ATTEMPTS):
        exclusive = attempt.wants_merge or number >= _POLITE_ATTEMPTS
        savepoint = conn.begin_nested()
        try:
            identities.hold_merging(conn, exclusive=exclusive)
            resolved = attempt.run(exclusive=exclusive)
        except _Again:
            savepoint.rollback()
            continue
        except BaseException:
            savepoint.rollback()
            raise
        savepoint.commit()
        return resolved
    raise AssertionError("with the exclusive lock nobody else can have written an identity")


def find(conn: Connection, kind: str, values: Iterable[str]) -> dict[str, int]:
    """The contacts of known values (normalised); unknown values are absent. Writes nothing."""
    found = identities.holders(conn, [(kind, value) for value in values])
    return {value: contact for (_, value), contact in found.items()}


class _Again(Exception):
    """Somebody else was faster, or a merge needs the exclusive lock."""


@dataclass
class _Attempt:
    conn: Connection
    single_kinds: frozenset[str]
    items: Sequence[Sequence[Pair]]
    now_ms: int
    create: bool
    actor: str
    stated: bool
    wants_merge: bool = False

    def run(self, *, exclusive: bool) -> Resolved:
        known = identities.holders(self.conn, {pair for item in self.items for pair in item})
        plain = self._plain(known)
        if plain is not None:
            return Resolved(plain)
        made = plan(self.items, known, self._held(known), self.single_kinds)
        if made.merges and not exclusive:
            self.wants_merge = True
            raise _Again
        for survivor, absorbed, place in made.merges:
            merge_contacts(self.conn, survivor, absorbed, self.now_ms, self.actor, self.items[place])
        return self._write(made)

    def _plain(self, known: Mapping[Pair, int]) -> list[int | Conflict | None] | None:
        """The results when every item names one known contact and nothing new; None otherwise."""
        results: list[int | Conflict | None] = []
        for item in self.items:
            if len(item) == 1 and (owner := known.get(item[0])) is not None:
                results.append(owner)
                continue
            owners = {known.get(pair) for pair in item}
            if len(owners) > 1 or (self.create and None in owners):
                return None
            results.append(owners.pop() if owners else None)
        return results

    def _held(self, known: Mapping[Pair, int]) -> dict[int, dict[str, set[str]]]:
        """What the contacts that may change hold, locked against a value too many."""
        touched: set[int] = set()
        for item in self.items:
            owners = {known.get(pair) for pair in item}
            if len(owners) > 1:
                touched |= {owner for owner in owners if owner is not None}
        contact_rows.lock_contacts(self.conn, touched)
        held: dict[int, dict[str, set[str]]] = {contact: defaultdict(set) for contact in touched}
        for contact, rows in identities.held_by(self.conn, touched).items():
            for kind, value, _ in rows:
                held[contact][kind].add(value)
        return held

    def _write(self, made: Plan) -> Resolved:
        wanted = sorted({made.now(r) for r in made.results if isinstance(r, int) and made.now(r) < 0}, reverse=True)
        fresh = dict(zip(wanted, self._create(len(wanted)), strict=True)) if self.create else {}

        def real(contact: int) -> int | None:
            root = made.now(contact)
            return root if root > 0 else fresh.get(root)

        owners = {pair: owner for pair, contact in made.attached.items() if (owner := real(contact)) is not None}
        by = source_system(self.actor) if self.stated else None
        if identities.insert_identities(self.conn, owners, self.now_ms, by) < len(owners):
            raise _Again
        contact_rows.touch(self.conn, set(owners.values()) - set(fresh.values()), self.now_ms)
        results = [_final(result, real) for result in made.results]
        return Resolved(results, set(fresh.values()), made.changed, made.merged)

    def _create(self, count: int) -> Sequence[int]:
        return contact_rows.create_contacts(self.conn, count, self.now_ms)


def _final(result: int | Conflict | None, real: Callable[[int], int | None]) -> int | Conflict | None:
    if isinstance(result, Conflict):
        ids = {real(contact) for contact in result.contact_ids}
        return Conflict(result.kinds, tuple(sorted(id_ for id_ in ids if id_ is not None)), result.crowded)
    return None if result is None else real(result)
