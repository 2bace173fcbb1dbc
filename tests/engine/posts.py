"""Given for the tests of delivery: fake Twilio accounts as settings, a rule that sends, people with a paid order."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from tests.engine.world import World
from tests.fakes.server import Recorded, Reply
from tests.fakes.twilio import ACCOUNT, SENDER, FakeTwilio, error

RULES = """
rules:
  - id: promo
    name: 促销
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - do: message.send
        with: {channels: [sms], template: hello}
"""
BUSY = error(503, 20503, "Service temporarily unavailable")
"""Nothing was sent, and no word when to come back."""


class TimedTwilio(FakeTwilio):
    """Knows when each message was accepted, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    def respond(self, request: Recorded) -> Reply:
        self.moments.append(time.monotonic())
        return super().respond(request)


def wait(seconds: int) -> Reply:
    """Nothing was sent, and when to come back."""
    return error(429, 20429, "Too many requests", {"Retry-After": str(seconds)})


def account(server: FakeTwilio, *more: str, table: str = "[[providers.sms]]") -> str:
    """The table of a Twilio account that is `server`."""
    lines = (
        table,
        'type = "twilio"',
        f'account_sid = "{ACCOUNT}"',
        'auth_token = {env = "TWILIO_TOKEN"}',
        f'from_number = "{SENDER}"',
        f'base_url = "{server.url}"',
        "timeout = 0.4",
        *more,
    )
    return "\n".join(lines) + "\n"


def order(w: World, count: int, first: int = 0) -> None:
    """`count` members who can be reached, each with a paid order, and their messages in the queue."""
    for i in range(first, first + count):
        w.person(f"M{i}", phone=f"1391{i:07}", email=f"m{i}@example.com", name=f"会员{i}")
    w.events([w.line("order.paid", f"M{i}", amount=1) for i in range(first, first + count)])
    w.engine.advance()


def people(server: FakeTwilio) -> list[str]:
    """Who got how many: the numbers in the service's own book, sorted."""
    return sorted(message.to for message in server.messages)


def everybody(count: int) -> list[str]:
    return [f"+861391{i:07}" for i in range(count)]


def by_account(messages: Sequence[Any]) -> dict[str | None, int]:
    """How many messages each account has accepted."""
    accounts = [m.account for m in messages if m.status == "accepted"]
    return {name: accounts.count(name) for name in dict.fromkeys(accounts)}
