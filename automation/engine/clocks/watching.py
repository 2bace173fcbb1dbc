"""Watching, between sweeps: who comes into a segment or leaves it by an event, or by what an action has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from automation.clock import from_ms
from automation.engine.entry.meeting import Arrival, Meeting, nothing_came
from automation.rules.conditions.tree import Compare, refs_in, walk
from automation.store.runs import lock_contacts
from automation.store.segments import Standing, lock_segment, save_standings, standings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule, RuleBook

    TooMany: TypeAlias = Callable[[LoadedRule, int], bool]


def newcomers(conn: Connection, book: RuleBook, arrivals: Sequence[Arrival], now: int) -> list[Meeting]:
    """Who meets a watching rule because of these events, each by the last of theirs."""
    by_rule: dict[LoadedRule, dict[int, Arrival]] = {}
    for arrival in arrivals:
        for rule in book.watched_events.get(arrival.name, ()) if arrival.contact_id is not None else ():
            if rule.meets(arrival.contact_id):
                by_rule.setdefault(rule, {})[arrival.contact_id or 0] = arrival
    if not by_rule:
        return []
    lock_contacts(conn, {contact_id for touched in by_rule.values() for contact_id in touched})
    return [
        Meeting(rule, touched[one.contact_id], one.contact_id)
        for rule, touched in by_rule.items()
        for one in _moved(conn, rule, touched, now)
    ]


def changed_people(conn: Connection, book: RuleBook, contact_ids: Iterable[int], now: int) -> list[Meeting]:
    """Who meets a watching rule because something was written to their profile, in the caller's transaction."""
    people = sorted(set(contact_ids))
    rules = [rule for rule in book.watchers if _looks_at_profile(rule)]
    if not people or not rules:
        return []
    lock_contacts(conn, people)
    return [meeting for rule in rules for meeting in moved_people(conn, rule, people, now)]


def moved_people(
    conn: Connection, rule: LoadedRule, people: Iterable[int], now: int, too_many: TooMany | None = None
) -> list[Meeting]:
    """Who of these people, who are locked, meets a watching rule although no event of theirs says so."""
    return [
        Meeting(rule, nothing_came(one.contact_id, now), one.contact_id, changed=_change(one, now))
        for one in _moved(conn, rule, [contact_id for contact_id in people if rule.meets(contact_id)], now, too_many)
    ]


def _moved(
    conn: Connection, rule: LoadedRule, people: Iterable[int], now: int, too_many: TooMany | None = None
) -> list[Standing]:
    """Those who have come (or gone, as the rule asks). Both kinds are noted, so that each change is seen once; unless
    so many were called that it is `too_many`.

    A segment that is not filled yet calls nobody: what it finds when it is filled is how things were.
    """
    watch, zone = rule.watch, rule.spec.zone
    assert watch is not None
    segment_id = lock_segment(conn, watch.key(rule.rule_id), watch.fingerprint(zone), alone=False)
    if segment_id is None:
        return []
    found = standings(conn, segment_id, list(people), watch.holds(from_ms(now), zone))
    moved = [one for one in found if one.holds is not one.member]
    called = [one for one in moved if one.holds is (watch.on == "entered")]
    if too_many is not None and too_many(rule, len(called)):
        return []
    save_standings(conn, segment_id, moved, now)
    return called


def _looks_at_profile(rule: LoadedRule) -> bool:
    """Also where it compares what somebody did with a field of theirs."""
    if rule.watch is None:
        return False
    condition = rule.watch.condition
    return bool(refs_in(condition)) or any(isinstance(node, Compare) for node in walk(condition))


def _change(one: Standing, now: int) -> str:
    """What names a change that no event made."""
    return f"{'in' if one.holds else 'out'}:{now}"
