"""What comes next for somebody who is inside: the steps from where the run stands to the next fork in the road."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.insight.account import Line
from automation.insight.details import shown_time
from automation.rules.conditions.sentence import sentence
from automation.rules.program import Act, Await, Branch, Collect, End, Fork, Gather, Jump, Pause, Rest, Round, arm_of
from automation.store.waiting import DATED

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.engine.book import LoadedRule
    from automation.rules.program import Op
    from automation.store.types import AnyRow

MOST = 12
"""So many steps are told."""


def upcoming_lines(rule: LoadedRule, run: AnyRow, catalogue: Catalogue) -> list[Line]:
    """`rule` is the version that the run is on."""
    zone, lines = rule.spec.zone, []
    if run.due_at is not None:
        lines.append(Line("next", None, say("why.goes_on", at=shown_time(run.due_at, zone)), "", f"run {run.id}"))
    for op in _ahead(rule, run):
        lines.append(_line(rule, op, run, catalogue))
        if isinstance(op, (Branch, Await, Round, Rest, End)):
            break
    return lines


def _ahead(rule: LoadedRule, run: AnyRow) -> Iterator[Op]:
    """The operations in the order in which the run comes to them, as long as that is certain."""
    position, seen = run.position, 0
    if run.wait_event is not None and run.wait_event.startswith(DATED):
        position += 1  # it stands at the wait that is told already
    while position < len(rule.program.ops) and seen < MOST:
        op = rule.program.ops[position]
        if isinstance(op, Jump):
            position = op.to
            continue
        yield op
        seen += 1
        position = op.arms[_arm(rule, op, run)][2] if isinstance(op, Fork) else position + 1


def _arm(rule: LoadedRule, op: Fork, run: AnyRow) -> int:
    return arm_of(rule.spec.id, op.name, run.contact_id, op.arms)


def _line(rule: LoadedRule, op: Op, run: AnyRow, catalogue: Catalogue) -> Line:
    """One step in words."""
    path = getattr(op, "path", None) or rule.spec.path
    if isinstance(op, Act):
        return Line("next", None, say("why.next_act", action=op.action), "", path)
    if isinstance(op, (Collect, Gather)):
        return Line("next", None, say("why.next_collect"), "", path)
    if isinstance(op, Pause):
        return Line("next", None, say("why.next_pause"), "", path)
    if isinstance(op, Await):
        return Line("next", None, say("why.next_await", event=op.event, within=op.within.sentence()), "", path)
    if isinstance(op, Branch):
        asked = sentence(op.condition, catalogue, None, None)
        return Line("next", None, say("why.next_branch", condition=asked), "", op.condition.path)
    if isinstance(op, Fork):
        return Line("next", None, say("why.next_fork", split=op.name, arm=op.arms[_arm(rule, op, run)][0]), "", path)
    if isinstance(op, (Round, Rest)):
        return Line("next", None, say("why.next_round", times=op.times), "", path)
    return Line("next", None, say("why.next_end"), "", path)
