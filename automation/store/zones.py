"""Time zones of contacts: which there are, and whom a firing of one of them means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case, literal, or_, select

from automation.store.lists import fetch, run_many
from automation.store.schema import contact_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

_SAVE = """
INSERT INTO contact_zone (contact_id, zone, was, changed_at) VALUES (?, ?, ?, ?)
ON CONFLICT (contact_id) DO UPDATE SET zone = excluded.zone, was = excluded.was, changed_at = excluded.changed_at"""

# From one zone to the next in the index: as many steps as there are zones, however many people.
_EACH = """
WITH RECURSIVE found(name) AS (
    SELECT min({column}) FROM contact_zone WHERE {column} > ''
    UNION ALL
    SELECT (SELECT min({column}) FROM contact_zone WHERE {column} > found.name) FROM found WHERE found.name IS NOT NULL
)
SELECT name FROM found WHERE name IS NOT NULL"""
_PRESENT, _PAST = (_EACH.replace("{column}", column) for column in ("zone", "was"))


def save_zones(conn: Connection, rows: Sequence[tuple[int, str, str | None, int | None]]) -> None:
    """Write (contact_id, zone, was, changed_at): where people live now, and lived before."""
    if rows:
        run_many(conn, _SAVE, sorted(rows))


def load_zones(conn: Connection) -> list[str]:
    """The zones in which anybody lives, or lived before they moved; some may not exist."""
    return sorted({name for sql in (_PRESENT, _PAST) for (name,) in fetch(conn, sql)})


def in_zone(people: Select[Any], key: str, zone: str, own: str, moments: Mapping[str, int]) -> Select[Any]:
    """`people` (a SELECT of contact_id and whatever else) whose turn comes by the clock of `zone`, all with one `key`.

    `moments`: when it is time in each zone that anybody has; `own` is the rule's, which is that of the people without.
    Who moved before it was time in the old and in the new zone goes by the new one, who moved later by the old one: so
    everybody has exactly one turn, and nobody loses theirs because in the new zone it has passed already.
    """
    named = people.subquery("everybody")
    columns = [named.c.contact_id, named.c.key if "key" in named.c else literal(key).label("key")]
    turn = _turn(own, moments)
    if zone != own:
        lives = or_(contact_zone.c.zone == zone, contact_zone.c.was == zone)
        return (
            select(*columns)
            .join(contact_zone, contact_zone.c.contact_id == named.c.contact_id)
            .where(lives, turn == zone)
        )
    others = sorted(set(moments) - {own})
    elsewhere = select(literal(1)).where(contact_zone.c.contact_id == named.c.contact_id, turn.in_(others))
    return select(*columns).where(~elsewhere.exists())


def _turn(own: str, moments: Mapping[str, int]) -> ColumnElement[str]:
    """The zone whose clock decides about somebody."""

    def moment(column: Any) -> ColumnElement[int]:
        return case(dict(moments), value=column, else_=moments[own])

    zone = contact_zone.c
    came = (zone.changed_at < moment(zone.zone)) & (zone.changed_at < moment(zone.was))
    return case((zone.changed_at.is_(None) | came, zone.zone), else_=zone.was)
