"""Who is in a segment, as last seen, and who no longer is what was seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, delete, func, insert, literal, select, update

from automation.store.bulk import insert_rows
from automation.store.expressions import among
from automation.store.lists import changed, named_rows
from automation.store.schema import contact, segment, segment_member

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from automation.store.types import AnyRow

_OURS = ("segment_id", "contact_id", "since")


class Standing(NamedTuple):
    """Whether a contact satisfies the condition now, and whether it did when it was last seen."""

    contact_id: int
    holds: bool
    member: bool


def came(key: str, fingerprint: str, holds: ColumnElement[bool]) -> Select[Any]:
    """Contacts for whom the condition holds, and who are not members; nobody before the segment is filled."""
    id_ = _filled(key, fingerprint)
    member = select(literal(1)).where(segment_member.c.segment_id == id_, segment_member.c.contact_id == contact.c.id)
    query = select(contact.c.id.label("contact_id")).where(contact.c.merged_into.is_(None), id_.is_not(None))
    return query.where(holds, ~member.correlate(contact).exists())


def went(key: str, fingerprint: str, holds: ColumnElement[bool]) -> Select[Any]:
    """Members for whom the condition does not hold any more."""
    of = contact.c.id == segment_member.c.contact_id
    return (
        select(segment_member.c.contact_id)
        .join_from(segment_member, contact, of)
        .where(segment_member.c.segment_id == _filled(key, fingerprint), contact.c.merged_into.is_(None), ~holds)
    )


def contacts_in(conn: Connection, people: Select[Any]) -> list[int]:
    """The contact ids of `came` or `went`."""
    return list(conn.scalars(people))


def load_segments(conn: Connection, keys: Collection[str]) -> dict[str, AnyRow]:
    """Segments by key."""
    return {row.key: row for row in named_rows(conn, select(segment).where(among(segment.c.key, keys)))}


def lock_segment(conn: Connection, key: str, fingerprint: str, *, alone: bool) -> int | None:
    """The filled segment's id, kept for this transaction: alone, or with others who keep it so. None: not filled."""
    wanted = segment.c.key == key, segment.c.fingerprint == fingerprint, segment.c.filled_at.is_not(None)
    return conn.scalar(select(segment.c.id).where(*wanted).with_for_update(read=not alone))


def begin_fill(conn: Connection, key: str, fingerprint: str, since: int) -> AnyRow:
    """A segment without members, or the fill that is under way, or what others have filled since; locked."""
    insert_rows(conn, segment, ("key", "fingerprint", "cursor"), [(key, fingerprint, 0)], skip_existing=True)
    row = conn.execute(select(segment).where(segment.c.key == key).with_for_update()).one()
    if row.fingerprint == fingerprint and (row.filled_at is None or row.filled_at >= since):
        return row
    conn.execute(delete(segment_member).where(segment_member.c.segment_id == row.id))
    fresh = {"fingerprint": fingerprint, "filled_at": None, "swept_at": None, "cursor": 0}
    conn.execute(update(segment).where(segment.c.id == row.id).values(**fresh))
    return conn.execute(select(segment).where(segment.c.id == row.id)).one()


def fill_page(conn: Connection, row: AnyRow, holds: ColumnElement[bool], size: int, now: int) -> None:
    """Note the members among the next `size` contacts; after the last ones, the segment is filled."""
    page = select(contact.c.id).where(contact.c.id > row.cursor).order_by(contact.c.id).limit(size).subquery()
    count, last = conn.execute(select(func.count(), func.max(page.c.id))).one()
    if count:
        there = contact.c.id > row.cursor, contact.c.id <= last, contact.c.merged_into.is_(None), holds
        add_members(conn, row.id, select(contact.c.id).where(*there), now)
    values = {"cursor": last or row.cursor} if count == size else {"cursor": 0, "filled_at": now, "swept_at": now}
    conn.execute(update(segment).where(segment.c.id == row.id).values(**values))


def standings(
    conn: Connection, segment_id: int, contact_ids: Collection[int], holds: ColumnElement[bool]
) -> list[Standing]:
    """How these contacts stand to the segment; those who were merged away are left out."""
    mine = and_(segment_member.c.segment_id == segment_id, segment_member.c.contact_id == contact.c.id)
    query = (
        select(contact.c.id, holds, segment_member.c.contact_id.is_not(None))
        .join_from(contact, segment_member, mine, isouter=True)
        .where(among(contact.c.id, contact_ids), contact.c.merged_into.is_(None))
        .order_by(contact.c.id)
    )
    return [Standing(id_, bool(now), bool(then)) for id_, now, then in conn.execute(query)]


def save_standings(conn: Connection, segment_id: int, standings: Sequence[Standing], now: int) -> None:
    """From now on they are what they are now."""
    new = [(segment_id, one.contact_id, now) for one in standings if one.holds and not one.member]
    insert_rows(conn, segment_member, _OURS, new, skip_existing=True)
    gone = [one.contact_id for one in standings if one.member and not one.holds]
    if gone:
        mine = segment_member.c.segment_id == segment_id
        conn.execute(delete(segment_member).where(mine, among(segment_member.c.contact_id, gone)))


def save_page(conn: Connection, segment_id: int, on: str, now: int) -> None:
    """The people of the page that was just decided (`entering`) have come, or gone."""
    if on == "entered":
        changed(conn, _COME, segment_id, now)
    else:
        changed(conn, _GONE, segment_id)


_COME = """INSERT INTO segment_member (segment_id, contact_id, since)
SELECT ?, contact_id, ? FROM entering WHERE true ON CONFLICT DO NOTHING"""
_GONE = "DELETE FROM segment_member WHERE segment_id = ? AND contact_id IN (SELECT contact_id FROM entering)"


def finish_sweep(conn: Connection, segment_id: int, on: str, people: Select[Any], now: int) -> None:
    """Those who changed the other way, whom nobody waits for."""
    if on == "entered":
        gone = people.subquery()
        theirs = segment_member.c.segment_id == segment_id, segment_member.c.contact_id.in_(select(gone.c.contact_id))
        conn.execute(delete(segment_member).where(*theirs))
    else:
        add_members(conn, segment_id, people, now)
    conn.execute(update(segment).where(segment.c.id == segment_id).values(swept_at=now))


def add_members(conn: Connection, segment_id: int, people: Select[Any], now: int) -> None:
    found = people.subquery("found")
    rows = select(literal(segment_id), found.c[0], literal(now)).select_from(found)
    conn.execute(insert(segment_member).from_select(_OURS, rows))


def _filled(key: str, fingerprint: str) -> Any:
    """The id of the segment; NULL until it is filled with these conditions."""
    wanted = segment.c.key == key, segment.c.fingerprint == fingerprint, segment.c.filled_at.is_not(None)
    return select(segment.c.id).where(*wanted).scalar_subquery()
