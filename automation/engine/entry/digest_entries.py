"""Entering by a rule with a digest: an event goes into the digest at its place, and into one digest at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.engine.entry.guards import NEW, Refusal
from automation.reasons import Reason
from automation.store.digests import collect, collecting, events_told

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy import Connection

    from automation.engine.entry.guards import Candidate
    from automation.engine.entry.meeting import Meeting

REPEATED = Refusal(Reason.SKIPPED_REPEATED)
"""What is said of an event that a digest of the rule has told of, or will."""


class Digests:
    """What the digests of one batch's people collect. The people are locked."""

    def __init__(self, conn: Connection, inside: Collection[int]) -> None:
        """`inside`: the runs at the people's places."""
        self._conn = conn
        self.collecting = collecting(conn, inside)
        self._new: dict[tuple[int, int, str], int] = {}  # (contact, rule, mode_key): the run that begins in this batch
        self._found: list[tuple[Meeting, Candidate, int]] = []

    def told(self, meetings: Sequence[Meeting]) -> frozenset[Meeting]:
        """Those of these meetings of whose event one of the person's digests tells already."""
        asked = [meeting for meeting in meetings if meeting.rule.spec.digest is not None]
        people = sorted({meeting.contact_id for meeting in asked if meeting.contact_id is not None})
        told = events_told(self._conn, sorted({meeting.rule.rule_id for meeting in asked}), people)
        return frozenset(meeting for meeting in asked if (meeting.rule.rule_id, meeting.arrival.event_id) in told)

    def begin(self, candidate: Candidate, run_id: int | None) -> None:
        """Somebody enters, and collects from now on; without a number they were refused when they were stored."""
        if candidate.rule.spec.digest is not None and candidate.mode_key is not None and run_id is not None:
            self._new[candidate.contact_id, candidate.rule.rule_id, candidate.mode_key] = run_id

    def add(self, meeting: Meeting, candidate: Candidate, refusal: Refusal) -> None:
        """An event for the digest at its place."""
        self._found.append((meeting, candidate, (refusal.detail or {}).get("run", NEW)))

    def save(self) -> Iterator[tuple[Meeting, Reason, int | None]]:
        """Write what was found into the runs; what became of each event, and the run that collects it."""
        found: dict[int, list[int]] = {run_id: [] for run_id in self._new.values()}
        decided: list[tuple[Meeting, Reason, int | None]] = []
        for meeting, candidate, known in self._found:
            place = candidate.contact_id, candidate.rule.rule_id, candidate.mode_key or ""
            run_id = known if known != NEW else self._new.get(place)
            if run_id is not None and meeting.arrival.event_id is not None:
                found.setdefault(run_id, []).append(meeting.arrival.event_id)
            reason = Reason.SKIPPED_COLLECTED if run_id is not None else Reason.SKIPPED_REPEATED
            decided.append((meeting, reason, run_id))
        collect(self._conn, found)
        yield from decided
