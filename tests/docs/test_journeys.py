"""The pages about journeys and campaigns, run as they stand by a daemon whose clock the page moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from automation.clock import ManualClock, SystemClock
from automation.engine.engine import Engine
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from tests.docs.tutorials import Command, Scene, blocks, commands

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("journeys", "campaigns")
ENDINGS = {"en": ".md", "zh": ".zh-CN.md"}
BEGIN = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
_PASSES = re.compile(r"# \+(\d+)([hd])(.*)")
_READS = re.compile(r"automation (init|contacts|validate|log|missed)|cd ")
_STEPS = {"h": (1, timedelta(hours=1)), "d": (6, timedelta(hours=4))}
"""How many steps a unit of time takes, and how long each is."""


class WatchedScene(Scene):
    """A scene in which the daemon runs all the time, except where `# +3d` is followed by words."""

    def __init__(self, folder: Path, lang: str, clock: ManualClock) -> None:
        super().__init__(folder, lang)
        self._clock = clock

    def run(self, typed: str) -> str:
        passes = _PASSES.fullmatch(typed)
        printed = super().run(typed) if passes is None else ""
        if passes is not None or not _READS.match(typed):
            self._work(*passes.groups() if passes is not None else ("0", "h", ""))
        return printed

    def _work(self, amount: str, unit: str, off: str) -> None:
        """The daemon's work now, and after each step of the time that passes."""
        steps, step = _STEPS[unit]
        settings = Settings.load(self.folder)
        database = Database(settings.database_url)
        database.migrate()
        engine = Engine(Project.load(settings), database, self._clock)
        assert engine.project.problems == ()
        engine.run_due()
        for _ in range(int(amount) * steps):
            self._clock.advance(step)
            if not off:
                engine.run_due()
        engine.run_due()
        engine.close()
        database.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[ManualClock]:
    clock = ManualClock(BEGIN)
    monkeypatch.setattr(SystemClock, "now", lambda _: clock.now())
    return clock


@pytest.mark.parametrize("lang", sorted(ENDINGS))
@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_what_it_shows(page: str, lang: str, tmp_path: Path, clock: ManualClock) -> None:
    scene = WatchedScene(tmp_path, lang, clock)
    for block in blocks(read(page, lang)):
        scene.do(block)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_show_the_same_files_and_commands(page: str) -> None:
    assert shown(page, "en") == shown(page, "zh")
    assert len(shown(page, "en")) > 10


@pytest.mark.parametrize("page", PAGES)
def test_every_rule_shown_is_part_of_a_project_that_is_in_order(page: str) -> None:
    """As the daemon of the scene reads it."""
    for block in blocks(read(page, "en")):
        assert block.words[0] != "yaml" or block.words[1] in ("write", "append")


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_show_more_than_wildcards(page: str) -> None:
    for lang in ENDINGS:
        lines = [line for command in typed(page, lang) for line in command.expected]
        assert sum(line.strip() == "…" for line in lines) < len(lines) / 10


def read(page: str, lang: str) -> str:
    return (DOCS / (page + ENDINGS[lang])).read_text(encoding="utf-8")


def typed(page: str, lang: str) -> list[Command]:
    return [command for block in blocks(read(page, lang)) if block.words[0] == "console" for command in commands(block)]


def shown(page: str, lang: str) -> list[str]:
    """What a reader types and writes, without remarks in their own language."""
    words = [re.sub(r"^(# \+\w+).*", r"\1", command.typed) for command in typed(page, lang)]
    files = [re.sub(r"#.*", "", block.body) for block in blocks(read(page, lang)) if block.words[0] != "console"]
    return words + files
