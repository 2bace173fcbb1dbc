"""Places: where a run that stands in one version of a rule stands in another; steps are matched by their ids."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from automation.rules.program import Act, Await, Collect, Gather, Pause, Round, step_positions
from automation.store.digests import OWN
from automation.store.waiting import DATED

if TYPE_CHECKING:
    from automation.engine.book import LoadedRule
    from automation.store.types import AnyRow

NotMoved: TypeAlias = Literal[
    "version_unusable", "step_without_id", "step_gone", "other_step", "other_event", "loop", "digest"
]
"""Why somebody can't be moved: the step has no id, the new version has none with it, or it is another thing there.

A run that collects events for a digest goes to the beginning of the new version's digest, which says anew when it ends.
"""


class Places:
    """From one version to another."""

    def __init__(self, old: LoadedRule, new: LoadedRule) -> None:
        self._old, self._new = old.program.ops, new.program.ops
        self._ids = {position: id_ for id_, position in step_positions(old.spec).items()}
        self._positions = step_positions(new.spec)
        self._digest = isinstance(self._new[0], Collect)

    def of(self, row: AnyRow) -> int | NotMoved:
        """The position in the new version, or why there is none. Rows have status, position, wait_event, variables."""
        if isinstance(self._old[row.position], (Collect, Gather)):  # it collects, or has yet to begin to
            return 0 if self._digest else "digest"
        rounds = set(row.variables.get(OWN, {}).get("rounds", {}))
        if row.position == 0 and row.status != "sending" and row.wait_event is None and not rounds:
            return 0  # has not begun
        behind = self._behind_pause(row)
        found = self._at(row) if behind is None else behind
        if isinstance(found, int) and self._digest and not isinstance(self._old[0], Collect):
            return "digest"  # its steps tell of a digest that this run never had
        return "loop" if isinstance(found, int) and not self._fits(found, rounds) else found

    def _behind_pause(self, row: AnyRow) -> int | None:
        """A run that waits stands behind its pause already: it is the pause that must be found."""
        if row.status == "sending" or row.wait_event is not None or not isinstance(self._old[row.position - 1], Pause):
            return None
        position = self._positions.get(self._ids.get(row.position - 1, ""))
        if position is None or not isinstance(self._new[position], Pause):
            return None
        return position + 1

    def _at(self, row: AnyRow) -> int | NotMoved:
        step = self._ids.get(row.position)
        if step is None:
            return "step_without_id"
        position = self._positions.get(step)
        if position is None:
            return "step_gone"
        op = self._new[position]
        if row.wait_event is not None and row.wait_event.startswith(DATED):
            return position if isinstance(op, Pause) else "other_step"
        if row.wait_event is not None:
            return position if isinstance(op, Await) and op.event == row.wait_event else "other_event"
        if row.status == "sending" and not isinstance(op, Act):
            return "other_step"
        return position

    def _fits(self, position: int, rounds: set[str]) -> bool:
        """Whether the run has begun rounds of just those loops that are around the position."""
        around = {op.loop for begin, op in self._loops if begin < position < op.leave}
        here = {op.loop for begin, op in self._loops if begin == position}
        return rounds - here == around

    @cached_property
    def _loops(self) -> list[tuple[int, Round]]:
        return [(position, op) for position, op in enumerate(self._new) if isinstance(op, Round)]
