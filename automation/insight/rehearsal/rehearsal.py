"""One rehearsal: an engine that lives through a stretch of time as fast as it can, on a copy, reaching nobody.

It is the live engine with another clock, another database and other providers: what it decides is what would be
decided. Polls are not asked, for they read foreign databases as they are now.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from automation.clock import ManualClock, from_ms, to_ms
from automation.engine.engine import Engine
from automation.errors import AutomationError
from automation.insight.rehearsal.accepting import AcceptingProviders
from automation.insight.rehearsal.feed import EMITTED
from automation.settings import NEVER, FiringSettings
from automation.store.planning import calls
from automation.store.scratch import copy_database, endless_since, next_due, take_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from automation.insight.rehearsal.feed import Batch
    from automation.rules.project import Project
    from automation.store.database import Database

STUCK = timedelta(minutes=10)
"""How soon what stays due is looked at again."""
COUPONS_EXPIRE = timedelta(days=1)


class RehearsalError(AutomationError):
    """A stretch of time that can't be lived through."""


class Scratch:
    """A copy of a database in a temporary folder that goes when the block ends."""

    def __init__(self, source: Database, *, with_log: bool = False) -> None:
        self._source, self._with_log = source, with_log

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            folder = Path(opening.enter_context(tempfile.TemporaryDirectory(prefix="automation-rehearsal-")))
            self.database = copy_database(self._source, folder / "scratch.db", with_log=self._with_log)
            opening.callback(self.database.close)
            self._open = opening.pop_all()  # what fails half-way leaves nothing behind
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def as_of(self, moment: datetime) -> Self:
        """Take the copy back to an earlier moment: see `store.scratch.take_back`."""
        take_back(self.database, to_ms(moment))
        return self


class Rehearsal:
    """`project` runs on the scratch database from `begin` on. The rules are published in the copy when this is made.

    Rules that call each other without end are stopped by the engine, and then refused here with a RehearsalError; with
    `tolerant` they are not, for what runs already must be lived through so that it can be mended.
    """

    def __init__(self, scratch: Database, project: Project, begin: datetime, *, tolerant: bool = False) -> None:
        self.database, self.clock = scratch, ManualClock(begin)
        project = _unasked(project)
        providers = AcceptingProviders(project, scratch, self.clock, ZoneInfo(project.settings.timezone))
        self.engine = Engine(project, scratch, self.clock, providers)
        self._begin = self._coupons_at = begin
        self._tolerant = tolerant

    def settle(self) -> None:
        """Let the people inside changed rules move, finish or leave, before anything else happens."""
        while self.engine.recover():
            pass

    def live(
        self, until: datetime, events: Iterator[Batch] = iter(()), progress: Callable[[int], None] | None = None
    ) -> None:
        """Live through the time up to `until`: events come in when they came, and what is due is done when it is."""
        batch = next(events, None)
        self._work()
        while True:
            coming = [moment for moment in (self._due(), batch.at if batch else None) if moment is not None]
            moment = min(coming, default=until)
            if moment >= until:
                break
            self.clock.set(max(moment, self.clock.now()))
            if batch is not None and batch.at <= moment:
                self.engine.replay(batch.events)
                if progress is not None:
                    progress(len(batch.events))
                batch = next(events, None)
            self._work()
        self.clock.set(until)
        self._work()
        if not self._tolerant:
            self._refuse_circles()

    def close(self) -> None:
        self.engine.close()

    def _due(self) -> datetime | None:
        """When something happens next by itself."""
        with self.database.read() as conn:
            due = next_due(conn)
        moments = [moment for moment in (self.engine.upcoming(), from_ms(due) if due else None) if moment is not None]
        now = self.clock.now()
        return min((moment if moment > now else now + STUCK for moment in moments), default=None)

    def _work(self) -> None:
        """Everything that is due at this moment."""
        engine, now = self.engine, self.clock.now()
        if now >= self._coupons_at:
            self._coupons_at = now + COUPONS_EXPIRE
            while engine.expire_coupons():
                pass
        while engine.recover() + engine.fire() + engine.advance() + engine.deliver():
            pass

    def _refuse_circles(self) -> None:
        """Rules that call each other on and on, so that the engine stopped them, are to be mended."""
        begin = to_ms(self._begin)
        with self.database.read() as conn:
            stopped = endless_since(conn, begin)
            if stopped is not None:
                shown = ", ".join(f"{one} → {two}" for one, two, _ in calls(conn, begin, EMITTED))
                raise RehearsalError("rehearsal.endless", at=from_ms(stopped).isoformat(), rules=shown)


def _unasked(project: Project) -> Project:
    """What would wait for somebody's word is lived through as if it had been given; a rule's own limit stays."""
    firings = FiringSettings(ask_from=NEVER)
    return replace(project, settings=project.settings.model_copy(update={"firings": firings}))
