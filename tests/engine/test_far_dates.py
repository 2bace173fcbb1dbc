"""Dates that mean "for ever" (9999-12-31), or a year 1: they stop nobody, not even their own person."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from automation.calendars.duration import Duration
from automation.calendars.local import FIRST, LAST, bounded, in_zone, moments_of, next_time_of_day, wall_time
from automation.clock import from_ms, to_ms
from automation.contacts.profile import update_attributes
from automation.i18n import language
from automation.insight.why import why
from tests.engine.world import CATALOG, World

DAYS = ("0001-01-01", "0001-12-31", "1900-02-29", "9998-12-31", "9999-12-31")
FAR = ("0001-01-01", "9999-12-31")
ZONES = ("Pacific/Kiritimati", "Etc/GMT+12", "Asia/Shanghai")
FIELDS = CATALOG.replace("contact:", "contact:\n  valid_until: {type: date}\n  seen_at: {type: datetime}", 1)
RULES = """
rules:
  - id: waits
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional}
    steps:
      - do: sms.send
        with: {template: until}
      - wait: {until: contact.valid_until, offset: OFFSET, at: "10:00", if_past: skip, if_missing: skip}
      - wait: {until: contact.seen_at, offset: OFFSET, if_past: skip, if_missing: skip}
      - do: contact.tag
        with: {add: [过了]}
  - id: asks
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional}
    audience:
      - any:
          - contact.valid_until: {within_next: 900y}
          - contact.valid_until: {within_last: 900y}
          - contact.seen_at: {older_than: 900y}
          - contact.seen_at: {within_next: 900y}
          - contact.valid_until: {after: "9999-12-30"}
          - contact.valid_until: {before: "0002-01-01"}
    steps: [{do: contact.tag, with: {add: [问过]}}]
  - id: birthday
    trigger: {type: anniversary, with: {field: contact.valid_until, at: "10:00", zone: contact}}
    guards: {consent: transactional}
    steps: [{do: contact.tag, with: {add: [到]}}]
  - id: daily
    trigger: {type: schedule, with: {every: 1d, at: "10:00", zone: contact}}
    audience: [{contact.valid_until: {within_next: 900y}}]
    steps: [{do: contact.tag, with: {add: [每日]}}]
"""
TEMPLATES = {
    "until.sms.j2": "【店】{{ contact.valid_until|date('zh') }} {{ contact.seen_at|date('%Y-%m-%d %H:%M') }}拒收请回复R"
}


@pytest.mark.parametrize("day", FAR)
@pytest.mark.parametrize("offset", ["900y", "-900y", "30d", "-30d", "5h"])
def test_a_date_without_end_holds_up_nobody(world: Callable[..., World], day: str, offset: str) -> None:
    w = world(RULES.replace("OFFSET", offset), catalog=FIELDS, templates=TEMPLATES)
    people = []
    for number, zone in enumerate(ZONES):
        people.append(
            w.person(
                f"F{number}",
                phone=f"1380013800{number}",
                valid_until=day,
                timezone=zone,
                seen_at=f"{day}T12:00:00.000Z",
            )
        )
    anna = w.person("M1", phone="13800138009", valid_until="2026-08-03", seen_at="2026-08-01T04:00:00.000Z")
    for name in (*(f"F{number}" for number in range(len(ZONES))), "M1"):
        w.event("order.paid", name, amount=1)
    w.run()
    w.to("2026-08-03 12:00")
    assert len(w.outbox("sms")) == 4
    assert not [code for code in w.codes() if code.startswith(("failed.", "step.failed", "skipped.error"))]
    assert "entered" in w.codes(anna)
    for lang in ("zh", "en"):
        with language(lang):  # type: ignore[arg-type]
            for rule in ("waits", "asks", "birthday", "daily"):
                why(w.database, w.project(), rule, people[0], w.clock.now())
    # and one that becomes far, or near, while its person waits
    with w.database.write() as conn:
        update_attributes(
            conn, {anna: {"valid_until": day}, people[0]: {"valid_until": "2026-08-04"}}, to_ms(w.clock.now()), "test"
        )
    w.to("2026-08-06 12:00")
    assert not [code for code in w.codes() if code.startswith(("failed.", "step.failed", "skipped.error"))]


@pytest.mark.parametrize("zone", ZONES)
def test_time_stands_still_at_the_ends_of_the_calendar(zone: str) -> None:
    here = ZoneInfo(zone)
    for moment in (FIRST, LAST, from_ms(2**62), from_ms(-(2**62))):
        assert FIRST <= moment <= LAST
        wall = wall_time(moment, here)
        assert all(abs(one - moment).days <= 2 for one in moments_of(wall, here))
        assert in_zone(moment, here).tzinfo is here
        for amount, unit in ((999_999, "m"), (99_999, "d"), (999, "y"), (9_999, "mo"), (9_999, "w")):
            for sign in (1, -1):
                after = Duration(sign * amount, unit).after(moment, here)
                assert abs(bounded(after) - after).days <= 1
    assert next_time_of_day(wall_time(LAST, here).time(), here, FIRST) > FIRST
