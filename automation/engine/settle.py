"""Settle: what became of messages is written down, and each run goes on, tries its next channel, or ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import jitter
from automation.contacts.profile import load_contacts
from automation.engine.dispatch import Queued, Skipped, dispatch
from automation.engine.message_guards import Request
from automation.engine.state import RunState
from automation.reasons import Reason
from automation.rules.program import End
from automation.store.bulk import to_json
from automation.store.log import Entry, write_log
from automation.store.messages import load_messages, write_drops, write_outcomes
from automation.store.runs import load_runs, lock_contacts, save_progress

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.versions import Versions
    from automation.providers.base import Outcome
    from automation.store.types import AnyRow

MAX_BACKOFF_S = 6 * 3600.0
_REFUSED = ("permanent", "transient")
"""Final outcomes of which it is certain that nothing was sent."""
_REASONS = {
    "accepted": Reason.ACCEPTED,
    "permanent": Reason.FAILED_PERMANENT,
    "transient": Reason.FAILED_ATTEMPTS,
    "unknown": Reason.UNKNOWN,
}


class Settlement(NamedTuple):
    """A message and its outcome. `reason` is set when we ourselves refused to send it."""

    row: AnyRow
    outcome: Outcome
    reason: Reason | None = None
    detail: Mapping[str, Any] | None = None


class Settler:
    """Writes outcomes inside the caller's transaction."""

    def __init__(self, book: RuleBook, versions: Versions) -> None:
        self._book, self._versions = book, versions
        self._settings = book.project.settings.delivery

    def settle_sent(
        self, conn: Connection, attempts: Mapping[int, int], outcomes: Mapping[int, Outcome], now: int
    ) -> None:
        """Settle what came back from a provider; a message that somebody settled meanwhile stays as it is."""
        rows = load_messages(conn, list(outcomes), lock=True)
        open_ = [
            row for row in rows.values() if row.status in ("sending", "unknown") and row.attempts == attempts[row.id]
        ]
        self.settle(conn, [Settlement(row, outcomes[row.id]) for row in open_], now)

    def settle(self, conn: Connection, settlements: Sequence[Settlement], now: int) -> None:
        """Write outcomes and log, and move the runs that waited for them."""
        if not settlements:
            return
        log: list[Entry] = []
        final: list[Settlement] = []
        sent: list[tuple[Any, ...]] = []
        unsent: list[tuple[Any, ...]] = []
        for settlement in settlements:
            if self._tries_again(settlement):
                row = self._retry_row(settlement, now, log)
            else:
                final.append(settlement)
                row = _final_row(settlement, now)
            (unsent if settlement.row.status == "queued" else sent).append(row)
        write_drops(conn, unsent)
        write_outcomes(conn, sent)
        log.extend(_entry(s, _reason(s), _detail(s)) for s in final)
        self._move_runs(conn, final, log, now)
        write_log(conn, now, log)

    def _tries_again(self, settlement: Settlement) -> bool:
        return settlement.outcome.kind == "transient" and settlement.row.attempts < self._settings.max_attempts

    def _retry_row(self, settlement: Settlement, now: int, log: list[Entry]) -> tuple[Any, ...]:
        outcome, row = settlement.outcome, settlement.row
        backoff = min(self._settings.backoff_seconds * 2 ** max(row.attempts - 1, 0), MAX_BACKOFF_S)
        wait = max(jitter(backoff), outcome.retry_after or 0.0)
        due = now + int(wait * 1000)
        log.append(_entry(settlement, Reason.RETRYING, {**_detail(settlement), "attempt": row.attempts, "due_at": due}))
        return (row.id, "queued", due, None, outcome.provider_id, outcome.code, outcome.detail, None)

    def _move_runs(self, conn: Connection, final: Sequence[Settlement], log: list[Entry], now: int) -> None:
        runs = load_runs(conn, sorted({s.row.run_id for s in final}), lock=True)
        waiting = [(s, runs[s.row.run_id]) for s in final if s.row.run_id in runs]
        refused, done = [], []
        for settlement, run in waiting:
            if run.status != "sending":
                continue
            if settlement.row.rest and settlement.outcome.kind in _REFUSED:
                refused.append((settlement, run))
            else:
                done.append((settlement, run, _status(settlement)))
        done.extend(self._fall_back(conn, refused, log, now))
        save_progress(conn, [self._woken(conn, *one, log, now) for one in done])

    def _woken(
        self, conn: Connection, settlement: Settlement, run: AnyRow, status: str, log: list[Entry], now: int
    ) -> tuple[Any, ...]:
        """The run's row as it goes on. Where its version can't be used any more, it goes on to be held there."""
        rule = self._versions.get(conn, run.rule_version_id)
        if rule is None:
            variables = to_json(run.variables)
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
                stuck.append((settlement, run, _status(settlement)))
            else:
                asked.append((settlement, run, _next_request(settlement, rule, contacts)))
        verdicts = dispatch(conn, self._book.project.templates, [request for *_, request in asked], now)
        for (settlement, run, _), verdict in zip(asked, verdicts, strict=True):
            if isinstance(verdict, Queued):
                entry = _entry(settlement, Reason.QUEUED, {"channel": verdict.channel, "after": settlement.row.channel})
                log.append(entry._replace(message_id=verdict.message_id))
            elif isinstance(verdict, Skipped):
                log.append(_entry(settlement, verdict.reason, verdict.detail)._replace(message_id=None))
                stuck.append((settlement, run, verdict.reason.value))
        return stuck

    def _wake(self, run: RunState, settlement: Settlement, status: str, log: list[Entry], now: int) -> None:
        """The run goes on after its step, or ends where the step says so."""
        act = run.rule.acts[settlement.row.step]
        run.status = "active"
        if settlement.outcome.kind in _REFUSED and act.on_error == "stop":
            reason = _reason(settlement)
            run.end("failed", reason, now)
            log.append(_entry(settlement, Reason.FAILED_STEP, {"reason": reason.value}))
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
        row.payload or {}, visit=row.visit, hold_message=True,
    )  # fmt: skip


def _final_row(settlement: Settlement, now: int) -> tuple[Any, ...]:
    outcome, row = settlement.outcome, settlement.row
    status = {"accepted": "accepted", "unknown": "unknown"}.get(outcome.kind, "failed")
    if settlement.reason is not None:
        status = "dropped"
    settled = None if status == "unknown" else now
    return (row.id, status, None, None, outcome.provider_id, outcome.code, outcome.detail, settled)


def _status(settlement: Settlement) -> str:
    """What `save_as` keeps as the status."""
    return "accepted" if settlement.outcome.kind == "accepted" else _reason(settlement).value


def _reason(settlement: Settlement) -> Reason:
    return settlement.reason or _REASONS[settlement.outcome.kind]


def _detail(settlement: Settlement) -> dict[str, Any]:
    outcome = settlement.outcome
    detail: dict[str, Any] = {"channel": settlement.row.channel}
    if outcome.code is not None:
        detail["code"] = outcome.code
    if outcome.detail is not None:
        detail["detail"] = outcome.detail
    if outcome.provider_id is not None:
        detail["provider_id"] = outcome.provider_id
    return detail if settlement.detail is None else {**detail, **settlement.detail}


def _entry(settlement: Settlement, reason: Reason, detail: Mapping[str, Any] | None) -> Entry:
    row = settlement.row
    return Entry(
        reason, row.rule_id, row.rule_version_id, row.contact_id, row.run_id, None, row.id, row.step, detail
    )  # fmt: skip
