"""One run while it moves: the row as it was claimed, and what becomes of it in this transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.store.bulk import to_json

if TYPE_CHECKING:
    from automation.engine.book import LoadedRule
    from automation.reasons import Reason
    from automation.store.types import AnyRow


@dataclass(slots=True, eq=False)
class RunState:
    """A run in hand. `live`: it can take another step in this transaction."""

    id: int
    rule: LoadedRule
    contact_id: int
    event_id: int | None
    position: int
    variables: dict[str, Any]
    entered_at: int
    mode_key: str | None
    status: str = "active"
    due_at: int | None = None
    ended_at: int | None = None
    reason: str | None = None
    live: bool = True

    @classmethod
    def of(cls, row: AnyRow, rule: LoadedRule) -> RunState:
        return cls(
            row.id, rule, row.contact_id, row.event_id, row.position, dict(row.variables), row.entered_at, row.mode_key
        )

    def wait(self, until: int) -> None:
        """Put the run down until a moment; it goes on at its position."""
        self.due_at, self.live = until, False

    def park(self) -> None:
        """Put the run down until its message is settled."""
        self.status, self.due_at, self.live = "sending", None, False

    def end(self, status: str, reason: Reason, now: int) -> None:
        self.status, self.reason, self.ended_at = status, reason.value, now
        self.due_at, self.mode_key, self.live = None, None, False

    def row(self) -> tuple[Any, ...]:
        """What `store.runs.save_progress` takes."""
        variables = to_json(self.variables)
        return (
            self.id, self.status, self.position, self.due_at, self.mode_key, variables, self.ended_at, self.reason,
        )  # fmt: skip
