"""Messages in the queue that are one too many since two contacts became one person: the later ones are dropped."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from automation.engine.delivery.caps import CapBook, Sent, window_begins
from automation.engine.delivery.message_guards import TRANSACTIONAL
from automation.engine.delivery.outranking import Dropped, Ranking
from automation.engine.delivery.settle import Settler
from automation.reasons import Reason
from automation.store.messages import queued_for, recent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.types import AnyRow


def drop_crowded(conn: Connection, book: RuleBook, versions: Versions, people: Sequence[int], now: int) -> None:
    """Ask the caps again about what these people have in the queue: of higher rules first, then as it was queued."""
    rules = {row.id: (row, versions.get(conn, row.rule_version_id)) for row in queued_for(conn, people)}
    queued = [(row, rule) for row, rule in rules.values() if rule is not None and _capped(row, rule)]
    if not queued:
        return
    begins = [window_begins(cap, now, rule.spec.zone) for _, rule in queued for cap in rule.spec.guards.frequency_cap]
    caps = CapBook(recent(conn, people, min(begins)))
    ranking = Ranking(book.ranked)
    queued.sort(key=lambda pair: (pair[0].contact_id, -ranking.priority(pair[0].rule_id), pair[0].id))
    dropped: list[Dropped] = []
    for person, group in groupby(queued, key=lambda pair: pair[0].contact_id):
        dropped += _of_one(caps, person, list(group), now)
    if dropped:
        Settler(book, versions).drop(conn, dropped, now)


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
