"""Days in quiet hours, send windows, and what a person asks for themselves: who is held back, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.calendars.local import wall_time
from automation.calendars.windows import Days, Window, first_outside, parse_windows
from automation.engine.delivery.quiet import quiet_time
from automation.rules.spec import Guards, QuietHours, SendWindow
from tests.engine.world import SHANGHAI, World

RULES = """
rules:
  - id: one
    name: 一
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: marketing, GUARDS}
    steps: [{do: sms.send, with: {template: hello}}]
"""


def rules(guards: str) -> str:
    return RULES.replace("GUARDS", guards)


def held_until(world: Callable[..., World], guards: str, now: str, **person: str) -> tuple[str, str]:
    """What happened to a message wanted at `now`, and until when it waits, where it does."""
    w = world(rules(guards), now=now)
    w.person("M1", phone="13800138001", name="安", **person)
    w.event("order.paid", "M1", amount=1)
    w.run()
    code = next(c for c in w.codes() if c.startswith(("held", "skipped", "message.accepted")))
    details = [entry.detail for entry in w.log(code)]
    return code, ((details[0] or {}).get("until") or "")[:16]


WEEKEND = "quiet_hours: [{from: '22:00', to: '09:00'}, {days: [sat, sun]}]"
OFFICE = "send_window: {days: workdays, from: '09:00', to: '18:00'}"


@pytest.mark.parametrize(
    ("guards", "now", "code", "until"),
    [
        # 2026-08-07 is a Friday
        (WEEKEND, "2026-08-07 12:00", "message.accepted", ""),
        (WEEKEND, "2026-08-07 22:30", "held.quiet_hours", "2026-08-10T09:00"),
        (WEEKEND, "2026-08-08 12:00", "held.quiet_hours", "2026-08-10T09:00"),
        ("quiet_hours: [{days: [mon, fri], from: '20:00', to: '10:00'}, {days: tue, from: '12:00', to: '13:00'}]",
         "2026-08-08 09:59", "held.quiet_hours", "2026-08-08T10:00"),  # of the Friday it began on
        ("quiet_hours: [{days: [mon, fri], from: '20:00', to: '10:00'}, {days: tue, from: '12:00', to: '13:00'}]",
         "2026-08-09 21:00", "message.accepted", ""),
        ("quiet_hours: {days: sun, then: drop}", "2026-08-09 12:00", "skipped.quiet_hours", ""),
        (OFFICE, "2026-08-07 17:59", "message.accepted", ""),
        (OFFICE, "2026-08-07 18:00", "held.quiet_hours", "2026-08-10T09:00"),
        (OFFICE, "2026-02-13 19:00", "held.quiet_hours", "2026-02-14T09:00"),  # a Saturday, worked for Spring Festival
        (OFFICE, "2026-02-14 19:00", "held.quiet_hours", "2026-02-24T09:00"),  # the festival
        ("quiet_hours: {days: days_off, from: '00:00', to: '10:00'}", "2026-02-17 08:00", "held.quiet_hours",
         "2026-02-17T10:00"),
    ],
)  # fmt: skip
def test_days(world: Callable[..., World], guards: str, now: str, code: str, until: str) -> None:
    assert held_until(world, guards, now) == (code, until)


@pytest.mark.parametrize(
    ("guards", "own", "now", "code", "until"),
    [
        ("quiet_hours: none", "12:00-14:00", "2026-08-07 13:00", "held.do_not_disturb", "2026-08-07T14:00"),
        ("quiet_hours: none", "21:00-07:00,12:00-14:00", "2026-08-07 23:00", "held.do_not_disturb", "2026-08-08T07:00"),
        # the rule's and the person's own, one behind the other
        ("quiet_hours: {from: '22:00', to: '08:00'}", "07:00-11:30", "2026-08-07 22:30", "held.quiet_hours",
         "2026-08-08T11:30"),
        ("quiet_hours: {from: '22:00', to: '08:00', then: drop}", "12:00-13:00", "2026-08-07 12:30",
         "skipped.do_not_disturb", ""),
        ("do_not_disturb: ignore", "12:00-14:00", "2026-08-07 13:00", "message.accepted", ""),
        ("quiet_hours: none", "00:00-24:00", "2026-08-07 13:00", "skipped.do_not_disturb", ""),  # never again
        ("quiet_hours: none", "at night", "2026-08-07 13:00", "skipped.bad_contact", ""),  # nobody knows: not sent
    ],
)  # fmt: skip
def test_do_not_disturb(world: Callable[..., World], guards: str, own: str, now: str, code: str, until: str) -> None:
    assert held_until(world, guards, now, do_not_disturb=own) == (code, until)


def test_the_persons_own_zone_counts(world: Callable[..., World]) -> None:
    found = held_until(
        world, "quiet_hours: none", "2026-08-07 13:00", do_not_disturb="06:00-08:00", timezone="Europe/Berlin"
    )
    assert found == ("held.do_not_disturb", "2026-08-07T08:00")


def test_a_message_that_waits_is_asked_again_when_the_person_changes_their_mind(world: Callable[..., World]) -> None:
    w = world(rules("quiet_hours: {from: '22:00', to: '08:00'}"), now="2026-08-07 23:00")
    w.person("M1", phone="13800138001", name="安")
    w.event("order.paid", "M1", amount=1)
    w.run()
    w.person("M1", do_not_disturb="07:30-09:30")
    w.to("2026-08-08 08:00")
    assert "message.accepted" not in w.codes()
    w.to("2026-08-08 09:30")
    assert "message.accepted" in w.codes()


def test_a_year_whose_holidays_nobody_knows_is_quiet_and_asked_again_a_day_later(world: Callable[..., World]) -> None:
    from automation.calendars.workdays import known_years

    year = known_years()[-1] + 1
    code, until = held_until(world, OFFICE, f"{year}-03-02 12:00")
    assert (code, until) == ("held.quiet_hours", f"{year}-03-03T12:00")


# ---------------------------------------------------------------- the kind

TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
DAYS = st.none() | st.sets(st.integers(0, 6), min_size=1, max_size=6).map(lambda d: Days(tuple(sorted(d))))
WINDOWS = st.lists(st.tuples(TIMES, TIMES, DAYS).filter(lambda w: w[0] != w[1]), max_size=3)
MOMENTS = st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 10)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana"), ZoneInfo("Asia/Beirut")])


@settings(max_examples=50, deadline=None)
@given(WINDOWS, WINDOWS, WINDOWS, MOMENTS, ZONES)
def test_quiet_time_ends_at_the_first_minute_that_is_free(
    quiet: list[tuple[time, time, Days | None]], send: list[tuple[time, time, Days | None]],
    own: list[tuple[time, time, Days | None]], now: datetime, zone: ZoneInfo,
) -> None:  # fmt: skip
    """Against a model that goes forward minute by minute, for two days."""
    guards = Guards(quiet_hours=tuple(QuietHours(*w) for w in quiet), send_window=tuple(SendWindow(*w) for w in send))
    mine = [Window(*w) for w in own]

    def free(moment: datetime) -> bool:
        wall = wall_time(moment, zone)
        closed = bool(send) and not any(w.holds(wall, unsure=False) for w in guards.send_window)
        return not closed and not any(w.holds(wall, unsure=True) for w in (*guards.quiet_hours, *mine))

    found = quiet_time(guards, mine, now, zone)
    assert (found is None) == free(now)
    if found is None or found.until is None:
        return
    assert found.until > now
    assert free(found.until)
    minute = now.replace(second=0, microsecond=0)
    for _ in range(2 * 1440):
        minute += timedelta(minutes=1)
        if minute >= found.until:
            break
        # a free minute before the end is only one that a clock put back or forward came into by itself
        if free(minute):
            assert zone.key != "Asia/Shanghai"
            break


def test_windows_as_people_write_them() -> None:
    assert parse_windows("22:00～8:00，12：30-14:00") == (Window(time(22), time(8)), Window(time(12, 30), time(14)))
    for wrong in ("", "22", "22:00-22:00", "25:00-08:00", "22:00-08:60", "夜里"):
        assert parse_windows(wrong) is None
    assert first_outside(lambda _: True, [time(9)], datetime(2026, 8, 1, tzinfo=UTC), SHANGHAI) is None
