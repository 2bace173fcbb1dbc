"""What two rehearsals differ in, and how rules meet on the same people: asked of scratch copies, which are SQLite."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from automation.store.lists import fetch, named_rows
from automation.store.schema import rule, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from automation.store.database import Database
    from automation.store.types import AnyRow

_ENTERED = "SELECT DISTINCT rule_id, contact_id FROM {schema}.run WHERE entered_at >= {since}"


def only_in(scratch: Database, other: Path, since: int, sample: int) -> Iterator[tuple[str, int, list[int]]]:
    """(rule key, people, some of them) whom `scratch` has let in since a moment, and the copy `other` has not."""
    with closing(scratch.engine.raw_connection()) as raw:
        driver: Any = raw.driver_connection
        driver.execute("ATTACH DATABASE ? AS other", (str(other),))
        try:
            driver.execute(
                "CREATE TEMP TABLE newcomer AS "
                + _ENTERED.format(schema="main", since=since)
                + " EXCEPT "
                + _ENTERED.format(schema="other", since=since)
            )
            counts = driver.execute(
                "SELECT r.key, r.id, count(*) FROM newcomer JOIN main.rule AS r ON r.id = rule_id GROUP BY r.id"
            ).fetchall()
            for key, rule_id, count in counts:
                some = "SELECT contact_id FROM newcomer WHERE rule_id = ? ORDER BY contact_id LIMIT ?"
                yield key, count, [row[0] for row in driver.execute(some, (rule_id, sample))]
            driver.execute("DROP TABLE newcomer")
        finally:
            driver.execute("DETACH DATABASE other")


def people_entered(conn: Connection, since: int) -> dict[str, int]:
    """How many people each rule has let in since a moment, each counted once; a canary's, where it has one."""
    sql = """
        SELECT rule.key, count(DISTINCT run.contact_id) FROM run JOIN rule ON rule.id = run.rule_id
        WHERE run.entered_at >= ? AND run.rule_version_id = coalesce(rule.canary_version_id, run.rule_version_id)
        GROUP BY rule.key
    """
    return dict(fetch(conn, sql, since))


def overlaps(conn: Connection, since: int) -> list[tuple[str, str, int]]:
    """(rule key, rule key, people) who get messages of both since a moment, the most first."""
    sql = """
        WITH met AS (
            SELECT DISTINCT rule_id, contact_id FROM message
            WHERE status = 'accepted' AND sent_at >= ? AND purpose IS NOT NULL
        )
        SELECT one.key, two.key, count(*) AS people
        FROM met AS a JOIN met AS b ON b.contact_id = a.contact_id AND b.rule_id > a.rule_id
        JOIN rule AS one ON one.id = a.rule_id JOIN rule AS two ON two.id = b.rule_id
        GROUP BY a.rule_id, b.rule_id ORDER BY people DESC, one.key, two.key
    """
    return [(one, two, people) for one, two, people in fetch(conn, sql, since)]


def calls(conn: Connection, since: int, emitted: str) -> list[tuple[str, str, int]]:
    """(rule key, rule key, people): an event that a run of the first emitted called people into the second.

    Also those whom a guard kept out: a circle that only a cooldown breaks is one. `emitted` is the source of such
    events; their message_id begins with the run's id and a colon.
    """
    sql = """
        SELECT one.key, two.key, count(*)
        FROM execution_log AS l JOIN event AS e ON e.id = l.event_id AND e.source = ?
        JOIN run AS a ON a.id = CAST(substr(e.message_id, 1, instr(e.message_id, ':') - 1) AS INTEGER)
        JOIN rule AS one ON one.id = a.rule_id JOIN rule AS two ON two.id = l.rule_id
        WHERE l.at >= ? AND (l.code = 'entered' OR l.run_id IS NULL)
        GROUP BY a.rule_id, l.rule_id ORDER BY one.key, two.key
    """
    return [(one, two, people) for one, two, people in fetch(conn, sql, emitted, since)]


def alive(conn: Connection) -> list[AnyRow]:
    """(rule key, rule status, current, amount) of the people inside; `current`: on a version that runs now.

    Those inside a rule that was taken out of its file count as gone, though they leave later, or when somebody says so.
    """
    now = rule.c.version_id, func.coalesce(rule.c.canary_version_id, rule.c.version_id)
    current = run.c.rule_version_id.in_(now).label("current")
    query = select(rule.c.key, rule.c.status, current, func.count().label("amount"))
    query = query.join(rule, rule.c.id == run.c.rule_id).where(run.c.ended_at.is_(None))
    query = query.where(rule.c.status != "removed", (rule.c.status != "absent") | (rule.c.status_detail != "many"))
    return named_rows(conn, query.group_by(rule.c.key, rule.c.status, current))
