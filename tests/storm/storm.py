"""The storm: daemons and a feeder are killed again and again while events flow in; then calm; then the reckoning."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from automation.clock import ManualClock
from automation.engine.engine import Engine
from automation.rules.project import Project
from automation.settings import Settings
from automation.store import schema
from automation.store.database import Database
from tests.storm.fast_clock import FACTOR, FastClock
from tests.storm.feed import batch
from tests.storm.nursery import Nursery
from tests.storm.project import LEASE_S, lay_out, settle_people
from tests.storm.reckoning import Reckoning
from tests.storm.weather import Weather

CALM_S = 2.0


@dataclass
class Child:
    """One place in the storm: whoever stands there is killed and followed by another."""

    fork: Callable[[], int]
    log: Path
    pid: int = 0
    told: int = 0  # how long the log was when it was born
    dead: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.told = self.log.stat().st_size if self.log.exists() else 0
        self.pid = self.fork()

    @property
    def at_work(self) -> bool:
        """It says so; from then on it can be asked to stop."""
        return self.log.exists() and b" runs" in self.log.read_bytes()[self.told :]


class Storm:
    """One storm on one database. `run()` gives the reckoning, which says whether anything was lost or doubled."""

    def __init__(self, folder: Path, database: Database, *, seconds: float, daemons: int, seed: int) -> None:
        self.folder, self.database, self.seconds, self.seed = folder, database, seconds, seed
        self.url = database.url.render_as_string(hide_password=False)
        self.chance = random.Random(seed)
        self.origin = time.time()
        self.acknowledged = folder / "acknowledged"
        self.kills = self.kills_of_feeders = self.sleeps = 0
        self._daemons = daemons

    def run(self) -> Reckoning:
        with Weather(self.seed) as weather, Nursery() as nursery:
            hook = weather.receiver.url + "/hook"
            project = lay_out(self.folder, weather.twilio.url, weather.sendgrid.url, hook)
            people = settle_people(self.database, project)
            self._nursery, self._weather = nursery, weather
            weather.twilio.now = FastClock(self.origin).now
            children = [self._daemon(number) for number in range(self._daemons)] + [self._feeder()]
            for child in children:
                child.start()
            self._rage(children)
            weather.clear()
            time.sleep(CALM_S)
            self._end(*children)
            batches = self._complete()
            self._drain()
            died = [line for child in children for line in child.dead]
            return Reckoning(self.database, weather, people, self.seed, batches, died)

    def told(self) -> str:
        """What happened, for a report."""
        return (
            f"seed {self.seed}: {self.kills} kills, {self.kills_of_feeders} of them of the feeder, {self.sleeps} sleeps"
        )

    # ------------------------------------------------------------ who is out in it

    def _daemon(self, number: int) -> Child:
        log = self.folder / f"daemon{number}.log"
        common = {"folder": str(self.folder), "url": self.url, "origin": self.origin}
        return Child(lambda: self._nursery.start("daemon", log, **common), log)

    def _feeder(self) -> Child:
        log = self.folder / "feeder.log"

        def start() -> int:
            first = max(0, self._last() + 1 - self.chance.randint(0, 2))
            return self._nursery.start(
                "feeder", log, folder=str(self.folder), url=self.url, origin=self.origin, seed=self.seed, first=first,
                book=str(self.acknowledged), pause=0.03,
            )  # fmt: skip

        return Child(start, log)

    def _last(self) -> int:
        """The last batch that was acknowledged; -1 when none was."""
        lines = self.acknowledged.read_text().split() if self.acknowledged.exists() else []
        return max(map(int, lines), default=-1)

    # ------------------------------------------------------------ the storm itself

    def _rage(self, children: list[Child]) -> None:
        """For as long as it was asked for; on a busy machine until it was a storm."""
        begin = time.monotonic()
        while (ran := time.monotonic() - begin) < self.seconds or (self._mild() and ran < 8 * self.seconds):
            child = self.chance.choice(children)
            self._wait_for_a_moment(child)
            if self.chance.random() < 0.05:
                self._put_to_sleep(child)
                continue
            self._kill(child)
            child.start()
            self.kills_of_feeders += child is children[-1]

    def _mild(self) -> bool:
        return self.kills < 20 or sum(one.bad_answers for one in self._weather.all) < 15

    def _wait_for_a_moment(self, child: Child) -> None:
        """Some time or other; mostly when it has begun to work, often just when a provider is being asked."""
        if self.chance.random() < 0.15:
            time.sleep(self.chance.uniform(0.0, 0.5))
            return
        self._until(lambda: child.at_work, 10.0)
        if self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0.005, 0.4))
            return
        asked = self.chance.choice(self._weather.all).asked
        asked.clear()
        asked.wait(0.5)
        time.sleep(self.chance.choice([0.0, self.chance.uniform(0.0, 0.004), self.chance.uniform(0.0, 0.03)]))

    def _until(self, true: Callable[[], bool], within: float) -> None:
        end = time.monotonic() + within
        while not true() and time.monotonic() < end:
            time.sleep(0.01)

    def _put_to_sleep(self, child: Child) -> None:
        """Longer than a lease: whoever was asleep wakes up with messages in hand that are given up for lost."""
        self._nursery.signal(child.pid, signal.SIGSTOP)
        time.sleep(LEASE_S / FACTOR * 1.2)
        self._nursery.signal(child.pid, signal.SIGCONT)
        self.sleeps += 1

    def _kill(self, child: Child) -> None:
        status = self._nursery.kill(child.pid)
        if status is not None:
            child.dead.append(f"{child.log.name}: ended by itself with {status}: {_tail(child.log)}")
        self.kills += 1

    # ------------------------------------------------------------ afterwards

    def _end(self, *children: Child) -> None:
        """SIGTERM: everybody finishes what is in hand and goes home."""
        self._until(lambda: all(child.at_work for child in children), 60.0)
        for child in children:
            self._nursery.signal(child.pid, signal.SIGTERM)
        for child in children:
            status = self._nursery.wait(child.pid)
            if status != 0:
                child.dead.append(f"{child.log.name}: ended with {status}: {_tail(child.log)}")

    def _complete(self) -> int:
        """Bring the batch that was perhaps taken without an answer; returns how many batches there are."""
        last = self._last() + 1
        engine = Engine(self._project(), self.database, FastClock(self.origin))
        engine.ingest(batch(self.seed, last))
        engine.close()
        return last + 1

    def _drain(self) -> None:
        """Do everything that is still to be done, with time passing by leaps; then let providers be asked for long."""
        clock = ManualClock(FastClock(self.origin).now())
        self._weather.twilio.now = clock.now
        engine = Engine(self._project(), self.database, clock)
        for _ in range(60):
            engine.run_due()
            if not self._open():
                break
            clock.advance(timedelta(minutes=1))
        for doubling in range(1, 12):
            clock.advance(timedelta(minutes=2**doubling))
            engine.run_due()
        engine.close()

    def _project(self) -> Project:
        return Project.load(Settings.load(self.folder))

    def _open(self) -> int:
        """How many runs and messages are not at their end."""
        run, message = schema.run, schema.message
        with self.database.read() as conn:
            runs = conn.scalar(select(func.count()).select_from(run).where(run.c.ended_at.is_(None)))
            waiting = message.c.status.in_(("queued", "sending"))
            return (runs or 0) + (conn.scalar(select(func.count()).select_from(message).where(waiting)) or 0)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:] if log.exists() else "no log"
