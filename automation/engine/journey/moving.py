"""Moving: when a rule changes, people inside come to its new version, or leave it, as that version says.

They are looked at portion by portion, each in a transaction of its own, so that ten million of them neither fill the
memory nor hold up the others; a crash goes on with the next portion. Who comes due before that is moved right then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.engine.journey.places import NotMoved, Places
from automation.reasons import Reason
from automation.store.changes import (
    advance_change,
    begin_again,
    count_moved,
    end_change,
    last_run,
    lock_elsewhere,
    open_changes,
    people_elsewhere,
    save_places,
)
from automation.store.log import Entry, write_log
from automation.store.retry import retried
from automation.store.runs import end_runs, lock_contacts
from automation.store.waiting import wake_dated

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.database import Database
    from automation.store.types import AnyRow

PORTION = 10_000
"""How many run ids one transaction looks at."""


class Moving:
    """Brings people to the current versions of one rule book."""

    def __init__(
        self, database: Database, clock: Clock, book: RuleBook, versions: Versions, portion: int = PORTION
    ) -> None:
        self._database, self._clock, self._book, self._versions = database, clock, book, versions
        self._portion = portion

    def __call__(self) -> int:
        """Do one portion of one changed rule; 0 when there is none, or another process is at it."""
        with self._database.read() as conn:
            changes = [one for one in open_changes(conn) if self._book.by_version(one.rule_version_id) is not None]
        return retried(lambda: self._do(changes[0])) if changes else 0

    def _do(self, change: AnyRow) -> int:
        with suppress(_Overtaken), self._database.write() as conn:
            now, end = to_ms(self._clock.now()), last_run(conn)
            upto = min(change.cursor + self._portion, end)
            people = people_elsewhere(conn, change, upto)
            lock_contacts(conn, people.values())
            rows = lock_elsewhere(conn, change, people)
            done = bring(conn, self._versions, self._rule(change), rows, now)
            if not advance_change(conn, change, upto, **vars(done)):
                raise _Overtaken
            if upto >= end:
                self._finish(conn, change, now)
            return 1
        return 0

    def _finish(self, conn: Connection, change: AnyRow, now: int) -> None:
        """What became of them all, in one row."""
        (total,) = [one for one in open_changes(conn) if one.rule_id == change.rule_id]
        end_change(conn, change.rule_id)
        if self._rule(change).spec.on_change == "exit":
            code, detail = Reason.EXITED_CHANGED, {"exited": total.exited}
        else:
            code, detail = Reason.MOVED, {"moved": total.moved, "not_moved": total.not_moved}
        write_log(conn, now, [Entry(code, change.rule_id, change.rule_version_id, detail=detail)])

    def _rule(self, change: AnyRow) -> LoadedRule:
        rule = self._book.by_version(change.rule_version_id)
        assert rule is not None
        return rule


@dataclass(frozen=True)
class Brought:
    """What became of people inside a changed rule."""

    moved: int = 0
    not_moved: int = 0
    exited: int = 0


class _Overtaken(Exception):
    """Another process has done the same portion."""


def bring(conn: Connection, versions: Versions, rule: LoadedRule, rows: Sequence[AnyRow], now: int) -> Brought:
    """Move these runs of older versions to `rule`, or let them out. They and their people are locked."""
    if rule.spec.on_change == "exit":
        write_log(conn, now, [_entry(Reason.EXITED_CHANGED, rule, row) for row in rows])
        end_runs(conn, [row.id for row in rows], "exited", Reason.EXITED_CHANGED.value, now)
        return Brought(exited=len(rows))
    moved, left = _placed(conn, versions, rule, rows)
    _save(conn, rule, moved, now)
    write_log(conn, now, [_entry(Reason.NOT_MOVED, rule, row, {"reason": reason}) for row, reason in left])
    return Brought(moved=len(moved), not_moved=len(left))


def overtake(
    conn: Connection, book: RuleBook, versions: Versions, rows: Sequence[AnyRow], now: int
) -> Sequence[AnyRow]:
    """Of runs that are due, those of changed rules as they stand in the new version, without those who leave.

    Nobody takes a step that was edited away only because the portion was not there yet.
    """
    changed: dict[LoadedRule, list[AnyRow]] = {}
    for row in rows:
        rule = None if book.by_version(row.rule_version_id) else book.by_rule(row.rule_id)
        if rule is not None and rule.spec.on_change != "finish":
            changed.setdefault(rule, []).append(row)
    if not changed:
        return rows
    found: dict[int, AnyRow | None] = {}
    changes = {change.rule_id: change for change in open_changes(conn)}
    for rule, mine in changed.items():
        if rule.spec.on_change == "exit":
            bring(conn, versions, rule, mine, now)
            found.update((row.id, None) for row in mine)
        elif rule.rule_id in changes:
            found |= _move_now(conn, versions, rule, mine, changes[rule.rule_id], now)
    return [moved for row in rows if (moved := found.get(row.id, row)) is not None]


def _move_now(
    conn: Connection, versions: Versions, rule: LoadedRule, rows: Sequence[AnyRow], change: AnyRow, now: int
) -> dict[int, AnyRow]:
    """Those whose portion has not come yet. Of the others it is known already that they finish on their version."""
    moved, _ = _placed(conn, versions, rule, [row for row in rows if row.id > change.cursor])
    _save(conn, rule, moved, now)
    count_moved(conn, change, len(moved))
    version = rule.version_id
    return {row.id: row._replace(rule_version_id=version, position=to, visit=_visit(row)) for row, to in moved}


def _placed(
    conn: Connection, versions: Versions, rule: LoadedRule, rows: Sequence[AnyRow]
) -> tuple[list[tuple[AnyRow, int]], list[tuple[AnyRow, NotMoved]]]:
    """With their new positions, and with why there is none."""
    places: dict[int, Places | None] = {}
    moved: list[tuple[AnyRow, int]] = []
    left: list[tuple[AnyRow, NotMoved]] = []
    for row in rows:
        if row.rule_version_id not in places:
            old = versions.get(conn, row.rule_version_id)
            places[row.rule_version_id] = None if old is None else Places(old, rule)
        known = places[row.rule_version_id]
        found = "version_unusable" if known is None else known.of(row)
        if isinstance(found, int):
            moved.append((row, found))
        else:
            left.append((row, found))
    return moved, left


def _save(conn: Connection, rule: LoadedRule, moved: Sequence[tuple[AnyRow, int]], now: int) -> None:
    save_places(conn, [(row.id, rule.version_id, position, _visit(row)) for row, position in moved])
    wake_dated(conn, {row.contact_id for row, _ in moved if row.wait_event is not None}, now)
    begin_again(conn, [row.id for row, position in moved if position < row.position and position == 0], now)
    write_log(conn, now, [_entry(Reason.MOVED, rule, row, {"from": row.position, "to": to}) for row, to in moved])


def _visit(row: AnyRow) -> int:
    """Another number, so that a step which has another path now is never taken for one that was done before."""
    return int(row.visit) + 1


def _entry(reason: Reason, rule: LoadedRule, row: AnyRow, detail: Mapping[str, Any] | None = None) -> Entry:
    return Entry(reason, rule.rule_id, row.rule_version_id, row.contact_id, row.id, detail=detail)
