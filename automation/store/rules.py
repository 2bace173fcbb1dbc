"""Rules and their versions as the database knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from automation.store.bulk import insert_rows
from automation.store.expressions import constant
from automation.store.schema import rule, rule_version, run, template_version, trigger_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.types import AnyRow


@dataclass(frozen=True)
class RuleRow:
    """What a rule file says of a rule, as far as the database keeps it. `version` is None for a broken rule."""

    key: str
    name: str
    status: str  # active | disabled | broken
    detail: str | None = None
    version: str | None = None
    content: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Known:
    """A rule's ids in the database, and whether it was active until now."""

    rule_id: int
    version_id: int | None
    was_active: bool = False


@dataclass(frozen=True)
class Published:
    """The rules of the project by key; the ids of those that went away just now, and of those that did before."""

    known: Mapping[str, Known]
    gone: Sequence[int]
    removed: Sequence[int]


def publish_rules(conn: Connection, rows: Sequence[RuleRow], now: int) -> Published:
    """Make the database's rules equal `rows`; rules not named become `removed`. One process at a time."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("LOCK TABLE rule IN SHARE ROW EXCLUSIVE MODE")
    before = {row.key: row for row in conn.execute(select(rule))}
    known = {row.key: _publish(conn, row, before.get(row.key), now) for row in rows}
    absent = [row for key, row in before.items() if key not in known]
    gone = [row.id for row in absent if row.status != "removed"]
    if gone:
        conn.execute(update(rule).where(rule.c.id.in_(gone)).values(status="removed", activated_at=None))
    return Published(known, gone, [row.id for row in absent if row.status == "removed"])


def _publish(conn: Connection, row: RuleRow, old: AnyRow | None, now: int) -> Known:
    values: dict[str, Any] = {"name": row.name, "status": row.status, "status_detail": row.detail}
    was_active = old is not None and old.status == "active"
    values["activated_at"] = (old.activated_at if was_active and old else now) if row.status == "active" else None
    if old is None:
        rule_id = conn.execute(insert(rule).values(key=row.key, **values)).inserted_primary_key[0]  # type: ignore[index]
    else:
        rule_id = old.id
    version_id = _version(conn, rule_id, row, now) if row.version is not None else (old.version_id if old else None)
    conn.execute(update(rule).where(rule.c.id == rule_id).values(version_id=version_id, **values))
    return Known(rule_id, version_id, was_active)


def _version(conn: Connection, rule_id: int, row: RuleRow, now: int) -> int:
    same = select(rule_version.c.id).where(rule_version.c.rule_id == rule_id, rule_version.c.version == row.version)
    found = conn.scalar(same)
    if found is not None:
        return int(found)
    values = {"rule_id": rule_id, "version": row.version, "content": row.content, "created_at": now}
    return int(conn.execute(insert(rule_version).values(**values)).inserted_primary_key[0])  # type: ignore[index]


def load_version(conn: Connection, version_id: int) -> AnyRow | None:
    """rule_id, key, version and content of one rule version."""
    return conn.execute(
        select(rule_version.c.rule_id, rule.c.key, rule_version.c.version, rule_version.c.content)
        .join(rule, rule.c.id == rule_version.c.rule_id)
        .where(rule_version.c.id == version_id)
    ).one_or_none()


def list_rules(conn: Connection) -> list[AnyRow]:
    """Every rule, removed ones included, by key."""
    return list(conn.execute(select(rule).order_by(rule.c.key)))


def activated_at(conn: Connection) -> dict[int, int]:
    """Since when each active rule has been running, by rule id."""
    return {
        row.id: row.activated_at
        for row in conn.execute(select(rule.c.id, rule.c.activated_at).where(rule.c.activated_at.is_not(None)))
    }


def hold_runs(conn: Connection, rule_ids: Sequence[int], *, run_id: int | None = None) -> int:
    """Hold the active runs of these rules, or one of them; they stay where they are until `release_runs`."""
    held = update(run).where(run.c.rule_id.in_(rule_ids), run.c.status == "active")
    if run_id is not None:
        held = held.where(run.c.id == run_id)
    return conn.execute(held.values(status="held")).rowcount


def held_rules(conn: Connection) -> dict[int, int]:
    """How many runs are held, by rule id."""
    query = select(run.c.rule_id, func.count()).where(run.c.status == constant("held")).group_by(run.c.rule_id)
    return {row.rule_id: row[1] for row in conn.execute(query)}


def release_runs(conn: Connection, rule_ids: Sequence[int]) -> int:
    """Let the held runs of these rules go on; those that came due meanwhile are due at once."""
    freed = update(run).where(run.c.rule_id.in_(rule_ids), run.c.status == constant("held"))
    return conn.execute(freed.values(status="active")).rowcount


def trigger_states(conn: Connection) -> dict[int, AnyRow]:
    """How far each clock trigger has been evaluated, by rule id."""
    return {row.rule_id: row for row in conn.execute(select(trigger_state))}


def save_trigger_state(
    conn: Connection, rule_id: int, fingerprint: str, evaluated_to: int, last_event_id: int, *, fresh: bool
) -> None:
    """Write one trigger's progress; `fresh` when it has no row yet, unless another process has begun by then."""
    values = {"fingerprint": fingerprint, "evaluated_to": evaluated_to, "last_event_id": last_event_id}
    if fresh:
        row = (rule_id, fingerprint, evaluated_to, last_event_id)
        insert_rows(conn, trigger_state, ("rule_id", *values), [row], skip_existing=True)
    else:
        conn.execute(update(trigger_state).where(trigger_state.c.rule_id == rule_id).values(**values))


def keep_template(conn: Connection, hash_: str, name: str, channel: str, content: str, now: int) -> None:
    """Keep a template's sources under their hash, once."""
    columns = ("hash", "name", "channel", "content", "created_at")
    insert_rows(conn, template_version, columns, [(hash_, name, channel, content, now)], skip_existing=True)


def load_template(conn: Connection, hash_: str) -> AnyRow | None:
    """A template's sources as they were sent."""
    return conn.execute(select(template_version).where(template_version.c.hash == hash_)).one_or_none()
