"""Frequency caps: how many messages a person may get in any sliding window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.clock import from_ms, to_ms

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.rules.spec import FrequencyCap


class Sent(NamedTuple):
    """A message that counts: sent, on its way, or perhaps sent."""

    channel: str
    rule_id: int
    at: int


class CapBook:
    """What each person of a batch has got lately; messages queued within the batch are added as they come."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._sent: dict[int, list[Sent]] = defaultdict(list)
        for contact_id, channel, rule_id, at in rows:
            self._sent[contact_id].append(Sent(channel, rule_id, at))

    def add(self, contact_id: int, sent: Sent) -> None:
        self._sent[contact_id].append(sent)

    def reached(
        self, caps: Sequence[FrequencyCap], contact_id: int, channel: str, rule_id: int, now: int, zone: ZoneInfo
    ) -> dict[str, Any] | None:
        """The first cap that leaves no room for one more message, as a log detail; None when there is room."""
        for cap in caps:
            if cap.channel is not None and cap.channel != channel:
                continue
            since = window_begins(cap, now, zone)
            count = sum(
                sent.at > since
                and (cap.channel is None or sent.channel == cap.channel)
                and (cap.scope == "all" or sent.rule_id == rule_id)
                for sent in self._sent.get(contact_id, ())
            )
            if count >= cap.max:
                return {"max": cap.max, "per": str(cap.per), "channel": cap.channel, "scope": cap.scope, "sent": count}
        return None


def window_begins(cap: FrequencyCap, now: int, zone: ZoneInfo) -> int:
    """A message after this moment counts towards the cap."""
    return to_ms(cap.per.before(from_ms(now), zone))
