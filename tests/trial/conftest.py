"""`tried(world, what, to, …)` sends tests by the project's own providers; `world` is the engine's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automation.engine.trial.sending import Result, Trial, Wish
from automation.i18n import language
from tests.engine.conftest import world  # noqa: F401
from tests.engine.world import World

Try = Callable[..., list[Result]]


@pytest.fixture
def tried() -> Try:
    def send(w: World, what: str, to: str, contact_id: int, **more: Any) -> list[Result]:
        trial = Trial(w.project(), w.database, w.clock, w.engine.providers)
        with language("en"):
            return list(trial(Wish(what, to, contact_id, "tester", **more)))

    return send
