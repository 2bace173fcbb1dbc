"""What a split needs: the merges of a contact, and rows that go back to the one who brought them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from automation.store.lists import changed, fetch, read_object, run, run_many

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

_NUMBERED = ("suppression", "event", "message", "test_message", "coupon_code", "contact_merge", "run")
_PAGE = 500


class PastMerge(NamedTuple):
    """A merge as it was written down. `contact_id` is the survivor as of today."""

    id: int
    at: int
    contact_id: int
    absorbed_id: int
    link: list[list[str]]
    before: dict[str, Any]
    moved: dict[str, list[int]]


def merges_into(conn: Connection, contact_id: int) -> list[PastMerge]:
    """The merges that made this contact what it is and were not undone, the newest first."""
    return _merges(conn, "contact_id = ? AND undone_at IS NULL ORDER BY id DESC", contact_id)


def newest_merges(conn: Connection, limit: int) -> list[PastMerge]:
    """Of everybody, the newest first."""
    return _merges(conn, "undone_at IS NULL ORDER BY id DESC LIMIT ?", limit)


def _merges(conn: Connection, where: str, value: int) -> list[PastMerge]:
    sql = f"SELECT id, at, contact_id, absorbed_id, link, before, moved FROM contact_merge WHERE {where}"
    return [
        PastMerge(id_, at, survivor, absorbed, read_object(link), read_object(before), read_object(moved))  # type: ignore[arg-type]
        for id_, at, survivor, absorbed, link, before, moved in fetch(conn, sql, value)
    ]


def mark_undone(conn: Connection, merge_id: int, now_ms: int) -> None:
    run(conn, "UPDATE contact_merge SET undone_at = ?, settled_at = coalesce(settled_at, ?) WHERE id = ?",
        now_ms, now_ms, merge_id)  # fmt: skip


def give_back(conn: Connection, moved: Mapping[str, Sequence[int]], survivor: int, absorbed: int) -> dict[str, int]:
    """Rows that a merge moved go back, as far as the survivor still has them; how many of each table did."""
    counts: dict[str, int] = {}
    for table in _NUMBERED:
        ids = list(moved.get(table, ()))
        for start in range(0, len(ids), _PAGE):
            sql = f"UPDATE {table} SET contact_id = ? WHERE contact_id = ? AND id = ANY(?)"
            counts[table] = (
                counts.get(table, 0) + run(conn, sql, absorbed, survivor, ids[start : start + _PAGE]).rowcount
            )
    segments = [(segment_id, absorbed, segment_id) for segment_id in moved.get("segment_member", ())]
    run_many(conn, _MEMBER, [(absorbed, segment_id) for segment_id, *_ in segments])
    events = list(moved.get("event", ()))
    if events:
        run(conn, "UPDATE pending_entry SET contact_id = ? WHERE contact_id = ? AND event_id = ANY(?)",
            absorbed, survivor, events)  # fmt: skip
    return counts


_MEMBER = """INSERT INTO segment_member (segment_id, contact_id, since)
SELECT s.id, ?, 0 FROM segment AS s WHERE s.id = ? ON CONFLICT DO NOTHING"""


def stand_alone(conn: Connection, survivor: int, absorbed: int, attributes: str, now_ms: int) -> None:
    """The absorbed contact is one again, and so are those that it had absorbed itself (as their merges say)."""
    cast = "::jsonb" if conn.dialect.name == "postgresql" else ""
    run(conn, f"UPDATE contact SET merged_into = NULL, attributes = ?{cast}, updated_at = ? WHERE id = ?",
        attributes, now_ms, absorbed)  # fmt: skip
    sql = """UPDATE contact SET merged_into = ? WHERE merged_into = ? AND id IN
             (SELECT absorbed_id FROM contact_merge WHERE contact_id = ? AND undone_at IS NULL)"""
    run(conn, sql, absorbed, survivor, absorbed)


def move_identities(conn: Connection, pairs: Collection[tuple[str, str]], owner: int, new: int) -> int:
    """Give identities of one contact to another, with what is wrong with them; how many it had."""
    values = [value for _, value in sorted(pairs)]
    run_many(conn, _PROBLEMS, [(new, owner, value) for value in values])
    run_many(conn, "DELETE FROM contact_problem WHERE contact_id = ? AND value = ?", [(owner, one) for one in values])
    sql = "UPDATE identity SET contact_id = ? WHERE contact_id = ? AND kind = ? AND value = ?"
    return sum(changed(conn, sql, new, owner, kind, value) for kind, value in sorted(pairs))


_PROBLEMS = """INSERT INTO contact_problem (contact_id, channel, value, code, at)
SELECT CAST(? AS BIGINT), channel, value, code, at FROM contact_problem WHERE contact_id = ? AND value = ?
ON CONFLICT DO NOTHING"""


def drop_identities(conn: Connection, pairs: Collection[tuple[str, str]], owner: int) -> None:
    sql = "DELETE FROM identity WHERE contact_id = ? AND kind = ? AND value = ?"
    run_many(conn, sql, [(owner, kind, value) for kind, value in sorted(pairs)])


def rename_identity(conn: Connection, kind: str, value: str, normal: str) -> None:
    run(conn, "UPDATE identity SET value = ? WHERE kind = ? AND value = ?", normal, kind, value)


def since_then(conn: Connection, contact_id: int, since: int) -> dict[str, int]:
    """How much this contact has got from a moment on, by table: the event that made two people one too."""
    found = {}
    for table, column in (("event", "received_at"), ("run", "entered_at"), ("message", "queued_at"),
                          ("identity", "created_at"), ("suppression", "created_at")):  # fmt: skip
        sql = f"SELECT count(*) FROM {table} WHERE contact_id = ? AND {column} >= ?"
        found[table] = int(fetch(conn, sql, contact_id, since)[0][0])
    return {table: count for table, count in found.items() if count}


def ended_by_merge(conn: Connection, run_ids: Sequence[int]) -> int:
    sql = "SELECT count(*) FROM run WHERE reason = 'exited.merged' AND id = ANY(?)"
    return int(fetch(conn, sql, list(run_ids))[0][0])


def page_of_identities(conn: Connection, after: tuple[str, str], limit: int) -> list[tuple[str, str, int, int]]:
    """(kind, value, contact_id, created_at) of all identities beyond a key, in the order of the key."""
    sql = """SELECT kind, value, contact_id, created_at FROM identity
             WHERE (kind, value) > (?, ?) ORDER BY kind, value LIMIT ?"""
    return [(row[0], row[1], row[2], row[3]) for row in fetch(conn, sql, *after, limit)]


def crowded(conn: Connection, kinds: Sequence[str], most: int) -> list[tuple[int, str, int, int]]:
    """(contact_id, kind, how many, when the newest came) of people with more than `most` values of a kind."""
    sql = """SELECT contact_id, kind, count(*), max(created_at) FROM identity WHERE kind = ANY(?)
             GROUP BY contact_id, kind HAVING count(*) > ? ORDER BY contact_id"""
    return [(row[0], row[1], row[2], row[3]) for row in fetch(conn, sql, list(kinds), most)]
