"""One step for a group of runs that stand at the same place of the same version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import to_ms
from automation.engine.acting import Actor
from automation.engine.waits import wake_at
from automation.reasons import Reason
from automation.rules.conditions.python import predicate
from automation.rules.conditions.tree import histories
from automation.rules.program import Act, Branch, End, Fork, Jump, Pause, arm_of
from automation.store.log import Entry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.facts import FactsBook
    from automation.engine.state import RunState


class Stepper:
    """Takes groups through their next step; log entries gather in `log`."""

    def __init__(self, conn: Connection, book: RuleBook, facts: FactsBook, now: datetime, log: list[Entry]) -> None:
        self._facts, self._now, self._now_ms, self._log = facts, now, to_ms(now), log
        self._actor = Actor(conn, book, facts, now, log)

    def step(self, group: Sequence[RunState]) -> None:
        """Move every run of the group by one step, or let it go."""
        position = group[0].position
        op = group[0].rule.program.ops[position]
        if isinstance(op, Jump):
            for run in group:
                run.position = op.to
            return
        staying = group if isinstance(op, End) else self._not_exiting(group)
        if not staying:
            return
        if isinstance(op, Act):
            self._actor.act(op, staying)
        elif isinstance(op, Pause):
            self._pause(op, staying)
        elif isinstance(op, Branch):
            self._branch(op, position, staying)
        elif isinstance(op, Fork):
            self._fork(op, staying)
        else:
            self._end(op, staying)

    def _not_exiting(self, group: Sequence[RunState]) -> list[RunState]:
        """Those whom `exit_when` lets stay; the others leave here."""
        rule = group[0].rule
        if rule.exit_when is None:
            return list(group)
        staying = []
        for run, facts in zip(group, self._facts.of(group, rule.exit_histories), strict=True):
            if rule.exit_when(facts):
                run.end("exited", Reason.EXITED_CONDITION, self._now_ms)
                self._write(run, Reason.EXITED_CONDITION, f"{rule.spec.path}/exit_when")
            else:
                staying.append(run)
        return staying

    def _pause(self, op: Pause, group: Sequence[RunState]) -> None:
        for run, facts in zip(group, self._facts.of(group), strict=True):
            run.position += 1
            until = wake_at(op.step, facts, self._now, run.rule.spec.zone)
            if until is not None:
                run.wait(to_ms(until))
                self._write(run, Reason.WAITING, op.path, {"until": until.isoformat()})

    def _branch(self, op: Branch, position: int, group: Sequence[RunState]) -> None:
        rule = group[0].rule
        holds = rule.predicates.get(position)
        if holds is None:
            holds = rule.predicates[position] = predicate(op.condition)
        for run, facts in zip(group, self._facts.of(group, histories(op.condition)), strict=True):
            taken = holds(facts)
            run.position = position + 1 if taken else op.otherwise
            self._write(run, Reason.STEP_BRANCHED, op.path, {"branch": "then" if taken else "else"})

    def _fork(self, op: Fork, group: Sequence[RunState]) -> None:
        for run in group:
            arm, _, target = op.arms[arm_of(run.rule.spec.id, op.name, run.contact_id, op.arms)]
            run.position = target
            self._write(run, Reason.STEP_SPLIT, op.path, {"split": op.name, "arm": arm})

    def _end(self, op: End, group: Sequence[RunState]) -> None:
        stopped = op.path is not None
        for run in group:
            reason = Reason.STOPPED if stopped else Reason.COMPLETED
            run.end("done", reason, self._now_ms)
            self._write(run, reason, op.path, {"reason": op.reason} if op.reason else None)

    def _write(
        self, run: RunState, reason: Reason, step: str | None = None, detail: Mapping[str, Any] | None = None
    ) -> None:
        rule = run.rule
        self._log.append(Entry(reason, rule.rule_id, rule.version_id, run.contact_id, run.id, step=step, detail=detail))
