"""Rules and their versions as the database knows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import delete, func, select, update

from automation.store.bulk import allocate_ids, insert_rows, to_json, update_rows
from automation.store.expressions import among, constant
from automation.store.lists import named_rows
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
    canary: tuple[str, Mapping[str, Any]] | None = None  # version and content that a canary's people run meanwhile
    file: str | None = None


@dataclass(frozen=True)
class Known:
    """A rule's ids in the database, whether it was active until now, and whether some inside had another version."""

    rule_id: int
    version_id: int | None
    was_active: bool = False
    changed: bool = False
    canary_version_id: int | None = None


@dataclass(frozen=True)
class Published:
    """The rules of the project by key; and, as they stood until now, those that the database knows besides."""

    known: Mapping[str, Known]
    missing: Sequence[AnyRow]


def publish_rules(conn: Connection, rows: Sequence[RuleRow], now: int) -> Published:
    """Make the database's rules equal `rows`; rules not named stay as they are. One process at a time."""
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("LOCK TABLE rule IN SHARE ROW EXCLUSIVE MODE")
    before = {row.key: row for row in named_rows(conn, select(rule))}
    wanted: dict[str, RuleRow] = {}
    for row in rows:
        wanted.setdefault(row.key, row)  # of two with one id the first counts
    known = _publish(conn, wanted, before, now)
    return Published(known, [row for key, row in before.items() if key not in known])


def _publish(
    conn: Connection, wanted: Mapping[str, RuleRow], before: Mapping[str, AnyRow], now: int
) -> dict[str, Known]:
    """Write what is new or has changed, whatever the number of rules in a few statements."""
    fresh = [key for key in wanted if key not in before]
    ids = {key: row.id for key, row in before.items()} | dict(
        zip(fresh, allocate_ids(conn, rule, len(fresh)), strict=True)
    )
    versions, missing = _versions(conn, [one for key, row in wanted.items() for one in _stated(ids[key], row)])
    new, changed, known = [], [], {}
    for key, row in wanted.items():
        old = before.get(key)
        was_active = old is not None and old.status == "active"
        since = _active_since(old, now) if row.status == "active" else None
        version_id = versions[ids[key], row.version] if row.version else old.version_id if old is not None else None
        canary_id = versions[ids[key], row.canary[0]] if row.canary else None
        values = (row.name, row.status, row.detail, version_id, canary_id, since, row.file, None)
        if old is None:
            new.append((ids[key], *values, key))
        elif values != tuple(getattr(old, name) for name in _RULE):
            changed.append((old.id, *values))
        known[key] = Known(ids[key], version_id, was_active, _changed(old, version_id, canary_id), canary_id)
    insert_rows(conn, rule, ("id", *_RULE, "key"), new)
    update_rows(conn, rule, _RULE, changed)
    rows = [(id_, rule_id, version, to_json(content), now) for id_, (rule_id, version, content) in missing]
    insert_rows(conn, rule_version, ("id", "rule_id", "version", "content", "created_at"), rows)
    return known


_RULE = ("name", "status", "status_detail", "version_id", "canary_version_id", "activated_at", "file", "leaves_at")


def _active_since(old: AnyRow | None, now: int) -> int:
    """A rule that was missing for a while, and could come back, listened all the time: its clock goes on."""
    if old is None or old.activated_at is None or (old.status == "removed" and old.leaves_at is None):
        return now
    return int(old.activated_at)


def _changed(old: AnyRow | None, version_id: int | None, canary_id: int | None) -> bool:
    """Whether people may be inside a version that is not current any more, of a rule or of its canary that is over."""
    if old is None or old.version_id is None:
        return False
    return bool(old.version_id != version_id or (old.canary_version_id is not None and canary_id is None))


_Stated: TypeAlias = tuple[int, str, Mapping[str, Any]]
"""Rule id, version and content."""


def _stated(rule_id: int, row: RuleRow) -> list[_Stated]:
    """The versions of a rule that the files state."""
    stated = [(row.version, row.content)] if row.version is not None else []
    return [(rule_id, version, content or {}) for version, content in (*stated, *([row.canary] if row.canary else []))]


def _versions(
    conn: Connection, wanted: Sequence[_Stated]
) -> tuple[dict[tuple[int, str], int], list[tuple[int, _Stated]]]:
    """{(rule id, version): its id}, and the new ids of those that the database does not have yet."""
    query = select(rule_version.c.id, rule_version.c.rule_id, rule_version.c.version)
    query = query.where(among(rule_version.c.rule_id, [rule_id for rule_id, *_ in wanted]))
    found = {(rule_id, version): id_ for id_, rule_id, version in conn.execute(query)} if wanted else {}
    missing = [one for one in wanted if one[:2] not in found]
    new = list(zip(allocate_ids(conn, rule_version, len(missing)), missing, strict=True))
    return found | {(rule_id, version): id_ for id_, (rule_id, version, _) in new}, new


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


def set_missing(
    conn: Connection, rule_ids: Sequence[int], status: str, detail: str | None = None, leaves_at: int | None = None
) -> None:
    """What becomes of rules that the files don't have: absent, finishing or removed."""
    values: dict[str, Any] = {"status": status, "status_detail": detail, "leaves_at": leaves_at}
    if status == "finishing" or (status == "removed" and leaves_at is None):
        values["activated_at"] = None
    conn.execute(update(rule).where(rule.c.id.in_(rule_ids)).values(**values))


def missing_rules(conn: Connection) -> list[AnyRow]:
    """The rules that the files don't have and that are not gone for good, by key."""
    here = rule.c.status.in_(("absent", "finishing")) | rule.c.leaves_at.is_not(None)
    return named_rows(conn, select(rule).where(here).order_by(rule.c.key))


def lock_rule(conn: Connection, key: str) -> AnyRow | None:
    """A rule by its id in the file, which nobody else changes until the transaction ends."""
    return conn.execute(select(rule).where(rule.c.key == key).with_for_update()).one_or_none()


def hold_runs(conn: Connection, rule_ids: Sequence[int]) -> int:
    """Hold the active runs of these rules; they stay where they are until `release_runs`."""
    held = update(run).where(run.c.rule_id.in_(rule_ids), run.c.status == "active")
    return conn.execute(held.values(status="held")).rowcount


def hold_these(conn: Connection, run_ids: Sequence[int]) -> None:
    """Hold runs that were claimed; they stay where they are until `release_runs`."""
    if run_ids:
        conn.execute(update(run).where(among(run.c.id, run_ids)).values(status="held"))


def held_rules(conn: Connection) -> dict[int, int]:
    """How many runs are held, by rule id."""
    query = select(run.c.rule_id, func.count()).where(run.c.status == constant("held")).group_by(run.c.rule_id)
    return {row.rule_id: row[1] for row in conn.execute(query)}


def release_runs(conn: Connection, rule_ids: Sequence[int]) -> int:
    """Let the held runs of these rules go on; those that came due meanwhile are due at once."""
    freed = update(run).where(run.c.rule_id.in_(rule_ids), run.c.status == constant("held"))
    return conn.execute(freed.values(status="active")).rowcount


TriggerKey: TypeAlias = tuple[int, int]
"""Rule id, and 1 for the version that a canary's people run, 0 for the others'."""


def trigger_states(conn: Connection) -> dict[TriggerKey, AnyRow]:
    """How far each clock trigger has been evaluated."""
    return {(row.rule_id, row.canary): row for row in conn.execute(select(trigger_state))}


def save_trigger_state(
    conn: Connection, key: TriggerKey, fingerprint: str, evaluated_to: int, last_event_id: int, *, fresh: bool
) -> None:
    """Write one trigger's progress; `fresh` when it has no row yet, unless another process has begun by then."""
    values = {"fingerprint": fingerprint, "evaluated_to": evaluated_to, "last_event_id": last_event_id}
    if fresh:
        row = (*key, fingerprint, evaluated_to, last_event_id)
        insert_rows(conn, trigger_state, ("rule_id", "canary", *values), [row], skip_existing=True)
    else:
        mine = trigger_state.c.rule_id == key[0], trigger_state.c.canary == key[1]
        conn.execute(update(trigger_state).where(*mine).values(**values))


def forget_canaries(conn: Connection, except_rules: Collection[int]) -> None:
    """The triggers of canaries that are over have no progress any more."""
    over = trigger_state.c.canary == 1, ~among(trigger_state.c.rule_id, sorted(except_rules))
    conn.execute(delete(trigger_state).where(*over))


def keep_template(conn: Connection, hash_: str, name: str, channel: str, content: str, now: int) -> None:
    """Keep a template's sources under their hash, once."""
    columns = ("hash", "name", "channel", "content", "created_at")
    insert_rows(conn, template_version, columns, [(hash_, name, channel, content, now)], skip_existing=True)


def load_template(conn: Connection, hash_: str) -> AnyRow | None:
    """A template's sources as they were sent."""
    return conn.execute(select(template_version).where(template_version.c.hash == hash_)).one_or_none()
