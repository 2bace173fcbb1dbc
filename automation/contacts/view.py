"""One contact, with everything that is known about it, and how a person names one on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.contacts.identity import IdentityError, read_identity
from automation.contacts.names import ContactError
from automation.contacts.profile import load_contacts, usable_values, values_of
from automation.contacts.statements import ADDRESSES
from automation.store import consent as consent_rows
from automation.store import contacts as contact_rows
from automation.store import identities
from automation.store.suppression import suppressions_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.store.consent import ConsentRow
    from automation.store.suppression import SuppressionRow

_BIGGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class ContactView:
    """`id` is the contact as it is today; `merged_ids` are those that became part of it."""

    id: int
    profile: Mapping[str, Any]
    identities: tuple[tuple[str, str, int], ...]  # kind, value, since when (ms); those of a kind as they are used
    standing: Mapping[tuple[str, str], str]  # first | next | hearsay, where there are several of a kind
    stated: Mapping[tuple[str, str], tuple[int, str]]  # when a record named it last, and whose
    tags: tuple[str, ...]
    consents: Mapping[tuple[str, str], ConsentRow]  # (purpose, channel or "*")
    suppressions: tuple[SuppressionRow, ...]  # its own and those of its addresses, also ended ones
    merged_ids: tuple[int, ...]


def contact_view(conn: Connection, catalogue: Catalogue, contact_id: int) -> ContactView:
    """ContactError when there is no such contact."""
    today = contact_rows.survivors(conn, [contact_id]).get(contact_id)
    if today is None:
        raise ContactError("contacts.unknown_id", id=contact_id)
    held = tuple(identities.held_by(conn, [today]).get(today, ()))
    profile = load_contacts(conn, [today])[today]
    return ContactView(
        id=today,
        profile=profile,
        identities=held,
        standing=_standing(profile, held),
        stated={
            (one.kind, one.value): (one.stated_at, one.stated_by or "")
            for one in identities.stated_of(conn, [today], {kind for kind, *_ in held}).get(today, ())
            if one.stated_at is not None
        },
        tags=tuple(sorted(profile["tags"])),
        consents=dict(sorted(consent_rows.read_consents(conn, [today]).get(today, {}).items())),
        suppressions=tuple(suppressions_of(conn, today, [value for _, value, _ in held])),
        merged_ids=tuple(contact_rows.merged_ids(conn, today)),
    )


def _standing(profile: Mapping[str, Any], held: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str], str]:
    found = {}
    for kind, value, _ in held:
        several = values_of(profile, kind)
        if kind in ADDRESSES and len(several) > 1:
            usable = value in usable_values(profile, kind)
            found[kind, value] = "first" if value == several[0] else "next" if usable else "hearsay"
    return found


def find_contact(conn: Connection, catalogue: Catalogue, text: str) -> int | None:
    """`#42`, `phone:13800138000`, or a bare value: an id, or an identity of any kind. None when nobody is meant.

    ContactError that lists them when several contacts are meant; IdentityError for a `kind:value` that can't be one.
    """
    text = text.strip()
    if text.startswith("#") and text[1:].isdecimal():
        return _by_id(conn, text[1:])
    kind, colon, value = text.partition(":")
    if colon and kind in catalogue.identity_kinds:
        pair = kind, read_identity(catalogue, kind, value)
        return identities.holders(conn, [pair]).get(pair)
    candidates = {f"{kind}:{value}": found for (kind, value), found in _by_any_kind(conn, catalogue, text).items()}
    if text.isdecimal() and (found := _by_id(conn, text)) is not None:
        candidates[f"#{text}"] = found
    if len(set(candidates.values())) > 1:
        listed = ", ".join(f"{name} (#{found})" for name, found in sorted(candidates.items()))
        raise ContactError("contacts.ambiguous", found=text, candidates=listed)
    return next(iter(candidates.values()), None)


def _by_id(conn: Connection, digits: str) -> int | None:
    asked = int(digits[:20])
    return contact_rows.survivors(conn, [asked]).get(asked) if asked <= _BIGGEST_ID else None


def _by_any_kind(conn: Connection, catalogue: Catalogue, text: str) -> dict[identities.Pair, int]:
    pairs = []
    for kind in catalogue.identity_kinds:
        try:
            pairs.append((kind, read_identity(catalogue, kind, text)))
        except IdentityError:  # the value can't be one of this kind
            continue
    return identities.holders(conn, pairs)
