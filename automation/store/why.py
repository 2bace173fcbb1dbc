"""Questions that only `why` asks, about one contact and one rule, as the database was known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from automation.store.messages import COUNTED
from automation.store.schema import event, message, occurrence, pending_entry, publication, rule, rule_version, run
from automation.store.schema import execution_log as log

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from automation.store.types import AnyRow


def rule_row(conn: Connection, key: str, *, canary: bool = False) -> AnyRow | None:
    """A rule as the database knows it, with the version that runs now: the others', or that of a canary's people."""
    runs = func.coalesce(rule.c.canary_version_id, rule.c.version_id) if canary else rule.c.version_id
    query = select(rule, rule_version.c.version).outerjoin(rule_version, rule_version.c.id == runs)
    return conn.execute(query.where(rule.c.key == key)).one_or_none()


def published_then(conn: Connection, at: int) -> tuple[AnyRow | None, AnyRow | None]:
    """What had been published for everybody by a moment, and the canary that ran beside it: their ids and rules."""
    wanted = publication.c.id, publication.c.rules, publication.c.canary_of_id, publication.c.canary_share
    newest = select(*wanted).where(publication.c.at <= at).order_by(publication.c.id.desc()).limit(1)
    base = conn.execute(newest.where(publication.c.canary_of_id.is_(None))).one_or_none()
    return base, None if base is None else conn.execute(newest.where(publication.c.canary_of_id == base.id)).first()


def version_then(conn: Connection, rule_id: int, version: str | None, at: int) -> AnyRow | None:
    """The version `version` of a rule, if there was one by a moment, or else the newest by then; None before that."""
    mine = select(rule_version).where(rule_version.c.rule_id == rule_id, rule_version.c.created_at <= at)
    if version is not None:
        found = conn.execute(mine.where(rule_version.c.version == version)).one_or_none()
        if found is not None:
            return found
    return conn.execute(mine.order_by(rule_version.c.created_at.desc(), rule_version.c.id.desc()).limit(1)).first()


def last_event_of(conn: Connection, contact_id: int, name: str, at: int) -> AnyRow | None:
    """A contact's newest event of one name that had happened, and had arrived, by a moment."""
    query = select(event).where(event.c.contact_id == contact_id, event.c.name == name, event.c.occurred_at <= at)
    query = query.where(event.c.received_at <= at)
    return conn.execute(query.order_by(event.c.occurred_at.desc(), event.c.id.desc()).limit(1)).first()


def last_event_for(conn: Connection, rule_id: int, contact_ids: Sequence[int], at: int) -> AnyRow | None:
    """The newest event about which the rule had decided something for one of these people by a moment."""
    query = (
        select(event)
        .join(log, log.c.event_id == event.c.id)
        .where(log.c.contact_id.in_(contact_ids), log.c.at <= at)
        .where(log.c.rule_id + 0 == rule_id)  # + 0: a rule's log is the longer one
        .order_by(log.c.id.desc())
        .limit(1)
    )
    return conn.execute(query).first()


def decision_on(conn: Connection, rule_id: int, contact_ids: Sequence[int], event_id: int, at: int) -> AnyRow | None:
    """What the rule last said to these people about one event, by a moment."""
    query = select(log).where(log.c.contact_id.in_(contact_ids), log.c.event_id == event_id, log.c.at <= at)
    return conn.execute(query.where(log.c.rule_id + 0 == rule_id).order_by(log.c.id.desc()).limit(1)).first()


def put_off_entry(conn: Connection, rule_id: int, contact_ids: Sequence[int], event_id: int) -> AnyRow | None:
    """The entry that is to be decided later, if there is one."""
    p = pending_entry.c
    query = select(pending_entry).where(p.event_id == event_id, p.rule_id == rule_id, p.contact_id.in_(contact_ids))
    return conn.execute(query.limit(1)).first()


def runs_then(conn: Connection, rule_id: int, contact_ids: Sequence[int], at: int, limit: int) -> list[AnyRow]:
    """The runs of these people that had begun by a moment, the newest first, with their events."""
    query = (
        select(run, event.c.name, event.c.properties, event.c.occurred_at, event.c.source, event.c.channel)
        .outerjoin(event, event.c.id == run.c.event_id)
        .where(run.c.contact_id.in_(contact_ids), run.c.rule_id == rule_id, run.c.entered_at <= at)
        .order_by(run.c.entered_at.desc(), run.c.id.desc())
    )
    return list(conn.execute(query.limit(limit)))


def counted_then(conn: Connection, contact_id: int, since: int, at: int) -> list[AnyRow]:
    """As `store.messages.recent`, for what counted towards caps at a moment: a message that failed later did."""
    columns = [message.c[name] for name in ("contact_id", "channel", "rule_id", "queued_at", "id", "status")]
    query = select(*columns).where(
        message.c.contact_id == contact_id,
        message.c.queued_at > since,
        message.c.queued_at <= at,
        message.c.purpose.is_not(None),
        message.c.purpose != "transactional",
        or_(message.c.status.in_(COUNTED), message.c.settled_at > at),
    )
    return list(conn.execute(query))


def last_occurrences(conn: Connection, rule_id: int, at: int, limit: int) -> list[AnyRow]:
    """The firings of a rule that were due by a moment, the newest first."""
    query = select(occurrence).where(occurrence.c.rule_id == rule_id, occurrence.c.due_at <= at)
    return list(conn.execute(query.order_by(occurrence.c.due_at.desc(), occurrence.c.id.desc()).limit(limit)))


def names_contact(conn: Connection, people: Select[Any], contact_ids: Sequence[int]) -> bool:
    """Whether a firing's people (a SELECT of contact_id) hold one of these."""
    (who,) = (column for column in people.selected_columns if column.key == "contact_id")
    theirs = people.where(who.in_(contact_ids)).limit(1)  # inside the query, so that it looks at nobody else
    return conn.execute(theirs).first() is not None


def entered_by(conn: Connection, occurrence_id: int, rule_id: int, contact_ids: Sequence[int]) -> bool:
    """Whether a firing let one of these people in."""
    mine = and_(run.c.contact_id.in_(contact_ids), run.c.rule_id == rule_id, run.c.occurrence_id == occurrence_id)
    return conn.execute(select(run.c.id).where(mine).limit(1)).first() is not None


def message_run(conn: Connection, run_id: int) -> AnyRow | None:
    """The run that a message belongs to."""
    return conn.execute(select(run).where(run.c.id == run_id)).one_or_none()
