"""What a person has agreed to: per purpose, per channel or for all of them ("*"). No answer is no consent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.channels import CHANNELS
from automation.contacts.names import ContactError
from automation.store import consent as consent_rows
from automation.store import contacts as contact_rows
from automation.store.audit import AuditRow, subject_of, write_audit
from automation.store.consent import ConsentRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from automation.store.consent import Key

EVERY_CHANNEL = "*"
STATES = ("granted", "denied")
_PURPOSE = re.compile(r"[^\s.\x00-\x1f\x7f\ud800-\udfff]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """An answer: `state` is granted or denied, `channel` may be "*", `source` says where it was given."""

    contact_id: int
    purpose: str
    channel: str
    state: str
    source: str
    at_ms: int


def record_consent(conn: Connection, rows: Sequence[ConsentChange], *, actor: str = "consent") -> set[int]:
    """The later answer wins; of two at the same time the denial. Gives the contacts whose consent was written.

    Every effective answer leaves an audit row `consent.granted` or `consent.denied`.
    """
    for row in rows:
        check_consent(row.purpose, row.channel, row.state)
    ids = {row.contact_id for row in rows}
    contact_rows.lock_contacts(conn, ids)
    today = contact_rows.survivors(conn, ids)
    present = consent_rows.read_consents(conn, set(today.values()))
    written: dict[int, dict[Key, ConsentRow]] = {}
    audit: list[AuditRow] = []
    for row in sorted(rows, key=lambda row: row.at_ms):
        if row.contact_id not in today:
            continue
        id_, key = today[row.contact_id], (row.purpose, row.channel)
        new = ConsentRow(row.state, row.source[:200], row.at_ms)
        old = present[id_].get(key)
        if _wins(new, old):
            present[id_][key] = new
            written[id_] = present[id_]
            audit.append(_audit(id_, key, new, old, actor))
    consent_rows.replace_consents(conn, written)
    write_audit(conn, audit)
    return set(written)


def load_consents(conn: Connection, ids: Sequence[int]) -> dict[int, dict[tuple[str, str], str]]:
    """{contact: {(purpose, channel or "*"): "granted" | "denied"}}, for every id asked for, in one query."""
    return {id_: {} for id_ in ids} | consent_rows.read_states(conn, ids)


def allows(consents: Mapping[tuple[str, str], str], purpose: str, channel: str) -> bool:
    """The channel's own answer decides, without one the answer for all channels; without any: no."""
    state = consents.get((purpose, channel)) or consents.get((purpose, EVERY_CHANNEL))
    return state == "granted"


def check_consent(purpose: str, channel: str, state: str) -> None:
    """ContactError naming what is wrong with a purpose, a channel or a state."""
    if not _PURPOSE.match(purpose):
        raise ContactError("contacts.bad_purpose", found=purpose)
    if channel != EVERY_CHANNEL and channel not in CHANNELS:
        raise ContactError("contacts.bad_channel", found=channel, known=", ".join([EVERY_CHANNEL, *CHANNELS]))
    if state not in STATES:
        raise ContactError("contacts.bad_state", found=state)


def _wins(new: ConsentRow, old: ConsentRow | None) -> bool:
    if old is None:
        return True
    return (new.changed_at, new.state == "denied") > (old.changed_at, old.state == "denied")


def _audit(id_: int, key: Key, new: ConsentRow, old: ConsentRow | None, actor: str) -> AuditRow:
    purpose, channel = key
    detail = {
        "purpose": purpose, "channel": channel, "source": new.source, "at": new.changed_at,
        "before": old and {"state": old.state, "source": old.source, "at": old.changed_at},
    }  # fmt: skip
    return AuditRow(new.changed_at, actor, f"consent.{new.state}", subject_of(id_), detail)
