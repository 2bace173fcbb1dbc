"""Occurrences of clock triggers: rows that remember how far they got."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, cast, func, literal, select, update

from automation.store.bulk import insert_rows, to_json
from automation.store.expressions import among, constant
from automation.store.schema import contact, occurrence, rule

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause, Select

    from automation.store.types import AnyRow

BACKFILLED = "backfilled"
"""In the detail of a firing that somebody asked for afterwards: by whom."""
EVERYBODY = (0, None, None)
_COLUMNS = (
    "key", "rule_id", "rule_version_id", "due_at", "since", "since_event_id", "status", "cursor", "looked_at",
    "entered", "skipped", "finished_at", "reason", "detail", "canary", "canary_of_id", "canary_share",
)  # fmt: skip


def open_occurrence(
    conn: Connection,
    *,
    key: str,
    rule_id: int,
    rule_version_id: int,
    due_at: int,
    since: int,
    since_event_id: int,
    now: int,
    missed: str | None = None,
    late: bool = False,
    asked_by: str | None = None,
    part: tuple[int, int | None, int | None] = EVERYBODY,
) -> bool:
    """Write one firing, to be worked off, or with the reason why it was `missed`. False when it was there already.

    `part` is (canary, canary_of_id, canary_share): a canary's people and the others each have a firing of their own.
    """
    status = "running" if missed is None else "missed"
    told = ({"found_at": now} if late else {}) | ({BACKFILLED: asked_by} if asked_by is not None else {})
    detail = to_json(told) if told else None
    row = (
        key, rule_id, rule_version_id, due_at, since, since_event_id, status, 0, 0, 0, "{}",
        now if missed else None, missed, detail, *part,
    )  # fmt: skip
    return insert_rows(conn, occurrence, _COLUMNS, [row], skip_existing=True) == 1


def claim_running(conn: Connection, except_rules: Collection[int] = ()) -> AnyRow | None:
    """The earliest unfinished occurrence of the rules that aren't excepted, locked until the transaction ends.

    None while somebody works on an earlier one: its people take their steps before a later one looks at them. A rule's
    occurrences are worked off one after the other: its cooldown must see who entered by the one before.
    """
    return conn.execute(_next(sorted(except_rules)) if except_rules else _NEXT).one_or_none()


def running_rules(conn: Connection) -> set[int]:
    """The rules that have an unfinished occurrence."""
    query = select(occurrence.c.rule_id).where(occurrence.c.status == constant("running"))
    return set(conn.scalars(query.distinct()))


def _next(except_rules: Sequence[int] = ()) -> Select[Any]:
    """Of each rule the first by number, and of those the earliest; nobody waits for what is backfilled."""
    earlier = occurrence.alias("earlier")
    live = func.coalesce(cast(earlier.c.detail, String), "").not_like(f'%"{BACKFILLED}"%')
    sooner = _running(earlier, except_rules) & _is_first(earlier) & (earlier.c.due_at < occurrence.c.due_at) & live
    query = select(occurrence).where(
        _running(occurrence, except_rules), _is_first(occurrence), ~select(literal(1)).where(sooner).exists()
    )
    return query.order_by(occurrence.c.id).limit(1).with_for_update(skip_locked=True, of=occurrence)


def _is_first(table: FromClause) -> ColumnElement[bool]:
    older = occurrence.alias()
    before = _running(older) & (older.c.rule_id == table.c.rule_id) & (older.c.id < table.c.id)
    return ~select(literal(1)).where(before).correlate(table).exists()


def _running(table: FromClause, except_rules: Sequence[int] = ()) -> ColumnElement[bool]:
    running: ColumnElement[bool] = table.c.status == constant("running")
    return running & table.c.rule_id.not_in(except_rules) if except_rules else running


_NEXT = _next()  # made once: it is asked all the time


def known_keys(conn: Connection, rule_id: int, keys: Collection[str]) -> dict[str, AnyRow]:
    """What became of these firings of a rule, as far as they are known, by key."""
    query = select(occurrence).where(occurrence.c.rule_id == rule_id, among(occurrence.c.key, sorted(keys)))
    return {row.key: row for row in conn.execute(query)} if keys else {}


def save_occurrence(conn: Connection, occurrence_id: int, values: Mapping[str, Any]) -> None:
    """Write an occurrence's progress."""
    conn.execute(update(occurrence).where(occurrence.c.id == occurrence_id).values(**values))


def count_entering(conn: Connection, people: Select[Any], guards: Sequence[ColumnElement[bool]]) -> int:
    """How many of `people` (a SELECT of contact_id) all the guards, clauses over `contact`, would let in."""
    named = people.subquery("people")
    query = select(func.count()).select_from(named).join(contact, contact.c.id == named.c.contact_id)
    return int(conn.scalar(query.where(*guards)) or 0)


def recent_firings(conn: Connection, rule_id: int, count: int, *, zone: str | None = None) -> list[AnyRow]:
    """(status, entered, detail) of the rule's last firings that reached anybody, those of canaries left out.

    Complete ones, approved ones, and held ones; what was rejected never should have been. `zone`: of the firings of one
    zone alone, "" being the rule's own; None where it has but one.
    """
    mine = occurrence.c.rule_id == rule_id, occurrence.c.canary == 0
    approved = (occurrence.c.status == "running") & occurrence.c.decided_by.is_not(None)
    reached = (
        (occurrence.c.status == "held") | approved | ((occurrence.c.status == "done") & (occurrence.c.entered > 0))
    )
    query = select(occurrence.c.status, occurrence.c.entered, occurrence.c.detail).where(*mine, reached)
    if zone is not None:
        elsewhere = occurrence.c.key.like("%@%")
        query = query.where(occurrence.c.key.endswith(f"@{zone}", autoescape=True) if zone else ~elsewhere)
    return list(conn.execute(query.order_by(occurrence.c.due_at.desc()).limit(count)))


def entered_elsewhere(conn: Connection, rule_id: int, key: str) -> int:
    """How many people an occurrence has entered in all zones so far."""
    firing = (occurrence.c.key == key) | occurrence.c.key.startswith(f"{key}@", autoescape=True)
    query = select(func.sum(occurrence.c.entered)).where(occurrence.c.rule_id == rule_id, firing)
    return int(conn.scalar(query) or 0)


def held_occurrences(conn: Connection) -> list[AnyRow]:
    """What waits for approval with its rule's key, the oldest first."""
    query = select(occurrence, rule.c.key.label("rule")).join(rule, rule.c.id == occurrence.c.rule_id)
    return list(conn.execute(query.where(occurrence.c.status == "held").order_by(occurrence.c.id)))


def decide_held(conn: Connection, occurrence_id: int, status: str, actor: str, now: int) -> bool:
    """Let a held occurrence run, or record it as missed. False when it is not held any more."""
    values: dict[str, Any] = {"status": status, "decided_by": actor[:80]}
    if status == "missed":
        values |= {"reason": "rejected", "finished_at": now}
    held = update(occurrence).where(occurrence.c.id == occurrence_id, occurrence.c.status == "held")
    return conn.execute(held.values(**values)).rowcount == 1


def late_or_missed(conn: Connection, since: int, rule_key: str | None = None) -> list[AnyRow]:
    """Occurrences due since a moment that were not run, or that say more of themselves, the newest first."""
    query = select(occurrence, rule.c.key.label("rule")).join(rule, rule.c.id == occurrence.c.rule_id)
    told = occurrence.c.detail.is_not(None) | (occurrence.c.status == "missed")
    query = query.where(occurrence.c.due_at >= since, told)
    if rule_key is not None:
        query = query.where(rule.c.key == rule_key)
    return list(conn.execute(query.order_by(occurrence.c.due_at.desc(), occurrence.c.id.desc())))


def missed_since(conn: Connection, since: int) -> dict[str, int]:
    """How many occurrences each rule missed since a moment, by its key."""
    query = select(rule.c.key, func.count()).join(occurrence, occurrence.c.rule_id == rule.c.id)
    query = query.where(occurrence.c.due_at >= since, occurrence.c.status == "missed").group_by(rule.c.key)
    return {row[0]: row[1] for row in conn.execute(query.order_by(rule.c.key))}
