"""A process that dies while it sends a test: marked before the call, unknown after the lease, never sent twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

from automation.engine.trial.sending import Trial, Wish
from tests.engine.world import World

Make = Callable[..., World]
RULE = """
rules:
  - id: promo
    name: 促销
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: sms.send, with: {template: hello}}]
"""
SETTINGS = """
[testing]
allowed = ["13900139000"]
[providers.sms]
type = "deadly"
"""
PROVIDER = '''
"""A provider during whose call the process dies, once the message is out."""

import os

from automation.i18n import Text
from automation.plugin import Params
from automation.providers.base import Outcome, Provider


class Deadly(Provider):
    type = "deadly"
    title = Text("致命", "deadly")
    channels = frozenset({"sms"})
    Params = Params

    def send(self, messages):
        folder = self.context.folder
        with (folder / "sent.txt").open("a") as book:
            book.write("".join(f"{message.reference}\\n" for message in messages))
        if not (folder / "harmless").exists():
            os._exit(9)
        return [Outcome.accepted() for _ in messages]
'''
PROGRAM = """
import sys
from pathlib import Path
from automation.engine.engine import Engine
from automation.engine.trial.sending import Trial, Wish
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from automation.clock import ManualClock
from tests.engine.world import at

project, database = Project.load(Settings.load(Path(sys.argv[1]))), Database(sys.argv[2])
engine = Engine(project, database, ManualClock(at("2026-08-01 12:00")))
list(Trial(project, database, engine.clock, engine.providers)(Wish("promo", "13900139000", 1, "tester")))
"""


def test_a_test_whose_process_was_killed_is_unknown_and_stays_so(world: Make) -> None:
    # given a process that dies in the provider's call
    w = _world(world)
    url = w.database.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(w.folder), url], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    assert [row.status for row in w.table("test_message")] == ["sending"]
    (w.folder / "harmless").touch()
    # when time goes by, and everything due is done, and another test is sent
    w.go(seconds=200)
    assert [row.status for row in w.table("test_message")] == ["sending"]  # it could still come back
    w.go(seconds=200)
    w.go(days=3)
    w.clock.advance(timedelta(days=1))
    list(Trial(w.project(), w.database, w.clock, w.engine.providers)(Wish("promo", "13900139000", 1, "tester")))
    # then the first is unknown, and went out once
    assert [(row.status, row.outcome_code) for row in w.table("test_message")] == [
        ("unknown", "lease_expired"), ("accepted", None),
    ]  # fmt: skip
    assert (w.folder / "sent.txt").read_text().split() == ["t1", "t2"]


def _world(make: Make) -> World:
    """With one contact, and the provider as a plugin of the project."""
    before = make(RULE)
    before.person("M1", name="安娜")
    (before.folder / "plugins").mkdir()
    (before.folder / "plugins" / "deadly.py").write_text(PROVIDER, encoding="utf-8")
    return make(RULE, settings=SETTINGS)
