"""Every zone of the tz database over its changes of 2020 to 2037, through each user of wall times; and one place for
them: what has passed is never the next time, and a step put off to the past is a fault that is told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest

import automation
from automation.calendars.duration import Duration
from automation.calendars.local import moments_of, next_moment, next_time_of_day, wall_time
from automation.calendars.windows import Days
from automation.engine.delivery.quiet import quiet_time
from automation.engine.journey.waits import wake_at
from automation.rules.conditions.facts import Facts
from automation.rules.spec import Guards, QuietHours, Wait
from automation.triggers.anniversary import AnniversaryTrigger
from automation.triggers.inactivity import InactivityTrigger
from automation.triggers.schedule import ScheduleTrigger

STEP = timedelta(days=12)
MINUTE = timedelta(minutes=1)
AROUND = [timedelta(minutes=m) for m in (-1470, -61, -20, 0, 20, 59, 70)]
"""Around a change of clocks: the day before, shortly before, in what comes twice, behind it."""


@cache
def changes() -> list[tuple[str, datetime]]:
    """Of each shape (moment, offset before, offset after) that any zone has, one zone that has it."""
    found: dict[tuple[datetime, object, object], str] = {}
    for name in sorted(available_timezones()):
        zone, low = ZoneInfo(name), datetime(2020, 1, 1, tzinfo=UTC)
        before = low.astimezone(zone).utcoffset()
        while low.year < 2038:
            high = low + STEP
            after = high.astimezone(zone).utcoffset()
            if after != before:
                found.setdefault((_moment_of_change(zone, low, high), before, after), name)
            low, before = high, after
    return sorted((name, moment) for (moment, _, _), name in found.items())


def _moment_of_change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high


def moments(sample: int) -> Iterator[tuple[ZoneInfo, datetime, datetime]]:
    """Zone, moment, and the change near it: every `sample`-th change."""
    for name, change in changes()[::sample]:
        zone = ZoneInfo(name)
        yield from ((zone, change + delta, change) for delta in AROUND)


def test_the_sweep_sees_many_zones() -> None:
    assert len({name for name, _ in changes()}) > 40
    assert len(changes()) > 900


def test_a_wall_time_is_never_a_moment_that_has_passed() -> None:
    for zone, now, _ in moments(1):
        wall = wall_time(now, zone)
        assert now in moments_of(wall, zone), (zone.key, now)
        for ahead in (timedelta(), timedelta(minutes=7), timedelta(hours=1, minutes=59)):
            found = next_moment(wall + ahead, zone, now)
            assert found is None or found > now
        for at in (time(0), time(2, 30), wall.time()):
            coming = next_time_of_day(at, zone, now)
            assert now < coming < now + timedelta(hours=49)
            assert wall_time(coming, zone) >= datetime.combine(wall_time(coming, zone).date(), at)


def test_quiet_hours_always_end_later_and_then_it_is_not_quiet() -> None:
    for zone, now, change in moments(1):
        edge = wall_time(change - MINUTE * 15, zone).time()
        for start, end in ((time(21), time(9)), (time(2), time(2, 45)), (edge, time(4, 10)), (time(20), edge)):
            if start == end:
                continue
            guards = Guards(quiet_hours=(QuietHours(start, end),))
            quiet = quiet_time(guards, (), now, zone)
            if quiet is not None:
                assert quiet.until is not None
                assert now < quiet.until < now + timedelta(hours=50), (zone.key, now, start, end)
                assert quiet_time(guards, (), quiet.until, zone) is None, (zone.key, now, start, end)


def test_a_clock_trigger_fires_later_each_time_and_never_twice_by_one_key() -> None:
    schedule, inactivity = ScheduleTrigger(), InactivityTrigger()
    users = [
        (schedule, ScheduleTrigger.Params(cron="*/10 * * * *")),
        (schedule, ScheduleTrigger.Params(every="15m")),
        (schedule, ScheduleTrigger.Params(every="1d", at="02:30")),
        (AnniversaryTrigger(), AnniversaryTrigger.Params(field="birthday", at="02:30")),
        (inactivity, InactivityTrigger.Params.model_validate({"event": "x", "for": "30d", "at": "00:30"})),
    ]
    for zone, now, change in moments(6):
        dates = tuple(sorted({wall_time(change + timedelta(days=d), zone).date() for d in (-1, 0, 1)}))
        own = [*users, (schedule, ScheduleTrigger.Params(dates=dates, at="01:30"))]
        for trigger, params in own:
            after, keys = now, set()
            for _ in range(5):
                firing = trigger.next(params, zone, after)
                if firing is None:
                    break
                assert firing.at > after, (zone.key, now, params)
                assert firing.key not in keys
                keys.add(firing.key)
                after = firing.at


def test_waits_end_later_or_at_once() -> None:
    facts = Facts({}, 0, ZoneInfo("UTC"))
    waits = [Wait("p", for_=Duration.parse(text)) for text in ("1m", "1h", "1d", "2w", "1mo", "1y")]
    waits += [Wait("p", until=at) for at in (time(0), time(2, 30))]
    waits += [Wait("p", ahead=1, at=time(2, 30)), Wait("p", until=time(2, 30), days=Days((0, 3, 6)))]
    for zone, now, _ in moments(4):
        for wait in waits:
            until = wake_at(wait, facts, now, zone).at
            assert until is None or until > now, (zone.key, now, wait)
            if wait.for_ is not None:
                assert until is not None
                assert wait.for_.before(now, zone) < now


def test_a_month_is_a_month_of_the_calendar() -> None:
    zone = ZoneInfo("Europe/Berlin")

    def day(text: str, moment: datetime) -> str:
        found = Duration.parse(text)
        assert found is not None
        return found.after(moment, zone).astimezone(zone).isoformat()[:16]

    january = datetime(2026, 1, 31, 9, tzinfo=UTC)  # 10:00 in Berlin
    assert day("1mo", january) == "2026-02-28T10:00"
    assert day("6mo", january) == "2026-07-31T10:00"  # summer time: still 10:00
    assert day("-2mo", january) == "2025-11-30T10:00"
    assert day("1y", datetime(2028, 2, 29, 9, tzinfo=UTC)) == "2029-02-28T10:00"
    assert Duration.parse("9999mo") is not None
    assert Duration.parse("1001y") is None
    assert Duration.parse("999999w") is None


def test_wall_times_become_moments_in_one_place() -> None:
    """No other file puts a zone on a naive time, where the missing and the doubled hour would be anybody's guess."""
    found = []
    root = Path(automation.__file__).parent
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).as_posix() != "calendars/local.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{path.relative_to(root)}:{node.lineno}" for node in ast.walk(tree) if _puts_a_zone(node)]
    assert found == []


_PLAIN = {"None", "UTC", "_offset(offset)"}
"""No zone whose clocks change."""


def _puts_a_zone(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    zones = [ast.unparse(word.value) for word in node.keywords if word.arg == "tzinfo"]
    if name == "combine" and len(node.args) > 2:
        zones.append(ast.unparse(node.args[2]))
    return any(zone not in _PLAIN for zone in zones)


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2026, 3, 29)])
def test_the_last_quiet_minute_of_the_doubled_hour_is_not_looped_over(day: date) -> None:
    """The case that wrote 50,537 log rows in two minutes: at the second 02:20 the first 02:45 has passed."""
    berlin, guards = ZoneInfo("Europe/Berlin"), Guards(quiet_hours=(QuietHours(time(2), time(2, 45)),))
    now, looks = datetime(day.year, day.month, day.day, 0, tzinfo=UTC), 0
    while now < datetime(day.year, day.month, day.day, 3, tzinfo=UTC):
        quiet = quiet_time(guards, (), now, berlin)
        now, looks = (quiet.until if quiet and quiet.until else now + MINUTE), looks + 1
    assert looks < 200
