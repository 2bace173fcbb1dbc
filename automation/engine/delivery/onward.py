"""Onward: a run whose message is settled goes on after its step, tries the next channel, or ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automation.contacts.profile import load_contacts
from automation.engine.delivery.dispatch import Queued, Skipped, dispatch
from automation.engine.delivery.message_guards import Request
from automation.engine.journey.state import RunState
from automation.jsontext import compact
from automation.reasons import Reason
from automation.rules.program import Act, End
from automation.store.log import Entry
from automation.store.messages import newest_messages
from automation.store.runs import lock_contacts, save_progress

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.delivery.dispatch import Drop
    from automation.engine.delivery.settle import Settlement
    from automation.engine.versions import Versions
    from automation.store.types import AnyRow


class Onward:
    """Moves runs inside the caller's transaction; log entries gather in `log`."""

    def __init__(self, book: RuleBook, versions: Versions, drop: Drop) -> None:
        self._book, self._versions, self._drop = book, versions, drop

    def move(
        self, conn: Connection, final: Sequence[Settlement], runs: Mapping[int, AnyRow], log: list[Entry], now: int
    ) -> None:
        """Move the runs that waited for these messages; `runs` are locked."""
        found = [(s, runs[s.row.run_id]) for s in final if s.row.run_id in runs]
        waiting = [(settlement, run) for settlement, run in found if run.status == "sending"]
        newest = newest_messages(conn, [run.id for settlement, run in waiting if settlement.row.attempts > 1])
        refused, done = [], []
        for settlement, run in waiting:
            if newest.get(run.id, settlement.row.id) != settlement.row.id:
                continue  # it went on when this one became unknown, and waits for another by now
            if settlement.has_next:
                refused.append((settlement, run))
            else:
                done.append((settlement, run, settlement.status))
        done.extend(self._fall_back(conn, refused, log, now))
        save_progress(conn, [self._woken(conn, *one, log, now) for one in done])

    def _woken(
        self, conn: Connection, settlement: Settlement, run: AnyRow, status: str, log: list[Entry], now: int
    ) -> tuple[Any, ...]:
        """The run's row as it goes on. Where its version can't be used any more, it goes on to be held there."""
        rule = self._versions.get(conn, run.rule_version_id)
        if rule is None:
            variables = compact(run.variables)
            return (run.id, "active", run.position + 1, now, run.mode_key, variables, None, None)
        state = RunState.of(run, rule)
        self._wake(state, settlement, status, log, now)
        return state.row()

    def _fall_back(
        self, conn: Connection, refused: Sequence[tuple[Settlement, AnyRow]], log: list[Entry], now: int
    ) -> list[tuple[Settlement, AnyRow, str]]:
        """Try the next channels; returns those for whom none is left, with the reason."""
        if not refused:
            return []
        lock_contacts(conn, [s.row.contact_id for s, _ in refused])
        contacts = load_contacts(conn, sorted({s.row.contact_id for s, _ in refused}))
        asked, stuck = [], []
        for settlement, run in refused:
            rule = self._versions.get(conn, run.rule_version_id)
            if rule is None:
                stuck.append((settlement, run, settlement.status))
            else:
                asked.append((settlement, run, _next_request(settlement, rule, contacts)))
        verdicts = dispatch(conn, self._book, [request for *_, request in asked], now, self._drop)
        for (settlement, run, _), verdict in zip(asked, verdicts, strict=True):
            if isinstance(verdict, Queued):
                entry = settlement.entry(Reason.QUEUED, {"channel": verdict.channel, "after": settlement.row.channel})
                log.append(entry._replace(message_id=verdict.message_id))
            elif isinstance(verdict, Skipped):
                log.append(settlement.entry(verdict.reason, verdict.detail)._replace(message_id=None))
                stuck.append((settlement, run, verdict.reason.value))
        return stuck

    def _wake(self, run: RunState, settlement: Settlement, status: str, log: list[Entry], now: int) -> None:
        """The run goes on after its step, or ends where the step says so."""
        act = run.rule.program.ops[run.position]  # not by the step's path: the run may have been moved meanwhile
        assert isinstance(act, Act)
        run.status = "active"
        if settlement.refused and act.on_error == "stop":
            reason = settlement.cause
            run.end("failed", reason, now)
            log.append(settlement.entry(Reason.FAILED_STEP, {"reason": reason.value}))
            return
        if act.save_as is not None:
            run.variables[act.save_as] = {"status": status, "channel": settlement.row.channel}
        run.position += 1
        run.due_at = now
        op = run.rule.program.ops[run.position]
        if isinstance(op, End) and op.path is None:  # nothing more to do: spare the run another claim
            run.end("done", Reason.COMPLETED, now)
            rule = run.rule
            log.append(Entry(Reason.COMPLETED, rule.rule_id, rule.version_id, run.contact_id, run.id))


def _next_request(settlement: Settlement, rule: Any, contacts: Mapping[int, Mapping[str, Any]]) -> Request:
    row = settlement.row
    return Request(
        rule, row.run_id, row.contact_id, row.step, contacts.get(row.contact_id, {}), tuple(row.rest), row.template,
        row.payload or {}, visit=row.visit, hold_message=True, expires_at=row.expires_at,
    )  # fmt: skip
