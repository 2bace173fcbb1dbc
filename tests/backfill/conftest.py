"""`late(rules, …)`: a world whose rules come after what they are about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from automation.engine.backfill.backfill import Backfill, Backfilled
from automation.engine.versions import Versions
from automation.insight.backfilling import plan_backfill
from tests.engine.conftest import world  # noqa: F401
from tests.engine.world import World, at

Fill = Callable[[World, str, str], Backfilled]


@pytest.fixture
def fill() -> Fill:
    """Does it, and adds it up."""

    def make(w: World, rule: str, since: str) -> Backfilled:
        book = w.engine.book
        made = Backfill(w.database, w.clock, book, Versions(book))(rule, at(since), "tester")
        assert made.people == made.entered + made.pending + made.held + made.skipped.total()
        return made

    return make


@pytest.fixture
def planned_fill(fill: Fill) -> Fill:
    """Plans it, sees that nothing was written, does it, and sees that the plan was right."""

    def make(w: World, rule: str, since: str) -> Backfilled:
        before = everything(w)
        plan = plan_backfill(w.database, w.project(), rule, at(since), w.clock.now())
        assert everything(w) == before
        made = fill(w, rule, since)
        assert made.as_dict() == plan.as_dict()
        return made

    return make


def everything(w: World) -> dict[str, list[object]]:
    from automation.store.schema import metadata

    return {name: w.table(name) for name in sorted(metadata.tables)}
