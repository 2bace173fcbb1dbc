"""Each person's own local time: a rule with `zone: contact` fires once in each zone that anybody has.

The firing of another zone than the rule's is named `2026-08-04T10:00@Asia/Tokyo`; its people enter under the name
without the zone, so that one occurrence lets nobody in twice, wherever they have moved meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.calendars.local import moment_of, wall_time
from automation.clock import to_ms
from automation.engine.delivery.quiet import zone_of
from automation.errors import AutomationError
from automation.store.zones import in_zone, load_zones
from automation.triggers.base import ClockTrigger, Firing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from automation.engine.book import LoadedRule

_AT = "@"


def by_own_zone(rule: LoadedRule) -> bool:
    """Whether people are called at their own local time."""
    trigger = rule.trigger
    return isinstance(trigger, ClockTrigger) and trigger.by_own_zone(rule.spec.trigger.params)


def zone_for(rule: LoadedRule, contact: Mapping[str, Any]) -> ZoneInfo:
    """By whose clock the rule calls somebody."""
    own = rule.spec.zone
    return (zone_of(contact, own) or own) if by_own_zone(rule) else own


def zones_of(conn: Connection, rule: LoadedRule) -> list[ZoneInfo]:
    """The zones in which the rule fires, its own first. One that doesn't exist counts as the rule's."""
    if not by_own_zone(rule):
        return [rule.spec.zone]
    own = rule.spec.zone
    others = [zone for name in load_zones(conn) if name != own.key and (zone := _zone(name)) is not None]
    return [own, *others]


def next_in(rule: LoadedRule, zone: ZoneInfo, after: datetime) -> Firing | None:
    """The rule's next firing by the clocks of a zone. Whatever its trigger raises, and AutomationError where the firing
    is not later than `after`.
    """
    trigger: Any = rule.trigger
    found: Firing | None = trigger.next(rule.spec.trigger.params, zone, after)
    if found is None:
        return None
    if found.at <= after:
        raise AutomationError("daemon.firing_not_later", at=found.at.isoformat(), after=after.isoformat())
    return found if zone.key == rule.spec.zone.key else Firing(f"{found.key}{_AT}{zone.key}", found.at)


def zone_named(rule: LoadedRule, key: str) -> tuple[str, str | None]:
    """A firing's name without its zone, and the zone's, None where it is the rule's own."""
    if not by_own_zone(rule):
        return key, None
    name, _, zone = key.partition(_AT)
    return name, zone or None


def people_of(conn: Connection, rule: LoadedRule, firing: Firing, zone: ZoneInfo, people: Select[Any]) -> Select[Any]:
    """Of the people of a firing, those whose own time it is."""
    if not by_own_zone(rule):
        return people
    wall = wall_time(firing.at, zone)
    moments = {one.key: to_ms(moment_of(wall, one)) for one in (*zones_of(conn, rule), zone)}
    return in_zone(people, firing.key, zone.key, rule.spec.zone.key, moments)


def in_order(firings: Sequence[Firing]) -> list[Firing]:
    """Those of all zones, the oldest first."""
    return sorted(firings, key=lambda firing: (firing.at, firing.key))


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
