"""`digest: {for: 1d, at: "18:00"}`: a person's events are collected, and the steps run once for all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from automation.calendars.local import next_time_of_day
from automation.catalogue.model import FieldType
from automation.rules.names import Outputs
from automation.rules.spec import Digest

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from automation.rules.reader import Reader
    from automation.yamltree import Mapping, Node

DIGEST = "digest"
DIGEST_KEYS = ("for", "at")
OUTPUTS: Outputs = {DIGEST: {"count": FieldType.INTEGER, "events": FieldType.LIST}}
"""What the steps find: how many events there were, and the properties of each, the oldest first."""
MOST_EVENTS = 100
"""Of so many events the properties are kept, the newest; the count is of all."""


def read_digest(reader: Reader, rule: Mapping, path: str, *, collects: bool) -> Digest | None:
    """`collects`: the trigger is called by each person's own events, one by one."""
    node = rule.get(DIGEST)
    if node is None:
        return None
    path = f"{path}/{DIGEST}"
    mapping = reader.mapping(node, path, DIGEST_KEYS, ("for",))
    key = rule.key_node(DIGEST) or node
    if not collects:
        reader.error(key, path, "digest_of_events")
    again = _again(rule)
    if again is not None:
        reader.error(again, path, "digest_and_mode")
    length, at = (mapping.get(name) if mapping is not None else None for name in DIGEST_KEYS)
    found = reader.duration(length, path) if length is not None else None
    of_day = reader.time(at, path) if at is not None else None
    if found is not None and of_day is not None and found.longest < timedelta(days=1):
        reader.error(length or key, path, "digest_too_short")
    return Digest(path, found, of_day) if found is not None else None


def _again(rule: Mapping) -> Node | None:
    from automation.yamltree import Mapping as Written

    mode = rule.get("mode")
    return mode.get("on_again") if isinstance(mode, Written) else None


def digest_ends(digest: Digest, begin: datetime, zone: ZoneInfo) -> datetime:
    """When what was collected since `begin` is sent: after `for`, or at the last time of day `at` before that."""
    end = digest.for_.after(begin, zone)
    if digest.at is None:
        return end
    found = next_time_of_day(digest.at, zone, begin)
    while (later := next_time_of_day(digest.at, zone, found)) <= end:
        found = later
    return found
