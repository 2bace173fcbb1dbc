"""A minute in the storm, half of it on each database: nothing lost, nothing doubled."""

from __future__ import annotations

from pathlib import Path

from automation.store.database import Database
from tests.storm.storm import Storm

SECONDS = 10.0


def test_a_daemon_is_killed_again_and_again(sqlite_db: Database, tmp_path: Path) -> None:
    weather_it(Storm(tmp_path / "shop", sqlite_db, seconds=SECONDS, daemons=1, seed=20261122))


def test_three_daemons_that_share_the_work_are_killed_again_and_again(postgres_db: Database, tmp_path: Path) -> None:
    weather_it(Storm(tmp_path / "shop", postgres_db, seconds=SECONDS, daemons=3, seed=20261123))


def weather_it(storm: Storm) -> None:
    found = storm.run()
    assert found.faults == [], "\n".join([f"{storm.told()}: {found.figures}", *found.faults[:20]])
    # and it was a storm
    assert storm.kills >= 20
    assert found.figures["bad answers"] >= 15
    assert found.figures["accepted"] > 50
