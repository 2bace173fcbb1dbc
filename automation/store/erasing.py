"""Erasing a person, table by table: rows that are only about the person go, the ledger's rows lose what names them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, null, select, update

from automation.store.bulk import to_json
from automation.store.expressions import among
from automation.store.lists import fetch, read_object, run, run_many
from automation.store.schema import audit, contact, metadata, quarantine
from automation.store.sealing import ERASED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from automation.store.database import Database

GONE = (
    "identity",
    "contact_date",
    "contact_zone",
    "contact_tag",
    "consent",
    "undated_denial",
    "contact_problem",
    "segment_member",
    "pending_entry",
    "contact_merge",
)
"""Tables whose rows go."""

_UNSENT: dict[str, Any] = {
    "address": "", "payload": null(), "variables": null(), "outcome_detail": null(), "provider_message_id": null(),
}  # fmt: skip
BLANKS: dict[str, dict[str, Any]] = {
    "message": {**_UNSENT, "look_up_at": null()},
    "test_message": _UNSENT,
    "run": {"variables": {}, "mode_key": null(), "queue_key": null()},
    "execution_log": {"detail": null()},
}
"""Tables whose rows stay with the contact's number, and what becomes of their columns."""

_PAGE = 1000


class Living(NamedTuple):
    """A run that has not ended."""

    id: int
    rule_id: int
    rule_version_id: int
    contact_id: int


class Waiting(NamedTuple):
    """An entry that is decided later."""

    event_id: int
    rule_id: int
    contact_id: int
    rule_version_id: int


def lock_person(conn: Connection, people: Sequence[int]) -> None:
    """On PostgreSQL: nobody moves this person's runs or messages until the transaction ends."""
    if conn.dialect.name == "postgresql":
        for table in ("contact", "run", "message"):
            column = "id" if table == "contact" else "contact_id"
            run(conn, _LOCK.format(table=table, column=column), list(people))


_LOCK = "SELECT id FROM {table} WHERE {column} = ANY(?) ORDER BY id FOR UPDATE"


def in_hand(conn: Connection, people: Sequence[int]) -> list[int]:
    """The messages that are being handed to a provider at this moment."""
    sql = "SELECT id FROM message WHERE contact_id = ANY(?) AND status = 'sending' ORDER BY id"
    return [row[0] for row in fetch(conn, sql, list(people))]


def queued_runs(conn: Connection, people: Sequence[int]) -> list[int]:
    """The runs that still have a message in the queue."""
    sql = "SELECT DISTINCT run_id FROM message WHERE contact_id = ANY(?) AND status = 'queued'"
    return [row[0] for row in fetch(conn, sql, list(people))]


def living_runs(conn: Connection, people: Sequence[int]) -> list[Living]:
    sql = """SELECT id, rule_id, rule_version_id, contact_id FROM run
             WHERE contact_id = ANY(?) AND ended_at IS NULL ORDER BY id"""
    return [Living(*row) for row in fetch(conn, sql, list(people))]


def waiting_entries(conn: Connection, people: Sequence[int]) -> list[Waiting]:
    """By rule, because nothing finds them by contact: there are few of them."""
    sql = "SELECT event_id, rule_id, contact_id, rule_version_id FROM pending_entry WHERE contact_id = ANY(?)"
    return [Waiting(*row) for row in fetch(conn, sql, list(people))]


def wipe(conn: Connection, people: Sequence[int]) -> None:
    """Delete the rows of GONE, blank the columns of BLANKS."""
    for name in GONE:
        table = metadata.tables[name]
        conn.execute(delete(table).where(among(table.c.contact_id, people)))
    for name, blanks in BLANKS.items():
        table = metadata.tables[name]
        conn.execute(update(table).where(among(table.c.contact_id, people)).values(**blanks))


def mark_erased(conn: Connection, people: Sequence[int], today: int, now: int) -> None:
    """The marker: a contact that points to itself. Like one that was merged away it is in no audience and no export."""
    values = {"attributes": {}, "updated_at": now, "merged_into": today}
    conn.execute(update(contact).where(among(contact.c.id, people)).values(**values))


def is_erased(conn: Connection, contact_id: int) -> bool:
    return bool(fetch(conn, "SELECT 1 FROM contact WHERE id = ? AND merged_into = id", contact_id))


# ---------------------------------------------------------------- events


def strip_events(
    conn: Connection, people: Sequence[int], keep: Callable[[str, Mapping[str, Any]], dict[str, Any]],
    rename: Callable[[str], str],
) -> int:  # fmt: skip
    """Of each event stay its name, its times and the properties that `keep` gives; `rename` changes a message id.

    An id that was changed is changed too where its time is remembered. Returns how many events there are.
    """
    cast = "::jsonb" if conn.dialect.name == "postgresql" else ""
    sql = f"UPDATE event SET properties = ?{cast}, message_id = ? WHERE id = ?"
    count = 0
    for page in _events(conn, people):
        run_many(conn, sql, [(to_json(keep(name, read_object(p))), rename(key), id_) for id_, name, _, key, p in page])
        run_many(conn, _MOVED, [(rename(key), source, key) for _, _, source, key, _ in page if rename(key) != key])
        count += len(page)
    return count


_MOVED = "UPDATE event_time SET message_id = ? WHERE source = ? AND message_id = ?"


def _events(conn: Connection, people: Sequence[int]) -> Iterator[Sequence[tuple[Any, ...]]]:
    ids = [row[0] for row in fetch(conn, "SELECT id FROM event WHERE contact_id = ANY(?)", list(people))]
    sql = "SELECT id, name, source, message_id, properties FROM event WHERE id = ANY(?)"
    for start in range(0, len(ids), _PAGE):
        yield fetch(conn, sql, ids[start : start + _PAGE])


def rename_events(conn: Connection, ids: Sequence[int], rename: Callable[[str], str]) -> int:
    """The same for events of others whose message id mentions the person; returns how many were renamed."""
    count = 0
    for start in range(0, len(ids), _PAGE):
        rows = fetch(
            conn, "SELECT id, source, message_id FROM event WHERE id = ANY(?)", list(ids[start : start + _PAGE])
        )
        named = [(id_, source, key) for id_, source, key in rows if rename(key) != key]
        run_many(conn, "UPDATE event SET message_id = ? WHERE id = ?", [(rename(key), id_) for id_, _, key in named])
        run_many(conn, _MOVED, [(rename(key), source, key) for _, source, key in named])
        count += len(named)
    return count


# ---------------------------------------------------------------- suppressions and audit


def suppression_ids(conn: Connection, people: Sequence[int], addresses: Sequence[str]) -> list[int]:
    """The rows about these contacts or addresses."""
    own = fetch(conn, "SELECT id FROM suppression WHERE contact_id = ANY(?)", list(people))
    return [
        row[0] for row in (*own, *fetch(conn, "SELECT id FROM suppression WHERE address = ANY(?)", list(addresses)))
    ]


def empty_quarantine(conn: Connection, ids: Sequence[int], mentions: Callable[[str], bool]) -> int:
    """Put aside for good those of these items that mention the person; returns how many."""
    told = []
    sql = "SELECT id, origin, detail, payload FROM quarantine WHERE id = ANY(?)"
    for start in range(0, len(ids), _PAGE):
        for id_, origin, detail, payload in fetch(conn, sql, list(ids[start : start + _PAGE])):
            texts = origin, detail if isinstance(detail, str) else to_json(detail), payload
            told += [id_] if any(map(mentions, texts)) else []
    blank = {"origin": "", "code": "ingest.erased", "detail": {}, "payload": "", "status": "dropped"}
    conn.execute(update(quarantine).where(among(quarantine.c.id, told)).values(**blank))
    return len(told)


def audit_mentions(conn: Connection, ids: Sequence[int], mentions: Callable[[str], bool]) -> list[int]:
    """Those of these audit rows that mention the person."""
    rows = conn.execute(select(audit.c.id, audit.c.subject, audit.c.detail).where(among(audit.c.id, ids)))
    return [row.id for row in rows if mentions(row.subject) or mentions(to_json(row.detail))]


def audit_about(conn: Connection, subjects: Sequence[str]) -> list[int]:
    return list(conn.scalars(select(audit.c.id).where(among(audit.c.subject, subjects))))


def blank_audit(conn: Connection, ids: Sequence[int], subjects: Sequence[str]) -> None:
    """Empty what these rows say and about whom, and what those about `subjects`, which name nobody, say.

    The salt goes too, so that nobody can try values against the digest; the chain of hashes still holds
    (store/chain.py).
    """
    own = audit_about(conn, subjects)
    conn.execute(update(audit).where(among(audit.c.id, {*ids, *own})).values(detail={}, salt=null()))
    conn.execute(update(audit).where(among(audit.c.id, set(ids) - set(own))).values(subject=ERASED))


def secure_delete(conn: Connection) -> None:
    """On SQLite: overwrite what this transaction deletes, instead of leaving it in free pages."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA secure_delete = ON")


def forget_pages(database: Database) -> None:
    """On SQLite: what stood in the write-ahead log goes into the file, and the log is cut to nothing.

    Left for later where somebody reads at this moment.
    """
    if database.file is not None:
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
