"""What a merge means for those inside: two people's runs, events and messages are one person's from now on.

Before anything else moves, the engine looks at the merges that nobody has seen to. What would not have come about had
the two been one person from the start ends with a reason of its own: a second run where only one may be, a second run
of the same occurrence, an entry within another one's cooldown or by somebody of the control group. Then those who stay
hear what the other one did, and queued messages that are one too many for a cap are dropped.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import from_ms, to_ms
from automation.engine.delivery.crowded import drop_crowded
from automation.engine.entry.meeting import arrival_of
from automation.engine.journey.hearing import hear
from automation.reasons import Reason
from automation.rules.program import Await
from automation.store import merged, merging
from automation.store.contacts import survivors
from automation.store.digests import collecting, hand_over
from automation.store.entry_moment import EntryMoment
from automation.store.identities import hold_merging
from automation.store.log import Entry, write_log
from automation.store.queueing import let_next_in
from automation.store.runs import end_runs, lock_contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule, RuleBook
    from automation.engine.versions import Versions
    from automation.store.merging import Merge
    from automation.store.types import AnyRow

BATCH = 500
_KEY = 60
"""How much of an occurrence's key stays when a run must be told from the survivor's."""


class Surplus(NamedTuple):
    """A run that ends because of a merge: what stands against it, and the run that it gives way to."""

    run: AnyRow
    because: str  # occurrence | mode | cooldown | holdout
    kept: int | None


def settle_merges(conn: Connection, book: RuleBook, versions: Versions, now: int) -> None:
    """See to all merges that nobody has seen to. Nobody merges on PostgreSQL until the caller's transaction ends."""
    if conn.dialect.name == "postgresql":
        hold_merging(conn, exclusive=False)
    while merges := merging.unsettled_merges(conn, BATCH):
        _Settling(conn, book, versions, now).settle(merges)
        merging.mark_settled(conn, [merge.id for merge in merges], now)


class _Settling:
    """One batch of merges. A run's owner is the contact that it belonged to before these merges."""

    def __init__(self, conn: Connection, book: RuleBook, versions: Versions, now: int) -> None:
        self._conn, self._book, self._versions, self._now = conn, book, versions, now

    def settle(self, merges: Sequence[Merge]) -> None:
        absorbed = [merge.absorbed_id for merge in merges]
        today = survivors(self._conn, absorbed)
        people = sorted({today.get(id_, id_) for id_ in absorbed})
        lock_contacts(self._conn, [*people, *absorbed])
        merging.bring_along(self._conn, absorbed)
        runs = merged.runs_of_merged(self._conn, [*people, *absorbed])
        owners = _owners(merges, runs)
        ended = self._end_surplus(runs, owners, today)
        for merge in merges:
            late = [run.id for run in runs if run.contact_id == merge.absorbed_id]
            if late:
                merging.remember_runs(self._conn, merge, late)
        living = [run for run in runs if run.id not in ended]
        for person in dict.fromkeys(today.get(run.contact_id, run.contact_id) for run in living):
            theirs = [run for run in living if today.get(run.contact_id, run.contact_id) == person]
            self._tell(person, theirs, owners, merges)
        drop_crowded(self._conn, self._book, self._versions, people, self._now)

    # ------------------------------------------------------------ who stays

    def _end_surplus(self, runs: Sequence[AnyRow], owners: dict[int, int], today: dict[int, int]) -> set[int]:
        """End what may not go on, give the rest to the survivor; the runs that ended."""
        by_rule: dict[tuple[int, int], list[AnyRow]] = defaultdict(list)
        for run in runs:
            by_rule[today.get(run.contact_id, run.contact_id), run.rule_id].append(run)
        surplus: list[Surplus] = []
        queued: set[int] = set()
        for (person, _), group in by_rule.items():
            if len({owners[run.id] for run in group}) > 1 or any(owners[run.id] != person for run in group):
                surplus += self._surplus(person, group, owners, queued)
        ended = {one.run.id for one in surplus}
        given = self._give_digests(surplus, runs, today)
        end_runs(self._conn, sorted(ended), "exited", Reason.EXITED_MERGED.value, self._now, next_in=False)
        merged.queue_these(self._conn, sorted(queued - ended))
        merged.give_runs(self._conn, list(_given(runs, today)))
        write_log(self._conn, self._now, [_entry(one, today, given) for one in surplus])
        let_next_in(self._conn, sorted(ended), self._now)
        return ended

    def _give_digests(
        self, surplus: Sequence[Surplus], runs: Sequence[AnyRow], today: dict[int, int]
    ) -> dict[int, tuple[int, int]]:
        """What a digest has collected that ends goes to the one that stays at its place: {run: (that one, how much)}.

        Not what a member of the control group has collected: nobody is told of that.
        """
        ended = {one.run.id for one in surplus}
        collects = collecting(self._conn, [run.id for run in runs if run.ended_at is None]) if ended else set()
        staying = {_place(run, today): run.id for run in runs if run.id in collects and run.id not in ended}
        going = [one for one in surplus if one.run.id in collects and one.because != "holdout"]
        given = {one.run.id: to for one in going if (to := staying.get(_place(one.run, today))) is not None}
        counts = hand_over(self._conn, given) if given else {}
        return {id_: (to, counts[id_]) for id_, to in given.items()}

    def _surplus(self, person: int, group: Sequence[AnyRow], owners: dict[int, int], queued: set[int]) -> list[Surplus]:
        """Of one person's runs of one rule, those that end; whoever stands in line from now on is added to `queued`."""
        out: dict[int, Surplus] = {}
        sent = merged.sent_anything(self._conn, [run.id for run in group if run.ended_at is None])
        for run in (run for run in group if run.ended_at is None):
            rule = self._rule(run)
            against = None if rule is None else _not_let_in(rule, person, run, group, owners)
            if against is not None:
                out[run.id] = Surplus(run, *against)
        for column in ("key", "mode_key"):
            for crowd in _crowds(group, column, out):
                living = [run for run in crowd if run.ended_at is None]
                newest = column == "mode_key" and self._mode(living[0]) == "restart"
                order = (
                    (lambda r: (-r.entered_at, -r.id)) if newest else (lambda r: (r.id not in sent, r.entered_at, r.id))
                )
                gone = sorted(living, key=order)
                over = next((run for run in crowd if run.ended_at is not None), None)
                kept = over if over is not None else gone.pop(0)
                for run in gone:
                    if column == "mode_key" and self._mode(run) == "queue" and _not_begun(run):
                        queued.add(run.id)
                    else:
                        out[run.id] = Surplus(run, "occurrence" if column == "key" else "mode", kept.id)
        return list(out.values())

    def _rule(self, run: AnyRow) -> LoadedRule | None:
        return self._versions.get(self._conn, run.rule_version_id)

    def _mode(self, run: AnyRow) -> str | None:
        rule = self._rule(run)
        return None if rule is None else rule.spec.mode.on_again

    # ------------------------------------------------------------ what they hear

    def _tell(self, person: int, runs: Sequence[AnyRow], owners: dict[int, int], merges: Sequence[Merge]) -> None:
        """Those who stay hear what the other ones did, as if the same person had done it."""
        listening = self._book.listeners
        longest = max((one.goal_ms for one in listening.values()), default=0)
        oldest = self._now - longest
        moments = [EntryMoment.of_run(run) for run in runs if run.ended_at is None or run.entered_at >= oldest]
        entered = [moment.arrived for moment in moments]
        if not entered or not listening:
            return
        events = merged.events_of_merged(self._conn, person, sorted(listening), min(entered))
        brought = {id_: merge.absorbed_id for merge in merges for id_ in merge.moved.get("event", ())}
        for owner in sorted({owners[run.id] for run in runs}):
            others = [event for event in events if brought.get(event.id, person) != owner]
            if not others:
                continue
            mine = [run for run in runs if owners[run.id] == owner]
            arrivals = [arrival_of(e, e.id, person, e.received_at) for e in others]
            begun = {run.id: self._heard_before(run, others) for run in mine if run.wait_event is not None}
            hear(self._conn, self._book, self._versions, arrivals, self._now, begun, {run.id for run in mine})

    def _heard_before(self, run: AnyRow, events: Iterable[merged.MergedEvent]) -> int:
        """The last of these events that came before the run's wait began."""
        rule = self._rule(run)
        op = None if rule is None else rule.program.ops[run.position]
        if rule is None or not isinstance(op, Await) or run.due_at is None:
            return 0
        began = to_ms(op.within.before(from_ms(run.due_at), rule.spec.zone))
        return max((event.id for event in events if event.received_at < began), default=0)


def _place(run: AnyRow, today: dict[int, int]) -> tuple[int, int, str]:
    return today.get(run.contact_id, run.contact_id), run.rule_id, run.mode_key


def _owners(merges: Sequence[Merge], runs: Sequence[AnyRow]) -> dict[int, int]:
    """Whose each run was: the one who brought it along, or whoever has it."""
    brought = {id_: merge.absorbed_id for merge in merges for id_ in merge.moved.get("run", ())}
    return {run.id: brought.get(run.id, run.contact_id) for run in runs}


def _not_let_in(
    rule: LoadedRule, person: int, run: AnyRow, group: Sequence[AnyRow], owners: dict[int, int]
) -> tuple[str, int | None] | None:
    """What would have kept this run's entry out, had the two been one person then."""
    if owners[run.id] != person and any(share.holds(person) for share in rule.holdouts):
        return "holdout", None
    cooldown = rule.spec.guards.cooldown
    if cooldown is None:
        return None
    since = to_ms(cooldown.before(from_ms(run.entered_at), rule.spec.zone))
    for other in group:
        earlier = (other.entered_at, other.id) < (run.entered_at, run.id)
        if owners[other.id] != owners[run.id] and earlier and other.entered_at > since:
            return "cooldown", other.id
    return None


def _crowds(group: Sequence[AnyRow], column: str, out: dict[int, Surplus]) -> list[list[AnyRow]]:
    """The runs that can't be side by side: of one occurrence, or at one place; those that end already apart."""
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for run in group:
        name = getattr(run, column)
        if name is not None and run.id not in out:
            found[name].append(run)
    return [runs for runs in found.values() if len(runs) > 1 and any(run.ended_at is None for run in runs)]


def _not_begun(run: AnyRow) -> bool:
    return bool(run.position == 0 and run.status in ("active", "held") and run.visit == 0 and run.wait_event is None)


def _given(runs: Sequence[AnyRow], today: dict[int, int]) -> Iterable[tuple[int, str, int]]:
    """The runs that stayed behind, with the survivor's id, and a key of their own where the survivor has theirs."""
    taken = {(run.rule_id, run.key, run.contact_id) for run in runs}
    for run in runs:
        survivor = today.get(run.contact_id)
        if survivor is not None and survivor != run.contact_id:
            key = run.key if (run.rule_id, run.key, survivor) not in taken else f"{run.key[:_KEY]}~{run.id}"
            taken.add((run.rule_id, key, survivor))
            yield survivor, key, run.id


def _entry(one: Surplus, today: dict[int, int], given: dict[int, tuple[int, int]]) -> Entry:
    run = one.run
    detail: dict[str, Any] = {"because": one.because}
    if one.kept is not None:
        detail["kept"] = one.kept
    if run.id in given:
        detail["collected_by"], detail["events"] = given[run.id]
    return Entry(
        Reason.EXITED_MERGED, run.rule_id, run.rule_version_id, today.get(run.contact_id, run.contact_id), run.id,
        detail=detail,
    )  # fmt: skip
