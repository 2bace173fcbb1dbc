"""Providers in bad weather: they refuse, break off, answer too late or not at all, and keep their own book of it."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from tests.fakes.sendgrid import FakeSendGrid
from tests.fakes.server import Behaviour, Delay, Drop, FakeServer, Recorded, Reply
from tests.fakes.twilio import FakeTwilio, error
from tests.fakes.webhook import FakeReceiver

TOKEN = re.compile(r"#(\S+?)#")


class Sent(NamedTuple):
    """One thing that reached somebody, as the provider's book has it."""

    channel: str
    to: str
    token: str


@dataclass(frozen=True)
class _Late:
    """Accepted, but the answer comes when nobody listens any more."""

    seconds: float


class Storm(FakeServer):
    """Misbehaves by chance while `rough`; `asked` is set at each request, so that somebody may be killed just then."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.rough = True
        self.asked = threading.Event()
        self.chance = random.Random(0)
        self.bad_answers = 0

    def take(self, request: Recorded) -> Reply | None:
        self.asked.set()
        with self._lock:
            mood = self._mood() if self.rough else None
            self.bad_answers += mood is not None
        if isinstance(mood, _Late):
            reply = self._accept(request)
            self.stopping.wait(mood.seconds)
            return reply
        if mood is not None:
            self.script(mood)
        return super().take(request)

    def _mood(self) -> Behaviour | _Late | None:
        return self.chance.choices([mood for mood, _ in _MOODS], [weight for _, weight in _MOODS])[0]


_MOODS: tuple[tuple[Behaviour | _Late | None, int], ...] = (
    (None, 76),
    (Reply(429, {"Retry-After": "2"}), 5),
    (Reply(503), 5),
    (Reply(500), 1),
    (Drop(after_accept=False), 2),
    (Drop(after_accept=True), 2),
    (_Late(0.9), 1),
    (Delay(0.05), 8),
)


BUSY = error(503, 20503, "Service is temporarily unavailable")


class StormyTwilio(Storm, FakeTwilio):
    """Numbers that begin with 139 don't exist; those with 137 are busy, and out of reach once the storm is over."""

    def respond(self, request: Recorded) -> Reply:
        to = request.form().get("To", "") if request.method == "POST" else ""
        if to.startswith("+86139"):
            return error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to.startswith("+86137"):
            return BUSY if self.rough else error(400, 21612, f"{to} is not currently reachable")
        return super().respond(request)

    def book(self) -> Iterator[Sent]:
        return (Sent("sms", m.to, _token(m.body)) for m in list(self.messages))


class StormySendGrid(Storm, FakeSendGrid):
    def book(self) -> Iterator[Sent]:
        return (Sent("email", m.to, _token(m.text or m.html)) for m in list(self.mails))


class StormyReceiver(Storm, FakeReceiver):
    def book(self) -> Iterator[Sent]:
        return (Sent("webhook", self.url + "/hook", body["ref"]) for body in list(self.bodies.values()))


class Weather:
    """The three of them, started; `clear()` lets them behave."""

    def __init__(self, seed: int) -> None:
        self.twilio, self.sendgrid, self.receiver = StormyTwilio(), StormySendGrid(), StormyReceiver()
        self.all: tuple[Storm, ...] = (self.twilio, self.sendgrid, self.receiver)
        for place, one in enumerate(self.all):
            one.chance = random.Random(f"{seed}:{place}")
        self._running = ExitStack()

    def __enter__(self) -> Self:
        for one in self.all:
            self._running.enter_context(one)
        return self

    def __exit__(self, *exc: object) -> None:
        self._running.close()

    def clear(self) -> None:
        for one in self.all:
            one.rough = False

    def book(self) -> list[Sent]:
        """Everything that the providers have accepted."""
        return [*self.twilio.book(), *self.sendgrid.book(), *self.receiver.book()]


def _token(text: str | None) -> str:
    found = TOKEN.search(text or "")
    return found.group(1) if found else f"no token in {text!r}"
