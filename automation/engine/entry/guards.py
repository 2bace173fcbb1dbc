"""The guards at entry, in their fixed order. Each is written once for a person and once for a whole audience."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.engine.limits import Usage, limits_of
from automation.reasons import Reason
from automation.rules.conditions.sql import SqlScope, clause
from automation.rules.limits import limit_begins
from automation.store.entering import no_entry_since, not_inside, outside_share
from automation.store.limits import entries_below
from automation.store.schema import contact

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from automation.engine.book import LoadedRule
    from automation.rules.conditions.facts import Facts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person at a rule's door."""

    rule: LoadedRule
    contact_id: int
    facts: Facts
    mode_key: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a person does not enter, with the values seen."""

    reason: Reason
    detail: dict[str, Any] | None = None


NEW = 0
"""The run of somebody who enters within the batch has no number yet."""


@dataclass
class EntryState:
    """What the guards need of the past, for one batch; `entered` keeps it true within the batch."""

    now: int
    last: dict[tuple[int, int], int] = field(default_factory=dict)  # (contact, rule): entered_at
    inside: dict[tuple[int, int, str], int] = field(default_factory=dict)  # (contact, rule, mode_key): run
    collecting: set[int] = field(default_factory=set)  # those of these runs that collect events for a digest
    entries: Usage = field(default_factory=lambda: Usage("entries"))  # what limits count

    def entered(self, candidate: Candidate) -> None:
        contact_id, rule_id = candidate.contact_id, candidate.rule.rule_id
        self.last[contact_id, rule_id] = self.now
        self.entries.add(contact_id, rule_id, self.now)
        if candidate.mode_key is not None:
            self.inside[contact_id, rule_id, candidate.mode_key] = NEW

    def collects(self, candidate: Candidate) -> bool:
        """Whether the run at the candidate's place collects events, of whatever version it is."""
        run_id = self.inside.get((candidate.contact_id, candidate.rule.rule_id, candidate.mode_key or ""))
        return candidate.rule.spec.digest is not None if run_id == NEW else run_id in self.collecting

    @staticmethod
    def rounds(candidates: Sequence[Candidate]) -> list[list[int]]:
        """Indexes in batches in which no two candidates share a place that only one run may hold."""
        seen: dict[tuple[int, int, str], int] = {}
        rounds: list[list[int]] = []
        for i, c in enumerate(candidates):
            place = None if c.mode_key is None else (c.contact_id, c.rule.rule_id, c.mode_key)
            turn = seen.get(place, 0) if place is not None else 0
            if place is not None:
                seen[place] = turn + 1
            while len(rounds) <= turn:
                rounds.append([])
            rounds[turn].append(i)
        return rounds


@dataclass(frozen=True)
class EntryGuard:
    """One guard: `person` tells what is wrong with one; `everyone` is the same as a SQL clause that must hold."""

    reason: Reason
    person: Callable[[Candidate, EntryState], dict[str, Any] | bool | None]
    everyone: Callable[[LoadedRule, int], ColumnElement[bool] | None]


def decide(candidate: Candidate, state: EntryState) -> Refusal | None:
    """The first guard that holds the person back, or None: enter. A guard that crashes holds back too."""
    for guard in guards_of(candidate.rule):
        try:
            found = guard.person(candidate, state)
        except Exception as error:  # fail closed: whatever goes wrong in a decision, nobody enters by it
            return Refusal(
                Reason.SKIPPED_ERROR, {"guard": guard.reason.value, "error": f"{type(error).__name__}: {error}"}
            )
        if found:
            return Refusal(refusal_by(guard, candidate, state), found if isinstance(found, dict) else None)
    return None


def refusal_by(guard: EntryGuard, candidate: Candidate, state: EntryState) -> Reason:
    """What is said of somebody whom the guard holds back: whose place is taken by a digest goes into it."""
    inside = guard.reason is Reason.SKIPPED_ALREADY_INSIDE
    return Reason.SKIPPED_COLLECTED if inside and state.collects(candidate) else guard.reason


def clauses(rule: LoadedRule, now: int) -> list[tuple[Reason, ColumnElement[bool]]]:
    """The guards of a rule as SQL over `contact`, in their order; those that don't apply are left out."""
    found = [(guard.reason, guard.everyone(rule, now)) for guard in ENTRY_GUARDS]
    return [(reason, condition) for reason, condition in found if condition is not None]


def shared_clauses(rule: LoadedRule, now: int) -> list[tuple[Reason, ColumnElement[bool]]]:
    """Those that the entries into other rules fill too."""
    found = _limit_clause(rule, now) if any(one.scope == "all" for one in limits_of(rule, "entries")) else None
    return [] if found is None else [(Reason.SKIPPED_LIMIT, found)]


def sql_scope(rule: LoadedRule, now: int) -> SqlScope:
    """Conditions about `contact` rows at the moment `now`."""
    return SqlScope(
        contact_id=contact.c.id,
        attributes=contact.c.attributes,
        columns={"created_at": contact.c.created_at, "updated_at": contact.c.updated_at},
        now=from_ms(now),
        zone=rule.spec.zone,
        event_properties=None,
    )


def cooldown_begins(rule: LoadedRule, now: int) -> int | None:
    """An entry after this moment is too recent; None without a cooldown."""
    cooldown = rule.spec.guards.cooldown
    return None if cooldown is None else to_ms(cooldown.before(from_ms(now), rule.spec.zone))


def _outside_audience(candidate: Candidate, _state: EntryState) -> bool:
    audience = candidate.rule.audience
    return audience is not None and not audience(candidate.facts)


def _audience_clause(rule: LoadedRule, now: int) -> ColumnElement[bool] | None:
    audience = rule.spec.audience
    return None if audience is None else clause(audience, sql_scope(rule, now))


def _held_out(candidate: Candidate, _state: EntryState) -> bool:
    return any(group.holds(candidate.contact_id) for group in candidate.rule.holdouts)


def _holdout_clause(rule: LoadedRule, _now: int) -> ColumnElement[bool] | None:
    outside: ColumnElement[bool] | None = None
    for group in rule.holdouts:
        one = outside_share(group.multiplier, group.offset, group.below)
        outside = one if outside is None else outside & one
    return outside


def _cooling_down(candidate: Candidate, state: EntryState) -> dict[str, Any] | None:
    since = cooldown_begins(candidate.rule, state.now)
    last = state.last.get((candidate.contact_id, candidate.rule.rule_id))
    return {"last_entry": last} if since is not None and last is not None and last > since else None


def _cooldown_clause(rule: LoadedRule, now: int) -> ColumnElement[bool] | None:
    since = cooldown_begins(rule, now)
    return None if since is None else no_entry_since(rule.rule_id, since)


def _over_limit(candidate: Candidate, state: EntryState) -> dict[str, Any] | None:
    return state.entries.full(candidate.rule, candidate.contact_id, state.now)


def _limit_clause(rule: LoadedRule, now: int) -> ColumnElement[bool] | None:
    found: ColumnElement[bool] | None = None
    for limit in limits_of(rule, "entries"):
        since = limit_begins(limit, now, rule.spec.zone)
        one = entries_below(limit.max, since, rule.rule_id if limit.scope == "rule" else None)
        found = one if found is None else found & one
    return found


def _already_inside(candidate: Candidate, state: EntryState) -> dict[str, Any] | None:
    if candidate.rule.spec.mode.on_again != "skip" or candidate.mode_key is None:
        return None
    run_id = state.inside.get((candidate.contact_id, candidate.rule.rule_id, candidate.mode_key))
    return None if run_id is None else {"run": run_id}


def _inside_clause(rule: LoadedRule, _now: int) -> ColumnElement[bool] | None:
    mode_key = rule.mode_key(None)
    return None if rule.spec.mode.on_again != "skip" or mode_key is None else not_inside(rule.rule_id, mode_key)


ENTRY_GUARDS: tuple[EntryGuard, ...] = (
    EntryGuard(Reason.SKIPPED_AUDIENCE, _outside_audience, _audience_clause),
    EntryGuard(Reason.SKIPPED_HOLDOUT, _held_out, _holdout_clause),
    EntryGuard(Reason.SKIPPED_COOLDOWN, _cooling_down, _cooldown_clause),
    EntryGuard(Reason.SKIPPED_LIMIT, _over_limit, _limit_clause),
    EntryGuard(Reason.SKIPPED_ALREADY_INSIDE, _already_inside, _inside_clause),
)
"""The fixed order. "Enabled" comes before all: a rule that is not enabled is in no rule book."""

_BEFORE_COLLECTING = (Reason.SKIPPED_AUDIENCE, Reason.SKIPPED_HOLDOUT, Reason.SKIPPED_ALREADY_INSIDE)
_COLLECTING_FIRST = tuple(sorted(ENTRY_GUARDS, key=lambda guard: guard.reason not in _BEFORE_COLLECTING))


def guards_of(rule: LoadedRule) -> tuple[EntryGuard, ...]:
    """The guards in their order. An event that is collected is no entry: no cooldown or the like holds it back."""
    return ENTRY_GUARDS if rule.spec.digest is None else _COLLECTING_FIRST
