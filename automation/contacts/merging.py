"""Two contacts become one: the rule of docs/decisions/merging-contacts.md, with both profiles in the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.contacts.consent import outweighs
from automation.contacts.dates import date_rows
from automation.contacts.zone_history import keep_zones
from automation.store import consent as consent_rows
from automation.store import contacts as contact_rows
from automation.store import identities, merging
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.waiting import wake_dated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from automation.store.consent import ConsentRow, Key, Noes
    from automation.store.contacts import ContactRow
    from automation.store.identities import Pair


def merge_contacts(
    conn: Connection, survivor: int, absorbed: int, now_ms: int, actor: str, link: Sequence[Pair] = ()
) -> None:
    """Everything of `absorbed` goes to `survivor`. Whether they may merge was decided before (planning.py).

    `link`: the identities that were named together and so made them one.
    """
    ids = (survivor, absorbed)
    contact_rows.lock_contacts(conn, ids)
    rows = contact_rows.read_contacts(conn, ids)
    consents, noes = consent_rows.read_consents(conn, ids), consent_rows.read_noes(conn, ids)
    detail = {"survivor": survivor, "absorbed": absorbed, "before": _profiles(conn, rows, consents, noes)}
    write_audit(conn, [AuditRow(now_ms, actor, "contact.merged", subject_of(survivor), detail)])

    attributes = rows[absorbed].attributes | rows[survivor].attributes
    contact_rows.write_attributes(conn, {survivor: attributes}, now_ms)
    contact_rows.replace_dates(conn, {survivor: date_rows(attributes), absorbed: []})
    before = {id_: row.attributes for id_, row in rows.items()}
    keep_zones(conn, before, {survivor: attributes, absorbed: {}}, now_ms)
    consent_rows.replace_consents(
        conn, {survivor: united_consents(consents.get(survivor, {}), consents.get(absorbed, {})), absorbed: {}}
    )
    consent_rows.replace_noes(conn, {survivor: united_noes(ids, noes, consents), absorbed: {}})
    moved = merging.move_rows(conn, survivor, absorbed)
    merging.remember_merge(
        conn, survivor, absorbed, link=link, before=detail["before"], moved=moved, actor=actor, now_ms=now_ms
    )
    wake_dated(conn, [survivor], now_ms)
    merging.leave_pointer(conn, survivor, absorbed, now_ms)


def united_consents(one: Mapping[Key, ConsentRow], other: Mapping[Key, ConsentRow]) -> dict[Key, ConsentRow]:
    """A denial beats a grant, whenever it was given; of two equal answers the later one stays."""
    united = dict(one)
    for key, row in other.items():
        kept = united.get(key)
        if kept is None or (row.state == "denied" if row.state != kept.state else outweighs(row, kept)):
            united[key] = row
    return united


def united_noes(
    ids: tuple[int, int], noes: Mapping[int, Noes], consents: Mapping[int, Mapping[Key, ConsentRow]]
) -> Noes:
    """The noes whose repetition is no new answer of the one person. One that was said of one of them only stays where
    nobody has answered for the other one: else the next no may be the other one's first.
    """
    united: Noes = {}
    for one, other in (ids, ids[::-1]):
        for (purpose, channel, source), heard_at in noes[one].items():
            both = (purpose, channel, source) in noes[other]
            if both or (purpose, channel) not in consents.get(other, {}):
                united[purpose, channel, source] = heard_at
    return united


def _profiles(
    conn: Connection, rows: Mapping[int, ContactRow], consents: Mapping[int, Mapping[Key, ConsentRow]],
    noes: Mapping[int, Noes],
) -> dict[str, Any]:  # fmt: skip
    held, tags = identities.held_by(conn, rows), contact_rows.read_tags(conn, rows)
    return {
        str(id_): {
            "attributes": row.attributes,
            "identities": [[kind, value] for kind, value, _ in held.get(id_, ())],
            "tags": sorted(tags.get(id_, ())),
            "consents": [[*key, *one] for key, one in consents.get(id_, {}).items()],
            "noes": [[*key, heard_at] for key, heard_at in noes[id_].items()],
            "created_at": row.created_at,
        }
        for id_, row in rows.items()
    }
