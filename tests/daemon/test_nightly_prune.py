"""Every night the daemon prunes, at the hour of the project's time zone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from automation.clock import ManualClock, to_ms
from automation.daemon.daemon import PRUNED_AT, Daemon
from automation.engine.engine import Engine
from automation.store.database import Database
from automation.store.quarantine import Rejected, store_rejected
from tests.daemon.shop import SETTINGS, Shop, order, until

ZONE = "Atlantic/Cape_Verde"  # an hour after Greenwich, all the year
KEEP = f'timezone = "{ZONE}"\n{SETTINGS}[retention]\nquarantine = "30d"\n'.replace("0.1", "0.5")
HOUR, MINUTE = PRUNED_AT
NIGHT = datetime.now(ZoneInfo(ZONE)).replace(hour=HOUR, minute=MINUTE, second=1) + timedelta(days=2)


class Moved(datetime):
    """What APScheduler takes for the time. It goes through all ticks that a leap left out, so leaps are short."""

    shift = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.shift


class Night:
    """A daemon at work in this process, and both its clocks: the engine's and APScheduler's."""

    def __init__(self, shop: Shop, now: datetime) -> None:
        self._clock = ManualClock(now)
        self.to(now)
        self._engine = Engine(shop.project(), shop.database, self._clock)
        self._daemon = Daemon(self._engine)
        self._thread = threading.Thread(target=self._daemon.run)

    def to(self, moment: datetime) -> None:
        self._clock.set(moment)
        Moved.shift = moment - datetime.now(moment.tzinfo)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._daemon.stop()
            self._thread.join(30)
            self._engine.close()


@pytest.fixture(autouse=True)
def moved(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("schedulers.base", "triggers.interval"):
        monkeypatch.setattr(f"apscheduler.{module}.datetime", Moved)


def put_aside(shop: Shop, at: datetime, origin: str) -> None:
    with shop.database.write() as conn:
        store_rejected(conn, [Rejected(origin, "ingest.nul", {}, "{}")], to_ms(at))


def kept(shop: Shop) -> list[str]:
    return [row.origin for row in shop.rows("quarantine")]


def test_what_is_old_goes_at_the_hour_of_the_projects_zone(
    db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop(tmp_path / "shop", db, settings=KEEP)
    put_aside(shop, NIGHT - timedelta(days=31), "old")
    put_aside(shop, NIGHT - timedelta(days=29), "young")
    night = Night(shop, NIGHT - timedelta(minutes=62))
    with caplog.at_level(logging.INFO), night.running():
        until(lambda: "the daemon runs" in caplog.text)
        # when it is the hour, but in Greenwich
        night.to(NIGHT - timedelta(hours=1))
        shop.ingest(order(1))
        until(lambda: shop.statuses() == ["accepted"])
        assert kept(shop) == ["old", "young"]
        # and when it is
        night.to(NIGHT)
        until(lambda: "pruned by retention: quarantined items 1" in caplog.text)
    assert kept(shop) == ["young"]
    (audited,) = [row for row in shop.rows("audit") if row.action == "retention.pruned"]
    assert (audited.actor, audited.detail["quarantine"]["rows"]) == ("daemon", 1)


def test_a_retention_that_is_refused_is_told_and_nothing_goes(
    db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop = Shop(tmp_path / "shop", db, settings=KEEP + 'event_times = "30d"\n')
    put_aside(shop, NIGHT - timedelta(days=31), "old")
    night = Night(shop, NIGHT - timedelta(minutes=2))
    with caplog.at_level(logging.INFO), night.running():
        until(lambda: "the daemon runs" in caplog.text)
        night.to(NIGHT)
        until(lambda: "event_times = 30d is shorter than events are kept" in caplog.text)
        until(lambda: any("event_times" in (row.last_error or "") for row in shop.rows("daemon")))
    assert kept(shop) == ["old"]
