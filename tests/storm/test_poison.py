"""Some messages fail whatever happens: they must not keep their account from everybody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.store.database import Database
from tests.engine.world import World
from tests.fakes.server import Recorded, Reply
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio
from tests.storm.weather import BUSY

RULES = """
rules:
  - id: paid
    name: 付款
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional}
    steps: [{do: sms.send, with: {template: order}}]
"""


class Picky(FakeTwilio):
    """Always too busy for some people."""

    def respond(self, request: Recorded) -> Reply:
        to = request.form().get("To", "") if request.method == "POST" else ""
        return BUSY if to.startswith("+86137") else super().respond(request)


@pytest.fixture
def twilio() -> Iterator[Picky]:
    with Picky() as server:
        yield server


@pytest.fixture
def world(db: Database, tmp_path: Path, twilio: Picky) -> Iterator[Callable[..., World]]:
    made: list[World] = []
    settings = f"""
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
from_number = "{SENDER}"
base_url = "{twilio.url}"
auth_token = {{file = "secret"}}
"""

    def make(rules: str, **options: Any) -> World:
        (tmp_path / "project").mkdir()
        (tmp_path / "project" / "secret").write_text(TOKEN)
        made.append(World(tmp_path / "project", db, rules, settings=settings, **options))
        return made[-1]

    yield make
    for one in made:
        one.engine.close()


def test_an_account_is_tried_with_a_message_that_has_not_failed_yet(world: Callable[..., World], twilio: Picky) -> None:
    # given an account that is left alone because eight people's messages fail again and again
    w = world(RULES)
    for i in range(8):
        w.person(f"B{i}", phone=f"137001380{i:02}")
    w.events([w.line("order.paid", f"B{i}", sku="S") for i in range(8)])
    w.run()
    assert twilio.messages == []
    assert w.engine.due_channels() == []
    # when others order, later than those
    for i in range(5):
        w.person(f"G{i}", phone=f"138001380{i:02}")
    w.go(seconds=45)
    w.events([w.line("order.paid", f"G{i}", sku="S") for i in range(5)])
    w.run()
    assert twilio.messages == []
    # then the first time that the account is tried again is enough for them
    w.go(seconds=16)
    w.go(seconds=1)
    assert len(twilio.messages) == 5
