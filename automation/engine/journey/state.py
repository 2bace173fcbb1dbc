"""One run while it moves: the row as it was claimed, and what becomes of it in this transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.jsontext import compact
from automation.rules.program import Await, Pause
from automation.store.digests import COLLECTED, OWN
from automation.store.entry_moment import EntryMoment
from automation.store.waiting import DATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from automation.engine.book import LoadedRule
    from automation.reasons import Reason
    from automation.store.types import AnyRow


@dataclass(slots=True, eq=False)
class RunState:
    """A run in hand. `live`: it can take another step in this transaction.

    What the engine notes for itself stands among its variables under OWN, where no step can save and no template asks.
    """

    id: int
    rule: LoadedRule
    contact_id: int
    event_id: int | None
    position: int
    variables: dict[str, Any]
    entered_at: int
    moment: EntryMoment  # by what it entered, and when that was
    mode_key: str | None
    status: str = "active"
    due_at: int | None = None
    ended_at: int | None = None
    reason: str | None = None
    live: bool = True
    since: int = 0  # when it was to go on from where it stood
    start: int = 0  # where that was
    visit: int = 0
    rounds: dict[str, int] = field(default_factory=dict)  # {loop: rounds begun}, while inside the loop
    collected: list[int] | None = None  # the events of its digest, but for the first; None: it has none
    begun: frozenset[str] = frozenset()  # the loops that it was in when it was claimed
    wait_event: str | None = None
    heard_up_to: int = 0  # the wait that begins next listens to events after this one
    fresh: bool = False  # it comes from its entry, and has taken no step yet that takes time
    acted: bool = False  # it has done something since it was claimed
    timed_out: bool = False  # it was claimed while it waited for an event
    waited_for: int | None = None  # it waited, here, for a date that is read again: this moment
    before: int | None = None  # when an event occurred that is decided next: what ends later waits on
    was: tuple[int, str | None] = (0, None)  # visit and wait_event as they are in the database

    @classmethod
    def of(cls, row: AnyRow, rule: LoadedRule) -> RunState:
        variables = dict(row.variables)
        own = variables.pop(OWN, {})
        rounds = own.get("rounds", {})
        state = cls(
            row.id, rule, row.contact_id, row.event_id, row.position, variables, row.entered_at,
            EntryMoment.of_run(row), row.mode_key, row.status, since=row.due_at or row.entered_at,
            start=row.position, visit=row.visit, rounds=rounds,
            begun=frozenset(rounds), was=(row.visit, row.wait_event),
        )  # fmt: skip
        state.collected = own.get(COLLECTED)
        state.fresh = row.position == 0 and row.due_at == row.entered_at and row.wait_event is None
        state.timed_out = row.wait_event is not None and isinstance(rule.program.ops[row.position], Await)
        if row.wait_event is not None and isinstance(rule.program.ops[row.position], Pause):
            state.waited_for = own.get("until", 0)
        return state

    @property
    def began(self) -> int:
        """From when goals and a first wait count, in milliseconds: what let it in, or when nothing had followed it."""
        pattern = self.rule.not_followed_by
        if pattern is None or self.event_id is None or self.event_id != self.moment.event_id:
            return self.moment.at
        return to_ms(pattern.within.after(from_ms(self.moment.at), self.rule.spec.zone))

    def wait(self, until: int) -> None:
        """Put the run down until a moment; it goes on at its position."""
        self.due_at, self.live = until, False

    @property
    def has_moved(self) -> bool:
        """Whether it took a step since it was claimed."""
        return (self.position, self.visit) != (self.start, self.was[0])

    def wait_for_date(self, field: str, until: int) -> None:
        """The same, until a date of the contact's: it comes back here, and reads it again."""
        self.wait_event, self.waited_for = DATED + field, until
        self.wait(until)

    def hear(self, op: Await, properties: Mapping[str, Any]) -> None:
        """The event that it waits for at `op` has come."""
        if op.save_as is not None:
            self.variables[op.save_as] = dict(properties)
        self.position, self.wait_event = self.position + 1, None

    def park(self) -> None:
        """Put the run down until its message is settled."""
        self.status, self.due_at, self.live = "sending", None, False

    def end(self, status: str, reason: Reason, now: int) -> None:
        """It is over. Its place is given to the next one when it is saved."""
        self.status, self.reason, self.ended_at = status, reason.value, now
        self.due_at, self.wait_event, self.live = None, None, False

    def row(self) -> tuple[Any, ...]:
        """What `store.runs.save_progress` takes."""
        own: dict[str, Any] = {"rounds": self.rounds} if self.rounds else {}
        if self.waited_for is not None and self.wait_event is not None:
            own["until"] = self.waited_for
        if self.collected is not None:
            own[COLLECTED] = self.collected
        variables = compact({**self.variables, OWN: own} if own else self.variables)
        return (
            self.id, self.status, self.position, self.due_at, self.mode_key, variables, self.ended_at, self.reason,
        )  # fmt: skip

    def journey(self) -> tuple[int, int, str | None] | None:
        """What `store.runs.save_journeys` takes; None when it is as it was."""
        now = (self.visit, self.wait_event)
        return None if now == self.was else (self.id, *now)
