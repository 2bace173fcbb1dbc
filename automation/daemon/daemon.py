"""The daemon: APScheduler's clock calls the engine, again and again, until somebody says stop.

APScheduler is only the clock. Whatever a tick leaves undone stands in the tables, and the next tick, or the next
daemon, finds it there.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from automation.channels import CHANNELS
from automation.clock import monotonic, to_ms, token
from automation.contacts.masking import masker
from automation.daemon.reloading import Reloader
from automation.engine.retention import Pruning
from automation.errors import AutomationError
from automation.i18n import say
from automation.store.daemons import beat, register_daemon
from automation.store.retry import failure, outage

if TYPE_CHECKING:
    from automation.engine.engine import Engine

_log = logging.getLogger(__name__)
HEARTBEAT_S = 5.0
LOOK_UP_S = 5.0
EXPIRY_S = 60.0
PRUNED_AT = 3, 30
"""The local hour and minute at which what is older than the settings keep is pruned, every night."""
LONGEST_REST_S = 5.0
"""How long a job that finds no database waits at most before it looks again."""


class Daemon:
    """Runs one engine. `stop` may be called from a signal handler: the batches in hand are finished first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reload = Reloader(engine)
        self._instance = token("abcdefghijkmnpqrstuvwxyz23456789", 12)
        self._stopping = threading.Event()
        self._error: str | None = None
        self._failing: dict[str, str] = {}
        self._rests: dict[str, tuple[float, float]] = {}
        self._settings = engine.project.settings.daemon

    def run(self) -> None:
        """Work until `stop` is called."""
        self._register()
        scheduler = self._scheduler()
        scheduler.start()
        _log.info(say("daemon.started", rules=len(self._engine.book.rules), database=self._engine.database.shown))
        try:
            while not self._stopping.wait(0.2):
                pass
        finally:
            _log.info(say("daemon.stopping"))
            self._stopping.set()
            scheduler.shutdown(wait=True)
            self._beat(stopped=True)
            _log.info(say("daemon.stopped"))

    def stop(self) -> None:
        """Finish the batches in hand, then return from `run`."""
        self._stopping.set()

    def _scheduler(self) -> BackgroundScheduler:
        sources = self._engine.project.settings.sources  # each in a thread of its own: a slow one holds up no other
        workers = ThreadPoolExecutor(5 + len(CHANNELS) + len(sources))
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler = BackgroundScheduler(executors={"default": workers}, job_defaults=defaults, timezone="UTC")
        tick = self._settings.tick_seconds
        self._every(scheduler, tick, "work", self._work)
        for channel in CHANNELS:
            self._every(scheduler, tick, f"deliver {channel}", partial(self._deliver, channel))
        for source in sources:
            poll = partial(self._engine.poll, source)
            self._every(scheduler, tick, f"poll {source}", partial(self._until_none, poll))
        self._every(scheduler, self._settings.reload_seconds, "reload", self._reload)
        self._every(scheduler, LOOK_UP_S, "look up", partial(self._until_none, self._engine.look_up))
        self._every(scheduler, EXPIRY_S, "expire coupons", partial(self._until_none, self._engine.expire_coupons))
        self._every(scheduler, HEARTBEAT_S, "heartbeat", self._beat)
        if self._engine.project.settings.retention.chosen:
            self._nightly(scheduler, "prune", self._prune)
        return scheduler

    def _nightly(self, scheduler: BackgroundScheduler, name: str, job: Callable[[], object]) -> None:
        zone, (hour, minute) = self._engine.project.settings.timezone, PRUNED_AT
        when = {"hour": hour, "minute": minute, "timezone": zone}
        scheduler.add_job(lambda: self._guarded(name, job), "cron", id=name, **when)

    def _every(self, scheduler: BackgroundScheduler, seconds: float, name: str, job: Callable[[], object]) -> None:
        scheduler.add_job(lambda: self._guarded(name, job), "interval", seconds=seconds, id=name)

    def _guarded(self, name: str, job: Callable[[], object]) -> None:
        """One tick of a job. Whatever goes wrong is told, and the next tick tries again: nothing was half done."""
        if self._stopping.is_set() or monotonic() < self._rests.get(name, (0.0, 0.0))[0]:
            return
        try:
            job()
            self._failing.pop(name, None)
            self._rests.pop(name, None)
        except AutomationError as error:
            self._tell(name, error.text(), with_trace=False)
        except Exception as error:  # the daemon must outlive every failure of a tick; transactions were rolled back
            told = self._rested(name, error) if outage(error) else None
            reason = told.text() if told is not None else f"{type(error).__name__}: {error}"
            self._tell(name, reason, with_trace=told is None)

    def _rested(self, name: str, error: Exception) -> AutomationError | None:
        """The sentence for a database that is away; the job looks again a little later each time."""
        _, rest = self._rests.get(name, (0.0, self._settings.tick_seconds))
        rest = min(2 * rest, LONGEST_REST_S)
        self._rests[name] = monotonic() + rest, rest
        return failure(error)

    def _tell(self, name: str, reason: str, *, with_trace: bool) -> None:
        """Say once what goes on going wrong, until it changes or is over. Whom it names is masked."""
        reason = masker().error(reason) if with_trace else masker().text(reason)
        self._error = f"{name}: {reason}"[:1000]
        if self._failing.get(name) != reason:
            self._failing[name] = reason
            _log.error(say("daemon.tick_failed", job=name, reason=reason), exc_info=with_trace)
            with suppress(Exception):  # so that `status` shows it at once; the next heartbeat tries again
                self._beat()

    def _work(self) -> None:
        engine = self._engine
        while not self._stopping.is_set() and engine.recover() + engine.fire() + engine.advance():
            pass

    def _prune(self) -> None:
        engine = self._engine
        pruning = Pruning(engine.database, engine.project, engine.clock)
        done = pruning.run(actor="daemon", stopping=self._stopping.is_set)
        told = ", ".join(f"{say(f'privacy.what_{one.what}')} {one.rows}" for one in done)
        _log.info(say("privacy.pruned_by_daemon", counts=told))

    def _until_none(self, work: Callable[[], int]) -> None:
        while not self._stopping.is_set() and work():
            pass

    def _deliver(self, channel: str) -> None:
        engine = self._engine
        while not self._stopping.is_set() and channel in engine.due_channels() and engine.deliver(channel):
            pass

    def _register(self) -> None:
        with self._engine.database.write() as conn:
            register_daemon(conn, self._instance, os.getpid(), socket.gethostname()[:200], self._now())

    def _beat(self, *, stopped: bool = False) -> None:
        with self._engine.database.write() as conn:
            beat(conn, self._instance, self._now(), error=self._error, stopped=stopped)

    def _now(self) -> int:
        return to_ms(self._engine.clock.now())
