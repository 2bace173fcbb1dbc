"""One of several workers that hammer the same people: `python -m tests.engine.hammer FOLDER URL NAME ROUNDS`.

It takes events that concern everybody and does all that is due, as fast as it can, in the company of the others.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from automation.engine.engine import Engine
from automation.engine.entry.ingest import Incoming
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database

PEOPLE = 6
EVENTS = ("all", "own", "cool", "skip", "queue", "restart", "coupon", "budget", "cost", "rank", "limit")
"""One for each thing that must hold: `hit.all` and so on."""
OTHERS = {"own": "O", "rank": "R"}


def hammer(folder: Path, url: str, name: str, rounds: int) -> None:
    """Begin when the others are ready too; see `start`."""
    database = Database(url)
    engine = Engine(Project.load(Settings.load(folder)), database)
    (folder / f"ready.{name}").touch()
    while not (folder / "go").exists():
        time.sleep(0.005)
    for number in range(rounds):
        lines = [_line(event, person, f"{name}-{number}") for event in EVENTS for person in range(PEOPLE)]
        turn = (number * 17 + len(name) * 5 + sum(map(ord, name))) % len(lines)  # nobody takes them in the same order
        result = engine.ingest([Incoming(line) for line in lines[turn:] + lines[:turn]])
        assert result.quarantined == 0, result
        engine.advance()
        engine.deliver()
    engine.run_due()
    engine.close()
    database.close()


def start(folder: Path, names: list[str]) -> None:
    """Let them go once all of them are ready."""
    end = time.monotonic() + 60
    while not all((folder / f"ready.{name}").exists() for name in names):
        assert time.monotonic() < end, "a worker did not get ready"
        time.sleep(0.005)
    (folder / "go").touch()


def member(event: str, person: int) -> str:
    """Who the events are about: the same people, but others where a count would mix with another's."""
    return f"{OTHERS.get(event, 'M')}{person}"


def _line(event: str, person: int, key: str) -> str:
    return json.dumps(
        {
            "name": f"hit.{event}", "contact": member(event, person), "message_id": f"{key}-{event}-{person}",
            "occurred_at": datetime.now(UTC).isoformat(), "properties": {},
        }
    )  # fmt: skip


if __name__ == "__main__":
    hammer(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
