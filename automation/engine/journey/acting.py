"""A `do:` step for a group of runs: the action takes the batch, and each result moves its run."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automation.actions.base import ActionContext, Done, Failed, Item, Outbound, Result
from automation.actions.item_params import run_action
from automation.clock import to_ms
from automation.engine.delivery.dispatch import Queued, Skipped, dispatch
from automation.engine.delivery.message_guards import Held, Request
from automation.engine.delivery.settle import Settler
from automation.engine.entry.emitted import Emitter
from automation.engine.limits import limits_of, load_usage
from automation.engine.versions import Versions
from automation.i18n import say
from automation.reasons import Reason
from automation.rules.program import Act
from automation.store.log import Entry
from automation.store.retry import outage

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.book import RuleBook
    from automation.engine.facts import FactsBook
    from automation.engine.journey.state import RunState
    from automation.rules.program import Op

_log = logging.getLogger(__name__)


class Actor:
    """Runs actions inside the batch's transaction. An action that raises fails its group and leaves no trace."""

    def __init__(
        self, conn: Connection, book: RuleBook, facts: FactsBook, now: datetime, log: list[Entry], emitter: Emitter
    ) -> None:
        self._conn, self._book, self._facts, self._now, self._entries = conn, book, facts, now, log
        self._emitter = emitter

    def act(self, op: Act, group: Sequence[RunState]) -> None:
        facts = self._facts.of(group)
        items = [Item(run.id, run.contact_id, fact, run.visit) for run, fact in zip(group, facts, strict=True)]
        refused = self._over_limit(op, group)
        asked = [i for i in range(len(group)) if group[i].id not in refused]
        answers = iter(self._run(op, [group[i] for i in asked], [items[i] for i in asked]) if asked else ())
        results: list[Result] = [refused[run.id] if run.id in refused else next(answers) for run in group]
        sending: list[tuple[RunState, Request]] = []
        for run, item, result in zip(group, items, results, strict=True):
            if isinstance(result, Outbound):
                sending.append((run, _request(op, run, item, result)))
            elif isinstance(result, Done):
                self._done(op, run, result.outputs)
            else:
                self._failed(op, run, result.reason, result.detail)
        done = [run.contact_id for run, result in zip(group, results, strict=True) if isinstance(result, Done)]
        self._facts.changed(done, profiles=self._changes_contacts(op))
        if sending:
            self._dispatch(op, sending)

    def _over_limit(self, op: Act, group: Sequence[RunState]) -> dict[int, Failed]:
        """The runs whose people have had as many coupons as the rule's limits allow, by id; nobody is there twice."""
        action, rule, now = self._book.project.registry.actions.get(op.action), group[0].rule, to_ms(self._now)
        if not (getattr(action, "issues_coupons", False) and limits_of(rule, "coupons")):
            return {}
        usage = load_usage(self._conn, [rule], "coupons", [run.contact_id for run in group], now)
        found = ((run.id, usage.full(rule, run.contact_id, now)) for run in group)
        return {run_id: Failed(Reason.SKIPPED_LIMIT, full) for run_id, full in found if full is not None}

    def _run(self, op: Act, group: Sequence[RunState], items: Sequence[Item]) -> Sequence[Result]:
        action: Any = self._book.project.registry.actions.get(op.action)
        if action is None:
            return [Failed(Reason.STEP_FAILED, {"error": f"the action {op.action} is not installed"})] * len(items)
        rule = group[0].rule
        project = self._book.project
        context = ActionContext(
            self._conn, self._now, rule.spec.zone, rule.spec.id, op.path, project.catalogue, self._emitter,
            rule_name=rule.spec.name, brand=project.settings.template_variables,
            sends_later=self._sends_after(rule.program.ops[group[0].position + 1 :]),
        )  # fmt: skip
        try:
            with self._conn.begin_nested():
                results = run_action(action(), op.params, items, context)
                self._emitter.flush()
                return results
        except Exception as error:  # fail closed: foreign code may raise anything; its writes are rolled back
            if outage(error):  # no fault of the action's: the whole batch is done again
                raise
            _log.exception(say("daemon.action_failed", action=op.action, step=op.path))
            self._emitter.discard()
            return [Failed(Reason.STEP_FAILED, {"error": f"{type(error).__name__}: {error}"[:500]})] * len(items)

    def _changes_contacts(self, op: Act) -> bool:
        return bool(getattr(self._book.project.registry.actions.get(op.action), "changes_contacts", True))

    def _sends_after(self, ops: Sequence[Op]) -> bool:
        actions = self._book.project.registry.actions
        return any(isinstance(op, Act) and getattr(actions.get(op.action), "sends", False) for op in ops)

    def _dispatch(self, op: Act, sending: Sequence[tuple[RunState, Request]]) -> None:
        drop = Settler(self._book, Versions(self._book)).drop
        verdicts = dispatch(self._conn, self._book, [request for _, request in sending], to_ms(self._now), drop)
        for (run, _), verdict in zip(sending, verdicts, strict=True):
            if isinstance(verdict, Queued):
                run.park()
                detail = {"channel": verdict.channel}
                self._write(run, Reason.QUEUED, op, detail, message_id=verdict.message_id)
            elif isinstance(verdict, Held):
                run.wait(verdict.until)
                self._write(run, verdict.reason, op, verdict.detail)
            elif isinstance(verdict, Skipped):
                self._failed(op, run, verdict.reason, verdict.detail)

    def _done(self, op: Act, run: RunState, outputs: Mapping[str, Any]) -> None:
        if op.save_as is not None:
            run.variables[op.save_as] = dict(outputs)
        run.position += 1
        self._write(run, Reason.STEP_DONE, op, {"outputs": dict(outputs)} if outputs else None)

    def _failed(self, op: Act, run: RunState, reason: Reason, detail: Mapping[str, Any]) -> None:
        self._write(run, reason, op, detail)
        if op.on_error == "stop":
            run.end("failed", reason, to_ms(self._now))
            self._write(run, Reason.FAILED_STEP, op, {"reason": reason.value})
            return
        if op.save_as is not None:
            run.variables[op.save_as] = {"status": reason.value}
        run.position += 1

    def _write(
        self, run: RunState, reason: Reason, op: Act, detail: Mapping[str, Any] | None, *, message_id: int | None = None
    ) -> None:
        rule = run.rule
        self._entries.append(
            Entry(
                reason,
                rule.rule_id,
                rule.version_id,
                run.contact_id,
                run.id,
                message_id=message_id,
                step=op.path,
                detail=detail,
            )
        )


def _request(op: Act, run: RunState, item: Item, result: Outbound) -> Request:
    return Request(
        run.rule, run.id, run.contact_id, op.path, item.facts.contact, tuple(result.channels), result.template,
        result.payload, result.address, run.visit,
    )  # fmt: skip
