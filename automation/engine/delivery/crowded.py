"""Messages in the queue that are one too many since two contacts became one person: the later ones are dropped."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from automation.engine.delivery.caps import CapBook, Sent, window_begins
from automation.engine.delivery.message_guards import TRANSACTIONAL
from automation.engine.delivery.outranking import Dropped, Ranking
from automation.engine.delivery.settle import Settler
from automation.engine.limits import Usage, limits_of
from automation.reasons import Reason
from automation.rules.limits import limit_begins
from automation.store.limits import messages_of
from automation.store.messages import queued_for, recent

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.types import AnyRow


def drop_crowded(conn: Connection, book: RuleBook, versions: Versions, people: Sequence[int], now: int) -> None:
    """Ask caps and limits again about what these people have in the queue: of higher rules first, then as it was
    queued."""
    rows = [(row, versions.get(conn, row.rule_version_id)) for row in queued_for(conn, people)]
    queued = [(row, rule) for row, rule in rows if rule is not None and row.purpose is not None]
    ranking = Ranking(book.ranked)
    queued.sort(key=lambda pair: (pair[0].contact_id, -ranking.priority(pair[0].rule_id), pair[0].id))
    dropped = _over_caps(conn, [(row, rule) for row, rule in queued if _capped(row, rule)], people, now)
    gone = {one.row.id for one in dropped}
    left = [(row, rule) for row, rule in queued if row.id not in gone]
    dropped += _over_limits(conn, left, people, gone, now)
    if dropped:
        Settler(book, versions).drop(conn, dropped, now)


def _over_caps(
    conn: Connection, queued: Sequence[tuple[AnyRow, LoadedRule]], people: Sequence[int], now: int
) -> list[Dropped]:
    if not queued:
        return []
    begins = [window_begins(cap, now, rule.spec.zone) for _, rule in queued for cap in rule.spec.guards.frequency_cap]
    caps = CapBook(recent(conn, people, min(begins)))
    groups = groupby(queued, key=lambda pair: pair[0].contact_id)
    return [one for person, group in groups for one in _of_one(caps, person, list(group), now)]


def _over_limits(
    conn: Connection, queued: Sequence[tuple[AnyRow, LoadedRule]], people: Sequence[int], gone: Collection[int],
    now: int,
) -> list[Dropped]:  # fmt: skip
    begins = [limit_begins(one, now, rule.spec.zone) for _, rule in queued for one in limits_of(rule, "messages")]
    if not begins:
        return []
    uses = {use[4]: use for use in messages_of(conn, people, min(begins)) if use[4] not in gone}
    waiting = {row.id for row, _ in queued}
    usage = Usage("messages", [use for id_, use in uses.items() if id_ not in waiting])
    dropped = []
    for row, rule in queued:
        full = usage.full(rule, row.contact_id, now)
        if full is not None:
            dropped.append(Dropped(row, Reason.SKIPPED_LIMIT, full))
        elif row.id in uses:
            _, rule_id, at, shared, _ = uses[row.id]
            usage.add(row.contact_id, rule_id or 0, at, shared=shared)
    return dropped


def _capped(row: AnyRow, rule: LoadedRule) -> bool:
    return row.purpose not in (None, TRANSACTIONAL) and bool(rule.spec.guards.frequency_cap)


def _of_one(caps: CapBook, person: int, queued: Sequence[tuple[AnyRow, LoadedRule]], now: int) -> list[Dropped]:
    """Each is asked as if it and those after it were not in the queue yet."""
    sent = {one.message_id: one for one in caps.of(person)}
    open_: list[Sent] = [sent[row.id] for row, _ in queued if row.id in sent]
    dropped = []
    for row, rule in queued:
        if row.id not in sent:
            continue
        guards, zone = rule.spec.guards, rule.spec.zone
        full = caps.full(guards.frequency_cap, person, row.channel, row.rule_id, now, zone, open_)
        open_.remove(sent[row.id])
        if full is not None:
            caps.remove(person, [sent[row.id]])
            dropped.append(Dropped(row, Reason.SKIPPED_FREQUENCY_CAP, full.detail()))
    return dropped
