"""Entering whole audiences: the decision and the runs of one page of people, in a few statements, none per person.

The caller says who (a SELECT of people) and what must hold (guards, in their order, as SQL clauses over `contact`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    case,
    delete,
    func,
    insert,
    literal,
    not_,
    null,
    select,
    update,
)

from automation.reasons import Reason
from automation.store.lists import changed, fetch
from automation.store.runs import end_runs, lock_contacts
from automation.store.schema import contact, execution_log, run
from automation.store.types import Id

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

    from automation.store.types import AnyRow

_scratch = Table(
    "entering",
    MetaData(),
    Column("contact_id", Id, primary_key=True, autoincrement=False),
    Column("key", String(80), nullable=False),
    Column("reason", String(40)),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True)
class Page:
    """One page of an occurrence: whom to look at, and what must hold of each, in the order of the guards."""

    people: Select[Any]  # contact_id, and key where each person has an occurrence of their own
    guards: Sequence[tuple[Reason, ColumnElement[bool]]]
    occurrence_id: int
    key: str
    rule_id: int
    version_id: int
    mode_key: str | None
    restart: bool
    now: int
    after: int  # contact ids above this one
    size: int
    since_at: int | None = None  # when the occurrence was due, from which waits and goals count; None: now
    shared: Sequence[tuple[Reason, ColumnElement[bool]]] = ()  # guards that other rules fill too, meanwhile
    queue: bool = False  # who is inside already stands in line behind themselves


@dataclass(frozen=True)
class Decided:
    """How many of a page were looked at, and how many each guard holds back. `full`: there may be another page."""

    looked_at: int
    skipped: dict[str, int]
    last: int
    full: bool

    @property
    def wanted(self) -> int:
        """How many every guard lets pass."""
        return self.looked_at - sum(self.skipped.values())


@dataclass(frozen=True)
class PageResult:
    """entered + the sum of `skipped` = looked_at. `last` is where the next page begins; `full`: there may be one."""

    looked_at: int
    entered: int
    skipped: dict[str, int]
    last: int
    full: bool


def enter_page(conn: Connection, page: Page) -> PageResult:
    """Decide a page of people and enter those whom every guard lets pass, with their log rows."""
    return enter_decided(conn, page, decide_page(conn, page))


def people_of(conn: Connection, page: Page) -> list[int]:
    """The contacts of a page, before anything is decided."""
    people = page.people.subquery("people")
    query = select(people.c.contact_id).where(people.c.contact_id > page.after).order_by(people.c.contact_id)
    return list(conn.scalars(query.limit(page.size)))


def decide_page(conn: Connection, page: Page) -> Decided:
    """Decide a page of people, and write nothing that stays."""
    _scratch.create(conn, checkfirst=False) if not _has_scratch(conn) else conn.execute(delete(_scratch))
    conn.execute(insert(_scratch).from_select(["contact_id", "key", "reason"], _decisions(page)))
    if page.shared and conn.dialect.name == "postgresql":
        _ask_again(conn, page)
    reasons = (Reason.SKIPPED_UNKNOWN_CONTACT.value, *(reason.value for reason, _ in page.guards))
    looked_at, last, *held = conn.execute(_counts(reasons)).one()
    skipped = {reason: count for reason, count in zip(reasons, held, strict=True) if count}
    return Decided(looked_at, skipped, page.after if last is None else last, looked_at == page.size)


def _ask_again(conn: Connection, page: Page) -> None:
    """What other rules may fill at the same time is asked once more, when nobody else decides about these people."""
    lock_contacts(conn, conn.scalars(select(_scratch.c.contact_id).where(_scratch.c.reason.is_(None))).all())
    for reason, clause in page.shared:
        holds = select(literal(1)).where(contact.c.id == _scratch.c.contact_id, clause).exists()
        conn.execute(update(_scratch).where(_scratch.c.reason.is_(None), ~holds).values(reason=reason.value))


def enter_decided(conn: Connection, page: Page, decided: Decided) -> PageResult:
    """Enter whom `decide_page` let pass, just before in the same transaction."""
    if page.restart:
        _end_the_others(conn, page)
    wanted, skipped = decided.wanted, dict(decided.skipped)
    entered = _enter(conn, page) if wanted else 0
    if page.queue and wanted > entered:
        entered += _line_up(conn, page)
    if any(reason != Reason.SKIPPED_AUDIENCE for reason in skipped):
        changed(conn, _SKIPPED, page.now, page.rule_id, page.version_id)
    if wanted > entered:
        skipped[Reason.SKIPPED_REPEATED.value] = wanted - entered
    return PageResult(decided.looked_at, entered, skipped, decided.last, decided.full)


def outside_share(
    multiplier: int, offset: int, below: int, id_: ColumnElement[int] = contact.c.id
) -> ColumnElement[bool]:
    """SQL of `not contacts.share.Share(multiplier, offset, below).holds(id_)`."""
    prime = 2147483647
    mixed = (id_ % prime * multiplier + offset) % prime
    return mixed * (mixed % 65521) % prime % 10_000 >= below


def in_share(people: Select[Any], multiplier: int, offset: int, below: int, *, inside: bool) -> Select[Any]:
    """`people` (a SELECT of contact_id and whatever else) in a share of all contacts, or outside it."""
    named = people.subquery("everybody")
    outside = outside_share(multiplier, offset, below, named.c.contact_id)
    return select(named).where(not_(outside) if inside else outside)


def no_entry_since(rule_id: int, since: int) -> ColumnElement[bool]:
    """The contact has not entered the rule since a moment."""
    earlier = select(literal(1)).where(
        run.c.contact_id == contact.c.id, run.c.rule_id == rule_id, run.c.entered_at > since
    )
    return ~earlier.exists()


def not_inside(rule_id: int, mode_key: str) -> ColumnElement[bool]:
    """The contact has no living run of the rule under `mode_key`."""
    alive = select(literal(1)).where(
        run.c.contact_id == contact.c.id, run.c.rule_id == rule_id, run.c.mode_key == mode_key
    )
    return ~alive.exists()


@lru_cache(maxsize=64)
def _counts(reasons: tuple[str, ...]) -> Select[Any]:
    """How many were looked at, the last of them, and how many each guard held back. Without GROUP BY, which sorts."""
    each: list[Any] = [func.count().filter(_scratch.c.reason == reason) for reason in reasons]
    return select(func.count(), func.max(_scratch.c.contact_id), *each)


def _decisions(page: Page) -> Select[Any]:
    people = page.people.subquery("people")
    key = people.c.key if "key" in people.c else literal(page.key)
    looked_at = (
        select(people.c.contact_id, key.label("key"))
        .where(people.c.contact_id > page.after)
        .order_by(people.c.contact_id)
        .limit(page.size)
        .subquery("page")
    )
    whens = [(not_(clause), literal(reason.value)) for reason, clause in page.guards]
    gone = contact.c.id.is_(None), literal(Reason.SKIPPED_UNKNOWN_CONTACT.value)
    # An outer join, because then SQLite reads the page as it comes instead of storing it first. The second condition:
    # so that a merge join on PostgreSQL needn't read all contacts before this page.
    found = (contact.c.id == looked_at.c.contact_id) & (contact.c.id > page.after)
    return select(
        looked_at.c.contact_id, looked_at.c.key, case(gone, *whens, else_=null()).label("reason")
    ).outerjoin(contact, found)  # fmt: skip


def _enter(conn: Connection, page: Page) -> int:
    """Write the runs and their log rows; returns how many there are. Plain SQL: building it took longer than a day's
    birthdays."""
    return _store(conn, page, _RUNS, (page.now, page.mode_key, *_times(page)), Reason.ENTERED)


def _line_up(conn: Connection, page: Page) -> int:
    """Those whose place is taken wait until it is left; returns how many there are, with those whose place was left
    just now. Whoever is inside stays locked, so that nobody lines up behind one who is leaving."""
    entered = 0
    if conn.dialect.name == "postgresql":
        _living(conn, page, lock=True)
        entered = _enter(conn, page)
    return entered + _store(conn, page, _QUEUED, (page.mode_key, *_times(page)), Reason.QUEUED_BEHIND)


def _times(page: Page) -> tuple[int, int]:
    return page.now, page.now if page.since_at is None else page.since_at


def _store(conn: Connection, page: Page, statement: str, values: tuple[Any, ...], reason: Reason) -> int:
    rule, logged = (page.rule_id, page.version_id), _LOGGED[reason]
    runs = (*rule, page.occurrence_id, *values)
    if conn.dialect.name == "postgresql":
        return changed(conn, f"WITH new AS ({statement} RETURNING id, contact_id) {logged} new", *runs, page.now, *rule)
    ((before,),) = fetch(conn, "SELECT coalesce(max(id), 0) FROM run")
    changed(conn, statement, *runs)
    return changed(conn, f"{logged} run WHERE id > ? ORDER BY id", page.now, *rule, before)


def _insertion(status: str, due_at: str, place: str) -> str:
    return f"""
INSERT INTO run ("key", rule_id, rule_version_id, contact_id, occurrence_id, status, position, due_at, {place},
                 variables, entered_at, since_at, since_event_id)
SELECT "key", ?, ?, contact_id, ?, '{status}', 0, {due_at}, CAST(? AS VARCHAR(200)), '{{}}', ?, ?,
       (SELECT coalesce(max(id), 0) FROM event) FROM entering
WHERE reason IS NULL ORDER BY contact_id ON CONFLICT DO NOTHING"""


_RUNS = _insertion("active", "?", "mode_key")
_QUEUED = _insertion("queued", "NULL", "queue_key")
_LOGGED = {
    reason: f"""
INSERT INTO execution_log (at, code, rule_id, rule_version_id, contact_id, run_id)
SELECT ?, '{reason.value}', ?, ?, contact_id, id FROM"""
    for reason in (Reason.ENTERED, Reason.QUEUED_BEHIND)
}
_SKIPPED = f"""
INSERT INTO execution_log (at, code, rule_id, rule_version_id, contact_id)
SELECT ?, reason, ?, ?, contact_id FROM entering
WHERE reason IS NOT NULL AND reason <> '{Reason.SKIPPED_AUDIENCE.value}' ORDER BY contact_id"""


def _end_the_others(conn: Connection, page: Page) -> None:
    inside = _living(conn, page)
    end_runs(conn, [row.id for row in inside], "exited", Reason.EXITED_RESTARTED.value, page.now, next_in=False)
    values = [
        {"at": page.now, "code": Reason.EXITED_RESTARTED.value, "rule_id": page.rule_id,
         "rule_version_id": row.rule_version_id, "contact_id": row.contact_id, "run_id": row.id}
        for row in inside
    ]  # fmt: skip
    if values:
        conn.execute(insert(execution_log), values)


def _living(conn: Connection, page: Page, *, lock: bool = False) -> list[AnyRow]:
    entering = select(_scratch.c.contact_id).where(_scratch.c.reason.is_(None))
    own_key = select(_scratch.c.key).where(_scratch.c.contact_id == run.c.contact_id).scalar_subquery()
    query = select(run.c.id, run.c.contact_id, run.c.rule_version_id).where(
        run.c.contact_id.in_(entering),  # no join: SQLite would begin with every living run of every rule
        run.c.rule_id == page.rule_id,
        run.c.mode_key == page.mode_key,
        run.c.key != own_key,
    )
    return list(conn.execute(query.with_for_update(of=run) if lock else query))


def _has_scratch(conn: Connection) -> bool:
    """Whether this connection has the temporary table already."""
    if conn.dialect.name == "sqlite":
        return conn.exec_driver_sql("SELECT 1 FROM temp.sqlite_master WHERE name = 'entering'").first() is not None
    return conn.exec_driver_sql("SELECT to_regclass('pg_temp.entering')").scalar() is not None
