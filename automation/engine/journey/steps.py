"""One step for a group of runs that stand at the same place of the same version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.engine.journey.acting import Actor
from automation.engine.journey.digests import collected_until, gather
from automation.engine.journey.lookback import came_already
from automation.engine.journey.waits import Wake, wake_at
from automation.reasons import Reason
from automation.rules.conditions.tree import to_load
from automation.rules.digest import DIGEST
from automation.rules.program import Act, Await, Branch, Collect, End, Fork, Gather, Jump, Pause, Rest, Round, arm_of
from automation.store.log import Entry

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.entry.emitted import Emitter
    from automation.engine.facts import FactsBook
    from automation.engine.journey.state import RunState
    from automation.rules.conditions.tree import Condition


class Stepper:
    """Takes groups through their next step; log entries gather in `log`."""

    def __init__(
        self, conn: Connection, book: RuleBook, facts: FactsBook, now: datetime, log: list[Entry], emitter: Emitter
    ) -> None:
        self._facts, self._now, self._now_ms, self._log = facts, now, to_ms(now), log
        self._conn, self._emitter = conn, emitter
        self._actor = Actor(conn, book, facts, now, log, emitter)

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
            for run in staying:
                run.acted = True
        elif isinstance(op, Pause):
            self._pause(op, staying)
        elif isinstance(op, Await):
            self._await(op, staying)
        elif isinstance(op, Collect):
            self._collect(op, staying)
        elif isinstance(op, Gather):
            self._gather(op, staying)
        elif isinstance(op, Branch):
            self._branch(op, staying)
        elif isinstance(op, Round):
            self._round(op, staying)
        elif isinstance(op, Rest):
            self._rest(op, staying)
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
            waited_for, run.waited_for = run.waited_for, None
            # A first wait counts from the entry's own time, unless something was done before it.
            since, run.fresh = from_ms(run.began) if run.fresh and not run.acted else self._now, False
            now = self._now if run.before is None else min(self._now, from_ms(run.before - 1))
            wake = wake_at(op.step, facts, now, run.rule.spec.zone, since, waited_for=waited_for)
            if wake.at is None:
                self._wake(op, run, wake)
                continue
            until = to_ms(wake.at)
            if op.step.field is not None and op.step.reads_again:
                run.wait_for_date(op.step.field.name, until)
            else:
                run.position += not wake.again
                run.wait(until)
            if until != waited_for:
                self._write(run, Reason.WAITING, op.path, {"until": wake.at.isoformat()})

    def _wake(self, op: Pause, run: RunState, wake: Wake) -> None:
        """The wait is over, or there was nothing to wait for."""
        detail = {"date": wake.why}
        if wake.then == "stop":
            run.end("done", Reason.STOPPED, self._now_ms)
            self._write(run, Reason.STOPPED, op.path, detail)
        elif wake.then == "skip":
            run.position = op.skip_to
            self._write(run, Reason.STEPS_SKIPPED, op.path, detail)
        else:
            run.position += 1

    def _collect(self, op: Collect, group: Sequence[RunState]) -> None:
        for run in group:
            until, run.fresh = collected_until(op.digest, run), False
            run.collected = run.collected or []
            run.position += 1
            run.wait(to_ms(until))
            self._write(run, Reason.WAITING, op.path, {"until": until.isoformat()})

    def _gather(self, op: Gather, group: Sequence[RunState]) -> None:
        for run, missing in zip(group, gather(self._conn, group), strict=True):
            count = run.variables[DIGEST]["count"]
            if count == 0:  # fail closed: nobody is told of nothing
                run.end("exited", Reason.EXITED_EMPTY_DIGEST, self._now_ms)
                self._write(run, Reason.EXITED_EMPTY_DIGEST, op.path, {"missing": missing})
                continue
            run.position += 1
            told = {"events": count, "missing": missing} if missing else {"events": count}
            self._write(run, Reason.STEP_DONE, op.path, told)

    def _await(self, op: Await, group: Sequence[RunState]) -> None:
        """Begin to wait for an event; who comes back here by themselves has waited in vain."""
        came = came_already(self._conn, op, group, self._facts, self._emitter)
        for run in group:
            event, timed_out, run.timed_out = came.get(run.id), run.timed_out, False
            run.fresh = False
            if event is not None:
                run.hear(op, event.properties)
                run.heard_up_to = event.event_id
                self._write(run, Reason.EVENT_CAME, op.path, {"event": op.event}, event.event_id)
                continue
            if timed_out:
                run.position = op.otherwise
                self._write(run, Reason.EVENT_MISSING, op.path, {"event": op.event})
                continue
            until = op.within.after(self._now, run.rule.spec.zone)
            run.wait_event, run.heard_up_to = op.event, self._emitter.last_id
            run.wait(to_ms(until))
            self._write(run, Reason.WAITING_FOR, op.path, {"event": op.event, "until": until.isoformat()})

    def _round(self, op: Round, group: Sequence[RunState]) -> None:
        """Begin the next round, unless `until` holds or there were enough of them."""
        for run, enough in zip(group, self._holds(op.until, group), strict=True):
            done = run.rounds.get(op.loop, 0)
            if enough or done >= op.times:
                self._leave(run, op, ended="until" if enough else "times")
                continue
            run.rounds[op.loop] = done + 1
            run.visit += 1
            run.position += 1
            self._write(run, Reason.STEP_REPEATED, op.path, {"of": op.times, "round": done + 1})

    def _rest(self, op: Rest, group: Sequence[RunState]) -> None:
        """A round is over: pause before the next one, if there is one."""
        for run in group:
            if run.rounds.get(op.loop, 0) >= op.times:
                self._leave(run, op, ended="times")
                continue
            run.position = op.begin
            if op.every is not None:
                until = op.every.after(self._now, run.rule.spec.zone)
                run.wait(to_ms(until))
                self._write(run, Reason.WAITING, op.path, {"until": until.isoformat()})

    def _leave(self, run: RunState, op: Round | Rest, *, ended: str) -> None:
        """Behind the loop; should the run come to it again, it counts from the beginning."""
        rounds = run.rounds.pop(op.loop, 0)
        run.position = op.leave
        self._write(run, Reason.STEP_DONE, op.path, {"ended": ended, "rounds": rounds})

    def _holds(self, condition: Condition | None, group: Sequence[RunState]) -> list[bool]:
        """For each run; without a condition it does not."""
        if condition is None:
            return [False] * len(group)
        holds = group[0].rule.compiled(condition)
        return [holds(facts) for facts in self._facts.of(group, to_load(condition))]

    def _branch(self, op: Branch, group: Sequence[RunState]) -> None:
        for run, taken in zip(group, self._holds(op.condition, group), strict=True):
            run.position = run.position + 1 if taken else op.otherwise
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
        self, run: RunState, reason: Reason, step: str | None = None, detail: Mapping[str, Any] | None = None,
        event_id: int | None = None,
    ) -> None:  # fmt: skip
        rule = run.rule
        self._log.append(
            Entry(reason, rule.rule_id, rule.version_id, run.contact_id, run.id, event_id, step=step, detail=detail)
        )
