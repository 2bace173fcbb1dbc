"""The state machine of files: whatever a folder holds while daemons look and commands start, only what was read and no
longer has a rule removes it, and for a day that can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from automation.clock import ManualClock, to_ms
from automation.daemon.reloading import Reloader
from automation.engine.engine import Engine
from automation.errors import AutomationError
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.in_memory import MemoryDatabase
from tests.engine.test_absent_rules import TWO, rules
from tests.engine.world import World, at

DAY = timedelta(days=1)
WHOLE = {"rules.yaml": rules("a"), "more.yaml": rules("b", "c")}
STATES = {
    "whole": WHOLE["more.yaml"].encode(), "without c": rules("b").encode(), "empty": b"", "gone": None,
    "gbk": WHOLE["more.yaml"].replace("name: b", "name: 乙").encode("gbk"),
    "torn": WHOLE["more.yaml"].encode()[:-30], "half": WHOLE["more.yaml"].partition("  - id: c")[0].encode(),
    "misspelt": WHOLE["more.yaml"].replace("id: c", "idd: c").encode(),
}  # fmt: skip
TAKES_OUT = ("without c", "half")
READABLE = ("whole", "misspelt", *TAKES_OUT)


class Files(RuleBasedStateMachine):
    """One person waits inside each of three rules for a hundred days; `gone_since` is when c was first seen gone."""

    world: World

    @initialize()
    def begin(self) -> None:
        w = self.world
        w.clock.set(at("2026-08-01 12:00"))
        self.listed, self.state = True, "whole"
        self.gone_since: int | None = None
        self._write()
        w.engine = Engine(self._project(), w.database, w.clock)
        self.look = Reloader(w.engine)
        w.person("M1")
        w.event("order.paid", "M1", amount=1)
        w.run()

    def _write(self) -> None:
        folder, content = self.world.folder, STATES[self.state]
        (folder / "automation.toml").write_text(TWO if self.listed else "", encoding="utf-8")
        (folder / "rules.yaml").write_text(WHOLE["rules.yaml"].replace("2d", "100d"), encoding="utf-8")
        (folder / "more.yaml").unlink(missing_ok=True)
        if content is not None:
            (folder / "more.yaml").write_bytes(content.replace(b"2d", b"100d"))

    def _project(self) -> Project:
        return Project.load(Settings.load(self.world.folder))

    def _seen(self, *, listed: bool) -> None:
        """What a process that reads these files may conclude about c."""
        if not listed or self.state not in READABLE:
            return
        if self.state in TAKES_OUT:
            self.gone_since = self.gone_since if self.gone_since is not None else to_ms(self.world.clock.now())
        elif self.state == "whole":
            self.gone_since = None

    @rule(state=st.sampled_from(sorted(STATES)), listed=st.sampled_from([True, True, False]))
    def save(self, state: str, listed: bool) -> None:
        self.state, self.listed = state, listed
        self._write()

    @rule()
    def daemon(self) -> None:
        """It read its settings when it started: both files are listed."""
        with suppress(AutomationError):
            self.look()
        self._seen(listed=True)

    @rule()
    def command(self) -> None:
        """`ingest`, `run --once`, `quarantine retry`: each publishes what it reads."""
        with suppress(AutomationError):
            Engine(self._project(), self.world.database, self.world.clock).run_due()
        self._seen(listed=self.listed)

    @rule(hours=st.sampled_from([1, 25]))
    def time(self, hours: int) -> None:
        self.world.go(hours=hours)

    @invariant()
    def nobody_left_but_for_a_removal_that_nobody_undid(self) -> None:
        runs = {row.id: row for row in self.world.runs()} if hasattr(self, "state") else {}
        keys = {row.id: row.key for row in self.world.table("rule")}
        for row in runs.values():
            if row.ended_at is not None:
                assert (keys[row.rule_id], row.reason) == ("c", "exited.removed")
                assert self.gone_since is not None
                assert row.ended_at >= self.gone_since + DAY // timedelta(milliseconds=1)

    def teardown(self) -> None:
        """When the files are whole again, whoever has not left goes on."""
        left = [row.id for row in self.world.runs() if row.ended_at is not None]
        self.save(state="whole", listed=True)
        self.command()
        self.daemon()
        assert {row.status for row in self.world.runs() if row.id not in left} == {"active"}
        self.world.database.clear()  # type: ignore[attr-defined]


@contextmanager
def world(folder: Path) -> Iterator[World]:
    database = MemoryDatabase()
    yield World(folder, database, rules("a"))
    database.close()


def test_only_what_was_read_is_removed_whatever_the_files_hold(tmp_path: Path) -> None:
    with world(tmp_path / "project") as made:
        made.database.clear()  # type: ignore[attr-defined]
        assert isinstance(made.clock, ManualClock)
        Files.world = made
        run_state_machine_as_test(
            Files,
            settings=settings(
                max_examples=15, stateful_step_count=12, deadline=None, phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck), database=None,
            ),
        )  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
