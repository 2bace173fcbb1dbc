"""Kill switches while daemons are in the middle of sending."""

from __future__ import annotations

import time
from collections.abc import Callable

from automation.clock import SystemClock, to_ms
from automation.engine.switches import pause, resume, target_of
from tests.daemon.shop import SETTINGS, Shop, order, until

STEADY = '''
"""A provider that takes one message at a time, and writes down each."""

import time

from automation.i18n import Text
from automation.plugin import Params
from automation.providers.base import Outcome, Provider


class Steady(Provider):
    type = "steady"
    title = Text("稳", "steady")
    channels = frozenset({"sms"})
    max_batch = 1

    class Params(Params):
        pass

    def send(self, messages):
        time.sleep(0.05)
        with (self.context.folder / "sent.txt").open("a") as file:
            file.writelines(message.reference + "\\n" for message in messages)
        return [Outcome.accepted() for _ in messages]
'''
ONE_SECOND = 1.0
DEFAULT_TICK = SETTINGS.replace("tick_seconds = 0.1\n", "")
MESSAGES = 100


def test_a_switch_counts_within_a_second_for_every_daemon_and_nothing_is_lost(shop: Callable[..., Shop]) -> None:
    # given daemons with the usual settings that are sending; SQLite allows one of them
    s = shop(settings=DEFAULT_TICK + '[providers.sms]\ntype = "steady"\n')
    s.write("plugins/steady.py", STEADY)
    daemons = [s.daemon() for _ in range(1 if s.database.is_sqlite else 2)]
    s.ingest(*(order(i) for i in range(MESSAGES)))
    for name in ("all", "thanks", "sms"):
        until(lambda: _sends(s))
        # when
        _switch(s, name, on=False)
        time.sleep(ONE_SECOND)
        stopped = _sent(s)
        time.sleep(0.7)
        # then
        assert _sent(s) == stopped, name
        assert len(stopped) < MESSAGES, name
        _switch(s, name, on=True)
    # and each of them is sent in the end, once
    until(lambda: s.statuses() == ["accepted"] * MESSAGES)
    assert sorted(_sent(s)) == sorted(f"m{row.id}" for row in s.rows("message"))
    assert {run.status for run in s.rows("run")} == {"done"}
    assert [daemon.stop() for daemon in daemons] == [0] * len(daemons)


def _switch(s: Shop, name: str, *, on: bool) -> None:
    with s.database.write() as conn:
        target, now = target_of(conn, name), to_ms(SystemClock().now())
        assert (resume if on else pause)(conn, target, "test", "test", now)


def _sends(s: Shop) -> bool:
    before = len(_sent(s))
    time.sleep(0.1)
    return len(_sent(s)) > before


def _sent(s: Shop) -> list[str]:
    path = s.folder / "sent.txt"
    return path.read_text().splitlines() if path.exists() else []
