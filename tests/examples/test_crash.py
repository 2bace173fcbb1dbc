"""The demo's crash: a daemon that is killed while it sends, and what the outbox holds in the end."""

from __future__ import annotations

from pathlib import Path

from examples.crash import crash_and_go_on


def test_a_daemon_killed_while_sending_doubles_and_forgets_nobody(tmp_path: Path) -> None:
    done = crash_and_go_on(tmp_path)
    assert 0 < done.at_death < done.people
    assert (done.twice, done.nobody) == (0, 0)
