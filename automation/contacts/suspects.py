"""Identities to look at: written in two ways, nobody's, or bringing people together who are probably not one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.contacts.identity import IdentityError, NobodyError, normal_form, read_identity
from automation.contacts.merging import merge_contacts
from automation.contacts.names import ContactError
from automation.store import contacts as contact_rows
from automation.store import identities, splitting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.store.identities import Pair

_PAGE = 5000
_LOOKED_AT = 20_000
"""How many merges, the newest first, are looked at."""
_USUAL = 2
"""More phones or e-mail addresses than so many are looked at."""


@dataclass(frozen=True)
class Suspect:
    """`code`: doubled | nobody | glued | crowded. `other`: the contact that has the same, or was merged away."""

    code: str
    contact_id: int
    kind: str
    value: str
    since: int  # milliseconds UTC
    other: int | None = None


def suspects(conn: Connection, catalogue: Catalogue, limit: int) -> list[Suspect]:
    """At most `limit` of each sort. Reads every identity once, page by page."""
    found: list[Suspect] = []
    for make in (_misread(conn, catalogue), _glued(conn), _crowded(conn)):
        found += [one for one, _ in zip(make, range(limit), strict=False)]
    return found


def doubled_identities(conn: Connection, catalogue: Catalogue) -> list[tuple[int, int]]:
    """The pairs of contacts that have the same identity, written in two ways."""
    found = {(one.contact_id, one.other) for one in _misread(conn, catalogue) if one.code == "doubled"}
    return sorted((one, other) for one, other in found if other is not None and one != other)


def normalise_stored(conn: Connection, catalogue: Catalogue) -> tuple[int, list[Suspect]]:
    """Give stored identities their normal form where it is free; how many that were, and those that are doubled."""
    renamed, doubled = 0, []
    for kind, value, contact_id, created_at in list(_written_otherwise(conn, catalogue)):
        normal = read_identity(catalogue, kind, value)
        holder = identities.holders(conn, [(kind, normal)]).get((kind, normal))
        if holder is None:
            splitting.rename_identity(conn, kind, value, normal)
            renamed += 1
        elif holder == contact_id:
            splitting.drop_identities(conn, [(kind, value)], contact_id)
            renamed += 1
        else:
            doubled.append(Suspect("doubled", contact_id, kind, value, created_at, holder))
    return renamed, doubled


def merge_by_hand(
    conn: Connection, catalogue: Catalogue, one: int, other: int, now_ms: int, actor: str
) -> tuple[int, int]:
    """Merge two contacts of whom somebody knows that they are one; (survivor, absorbed). The older one survives.

    ContactError when they are the same contact already, or would hold two values of a single kind.
    """
    if conn.dialect.name == "postgresql":
        identities.hold_merging(conn, exclusive=True)
    if one == other:
        raise ContactError("contacts.same_contact", id=one)
    contact_rows.lock_contacts(conn, [one, other])
    held = identities.held_by(conn, [one, other])
    kinds = _clash(catalogue, [(kind, value) for rows in held.values() for kind, value, _ in rows])
    if kinds:
        raise ContactError("contacts.conflict", kinds=", ".join(kinds), ids=f"#{one}, #{other}")
    survivor, absorbed = sorted((one, other))
    merge_contacts(conn, survivor, absorbed, now_ms, actor)
    pairs = [(kind, value) for rows in held.values() for kind, value, _ in rows]
    for kind, value in pairs:
        normal = _normal(catalogue, kind, value)
        if normal != value and (kind, normal) in pairs:
            splitting.drop_identities(conn, [(kind, value)], survivor)
    return survivor, absorbed


def _clash(catalogue: Catalogue, pairs: Sequence[Pair]) -> list[str]:
    values: dict[str, set[str]] = {}
    for kind, value in pairs:
        if kind in catalogue.single_identities:
            values.setdefault(kind, set()).add(_normal(catalogue, kind, value))
    return sorted(kind for kind, found in values.items() if len(found) > 1)


def _normal(catalogue: Catalogue, kind: str, value: str) -> str:
    try:
        return normal_form(kind, value, catalogue.country, caseless=kind in catalogue.caseless_identities)
    except IdentityError:
        return value


def _written_otherwise(conn: Connection, catalogue: Catalogue) -> Iterator[tuple[str, str, int, int]]:
    for row in _all(conn):
        try:
            if read_identity(catalogue, row[0], row[1]) != row[1]:
                yield row
        except IdentityError:
            continue


def _misread(conn: Connection, catalogue: Catalogue) -> Iterator[Suspect]:
    for kind, value, contact_id, created_at in _all(conn):
        try:
            normal = read_identity(catalogue, kind, value)
        except NobodyError:
            yield Suspect("nobody", contact_id, kind, value, created_at)
            continue
        except IdentityError:
            continue
        if normal != value:
            holder = identities.holders(conn, [(kind, normal)]).get((kind, normal))
            yield Suspect("doubled", contact_id, kind, value, created_at, holder)


def _all(conn: Connection) -> Iterator[tuple[str, str, int, int]]:
    after = ("", "")
    while page := splitting.page_of_identities(conn, after, _PAGE):
        yield from page
        after = page[-1][:2]


def _glued(conn: Connection) -> Iterator[Suspect]:
    """Merges that brought two names or two phones together: somebody gave an identity that is not theirs."""
    for merge in splitting.newest_merges(conn, _LOOKED_AT):
        profiles = list(merge.before.values())
        if len(profiles) == 2 and (_differ(profiles, "name") or _apart(profiles)):
            kind, value = (merge.link or [["–", ""]])[0]
            yield Suspect("glued", merge.contact_id, kind, value, merge.at, merge.absorbed_id)


def _differ(profiles: Sequence[Mapping[str, Any]], field: str) -> bool:
    one, other = (profile["attributes"].get(field) for profile in profiles)
    return one is not None and other is not None and one != other


def _apart(profiles: Sequence[Mapping[str, Any]]) -> bool:
    """Each has a phone of their own."""
    one, other = ({value for kind, value in profile["identities"] if kind == "phone"} for profile in profiles)
    return bool(one and other and not one & other)


def _crowded(conn: Connection) -> Iterator[Suspect]:
    for contact_id, kind, count, newest in splitting.crowded(conn, ["phone", "email"], _USUAL):
        yield Suspect("crowded", contact_id, kind, str(count), newest)
