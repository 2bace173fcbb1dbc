"""Frequency caps: how many messages a person may get in any sliding window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import from_ms, to_ms

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.rules.spec import FrequencyCap


@dataclass(slots=True, eq=False)
class Sent:
    """A message that counts: sent, on its way, or perhaps sent. `queued`: it has not left yet."""

    channel: str
    rule_id: int
    at: int
    message_id: int = 0  # 0 until it is in the ledger
    queued: bool = False


class Full(NamedTuple):
    """A cap that leaves no room for one more message, and the messages that fill it."""

    cap: FrequencyCap
    sent: Sequence[Sent]

    def detail(self) -> dict[str, Any]:
        """For the log."""
        cap = self.cap
        found = {"max": cap.max, "per": str(cap.per), "channel": cap.channel, "scope": cap.scope}
        return {**found, "sent": len(self.sent)}


class CapBook:
    """What each person of a batch has got lately; messages queued within the batch are added as they come."""

    def __init__(self, rows: Iterable[Any]) -> None:
        """`rows`: as `store.messages.recent` gives them."""
        self._sent: dict[int, list[Sent]] = defaultdict(list)
        for contact_id, channel, rule_id, at, message_id, status in rows:
            self._sent[contact_id].append(Sent(channel, rule_id, at, message_id, status == "queued"))

    def add(self, contact_id: int, sent: Sent) -> None:
        self._sent[contact_id].append(sent)

    def remove(self, contact_id: int, gone: Iterable[Sent]) -> None:
        """They will not be sent."""
        for sent in gone:
            self._sent[contact_id].remove(sent)

    def of(self, contact_id: int) -> Sequence[Sent]:
        return self._sent.get(contact_id, ())

    def full(
        self, caps: Sequence[FrequencyCap], contact_id: int, channel: str, rule_id: int, now: int, zone: ZoneInfo,
        without: Sequence[Sent] = (),
    ) -> Full | None:  # fmt: skip
        """The first cap without room for one more message; None when all have room. `without` don't count."""
        for cap in caps:
            if cap.channel is not None and cap.channel != channel:
                continue
            since = window_begins(cap, now, zone)
            counted = [
                sent
                for sent in self._sent.get(contact_id, ())
                if sent.at > since
                and (cap.channel is None or sent.channel == cap.channel)
                and (cap.scope == "all" or sent.rule_id == rule_id)
                and sent not in without
            ]
            if len(counted) >= cap.max:
                return Full(cap, counted)
        return None


@lru_cache(maxsize=256)  # everybody in a batch asks for the same moment
def window_begins(cap: FrequencyCap, now: int, zone: ZoneInfo) -> int:
    """A message after this moment counts towards the cap."""
    return to_ms(cap.per.before(from_ms(now), zone))
