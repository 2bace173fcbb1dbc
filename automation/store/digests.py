"""What a digest's run has collected: the numbers of the events, in the run itself, for as long as there is the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from automation.store.bulk import to_json, update_rows
from automation.store.lists import fetch, read_object
from automation.store.schema import run

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

OWN, COLLECTED = "#", "collected"
"""Where the numbers stand among the run's variables; see engine/journey/state.py."""
_IN_JSON = {"sqlite": "json_extract(r.variables, '$.\"#\".collected')", "postgresql": "r.variables #> '{#,collected}'"}
_HAS_EVENT = {
    "sqlite": "event.id IN (SELECT value FROM json_each(r.variables, '$.\"#\".collected'))",
    "postgresql": "r.variables #> '{#,collected}' @> to_jsonb(event.id)",
}


def collecting(conn: Connection, run_ids: Collection[int]) -> set[int]:
    """Those of these runs that collect: they hold their place, and have not gone on yet."""
    if not run_ids:
        return set()
    sql = f"SELECT r.id FROM run AS r WHERE r.id = ANY(?) AND r.mode_key IS NOT NULL AND {_found(conn)} IS NOT NULL"
    return {row[0] for row in fetch(conn, sql, sorted(run_ids))}


def collect(conn: Connection, found: Mapping[int, Sequence[int]]) -> None:
    """Add events to what these runs, whose people are locked, collect; a run that did not begins to."""
    if not found:
        return
    rows = []
    for id_, text in fetch(conn, "SELECT id, variables FROM run WHERE id = ANY(?)", sorted(found)):
        variables = read_object(text)
        own = dict(variables.get(OWN, {}))
        own[COLLECTED] = [*dict.fromkeys([*own.get(COLLECTED, ()), *found[id_]])]
        rows.append((id_, to_json({**variables, OWN: own})))
    update_rows(conn, run, ("variables",), rows)


def hand_over(conn: Connection, given: Mapping[int, int]) -> dict[int, int]:
    """{run that ends: run that stays}, both collecting: all that was collected is the other one's; how much, by run."""
    sql = f"SELECT r.id, r.event_id, {_found(conn)} FROM run AS r WHERE r.id = ANY(?)"
    more: dict[int, list[int]] = {}
    counts: dict[int, int] = {}
    for id_, first, text in fetch(conn, sql, sorted(given)):
        events = [*([first] if first is not None else []), *_numbers(text)]
        more.setdefault(given[id_], []).extend(events)
        counts[id_] = len(events)
    collect(conn, more)
    return counts


def events_told(conn: Connection, rule_ids: Sequence[int], contact_ids: Sequence[int]) -> set[tuple[int, int]]:
    """(rule, event) of all by which these people entered the rules, and all that digests of theirs collected.

    Who was one person with them for a while may have been told of their events: what they collected counts too.
    """
    if not rule_ids or not contact_ids:
        return set()
    people = list(contact_ids)
    sql = f"""SELECT r.rule_id, r.event_id, {_found(conn)} FROM run AS r
             WHERE r.contact_id IN ({_TOGETHER}) AND r.rule_id = ANY(?)"""
    told: set[tuple[int, int]] = set()
    for rule_id, first, text in fetch(conn, sql, people, people, people, list(rule_ids)):
        told.update((rule_id, event_id) for event_id in (first, *_numbers(text)) if event_id is not None)
    return told


_TOGETHER = """SELECT id FROM contact WHERE id = ANY(?)
UNION SELECT absorbed_id FROM contact_merge WHERE contact_id = ANY(?)
UNION SELECT contact_id FROM contact_merge WHERE absorbed_id = ANY(?)"""


def collected_by_run(conn: Connection) -> str:
    """SQL over `event` and a run `r` of its contact: the run still collects, and has the event in its digest."""
    return f"(r.mode_key IS NOT NULL AND {_HAS_EVENT[conn.dialect.name]})"


def _found(conn: Connection) -> str:
    return _IN_JSON[conn.dialect.name]


def _numbers(value: object) -> Sequence[int]:
    """A JSON array as a plain query gives it: text on SQLite, read already on PostgreSQL; None: there is none."""
    if isinstance(value, str):
        return msgspec.json.decode(value, type=list[int])
    return value if isinstance(value, list) else ()
