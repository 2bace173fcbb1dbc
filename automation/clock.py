"""Time and chance, the only place they are read. Everything else gets them as an argument."""

from __future__ import annotations

import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What the engine asks for the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved: for tests, replays and simulations."""

    def __init__(self, at: datetime) -> None:
        self._at = _utc(at)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = _utc(at)

    def advance(self, by: timedelta) -> None:
        self._at += by


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, the form in which every time is stored. `moment` must be aware."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The aware UTC datetime of stored milliseconds; of a number beyond the calendar, its first or last day."""
    try:
        return EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return datetime(9998, 12, 31, tzinfo=UTC) if ms > 0 else datetime(2, 1, 1, tzinfo=UTC)


def monotonic() -> float:
    """Seconds that never run backwards, for measuring durations."""
    return time.monotonic()


def token(alphabet: str, length: int) -> str:
    """An unguessable string, for coupon codes and instance names: a random number in letters."""
    number, letters = secrets.randbelow(len(alphabet) ** length), []
    for _ in range(length):
        number, place = divmod(number, len(alphabet))
        letters.append(alphabet[place])
    return "".join(letters)


def salt() -> str:
    """32 unguessable hex digits, which keep a hash from being guessed back."""
    return secrets.token_hex(16)


def jitter(seconds: float) -> float:
    """A random part of `seconds`, between a half and the whole, so that retries don't march in step."""
    return seconds * (0.5 + random.random() / 2)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a clock needs an aware datetime")
    return moment.astimezone(UTC)
