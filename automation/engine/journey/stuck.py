"""A run that is put down where it stood, for a moment that has passed, would be taken up again and again."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from automation.clock import from_ms
from automation.i18n import say
from automation.reasons import Reason
from automation.store.log import Entry

if TYPE_CHECKING:
    from automation.engine.journey.state import RunState

_log = logging.getLogger(__name__)


def stop_stuck(runs: Iterable[RunState], now: int, log: list[Entry]) -> None:
    """End the runs that took no step and would be due at once again: that is a fault, and it is told."""
    for run in runs:
        if run.status != "active" or run.due_at is None or run.due_at > now or run.has_moved:
            continue
        detail = {"until": from_ms(run.due_at).isoformat(), "now": from_ms(now).isoformat()}
        rule, step = run.rule, getattr(run.rule.program.ops[run.position], "path", None)
        run.end("failed", Reason.FAILED_DEFERRAL, now)
        entry = Entry(Reason.FAILED_DEFERRAL, rule.rule_id, rule.version_id, run.contact_id, run.id)
        log.append(entry._replace(step=step, detail=detail))
        _log.error(say("daemon.deferred_to_the_past", what=f"run {run.id}, {step}", **detail))
