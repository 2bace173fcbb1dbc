"""Birthdays, solar and lunar: when they fire, and for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from automation.calendars.lunar import lunar_month_day
from automation.catalogue.model import FieldType
from automation.i18n import say
from automation.rules.conditions.tree import FieldRef
from automation.store.bulk import insert_rows
from automation.store.database import Database
from automation.store.schema import contact_date
from automation.testing.triggers import check_clock_trigger
from automation.triggers.anniversary import AnniversaryTrigger
from automation.triggers.base import Firing, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
BIRTHDAY = FieldRef("contact", "birthday", FieldType.DATE, "attribute")
TRIGGER = AnniversaryTrigger()


def params(**given: Any) -> AnniversaryTrigger.Params:
    return AnniversaryTrigger.Params.model_validate({"field": BIRTHDAY, "at": "10:00", **given})


def born(db: Database, *birthdays: str) -> None:
    """Contacts 1, 2, … with these birthdays."""
    rows = [
        ("birthday", day[5:], number, lunar_month_day(date.fromisoformat(day)))
        for number, day in enumerate(birthdays, start=1)
    ]
    with db.write() as conn:
        insert_rows(conn, contact_date, ("field", "month_day", "contact_id", "lunar_month_day"), rows)


def people(db: Database, given: AnniversaryTrigger.Params, day: str) -> list[int]:
    """Whose day is celebrated on the local date `day`, asked from a moment before its firing."""
    firing = firing_of(given, day)
    with db.read() as conn:
        query = TRIGGER.people(given, SHANGHAI, firing, Window(firing.at, 0, firing.at))
        return sorted(row.contact_id for row in conn.execute(query))


def firing_of(given: AnniversaryTrigger.Params, day: str) -> Firing:
    at = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI).astimezone(UTC)
    while True:
        firing = TRIGGER.next(given, SHANGHAI, at)
        assert firing is not None
        if firing.key >= day:
            assert firing.key == day
            return firing
        at = firing.at


def test_three_days_before_the_birthday_its_key_is_the_birthday() -> None:
    firing = TRIGGER.next(params(offset="-3d"), SHANGHAI, datetime(2026, 8, 1, 1, 59, tzinfo=UTC))
    assert firing == Firing("2026-08-04", datetime(2026, 8, 1, 2, 0, tzinfo=UTC))


def test_an_edited_offset_names_the_same_birthday() -> None:
    early = TRIGGER.next(params(offset="-3d"), SHANGHAI, datetime(2026, 8, 1, tzinfo=UTC))
    late = TRIGGER.next(params(offset="1w"), SHANGHAI, datetime(2026, 8, 11, tzinfo=UTC))
    assert early is not None
    assert late is not None
    assert early.key == late.key == "2026-08-04"


def test_those_born_on_the_day_and_nobody_else(db: Database) -> None:
    born(db, "1990-08-04", "2001-08-04", "1990-08-05")
    assert people(db, params(), "2026-08-04") == [1, 2]


@pytest.mark.parametrize(
    ("policy", "feb28", "mar1"), [("feb28", [1, 2], [3]), ("mar1", [1], [2, 3]), ("skip", [1], [3])]
)
def test_29_february_in_a_year_without_it(db: Database, policy: str, feb28: list[int], mar1: list[int]) -> None:
    born(db, "1990-02-28", "1992-02-29", "1990-03-01")
    given = params(feb29=policy)
    assert people(db, given, "2027-02-28") == feb28
    assert people(db, given, "2027-03-01") == mar1
    assert people(db, given, "2028-02-28") == [1]
    assert people(db, given, "2028-02-29") == [2]
    assert people(db, given, "2028-03-01") == [3]


def test_lunar_birthdays_move_through_the_solar_year(db: Database) -> None:
    born(db, "1990-08-04")  # lunar 06-14
    given = params(calendar="lunar")
    assert people(db, given, "2026-07-27") == [1]
    assert people(db, given, "2026-08-04") == []
    assert people(db, given, "2027-07-17") == [1]


def test_lunar_leap_month_births(db: Database) -> None:
    born(db, "2025-07-26")  # L06-02
    assert people(db, params(calendar="lunar"), "2026-07-15") == [1]
    assert people(db, params(calendar="lunar"), "2025-06-26") == [1]
    assert people(db, params(calendar="lunar"), "2025-07-26") == []
    assert people(db, params(calendar="lunar", leap_month="leap"), "2025-07-26") == [1]


def test_a_skipped_time_fires_right_after_the_gap_and_a_double_one_once() -> None:
    gap = TRIGGER.next(params(at="02:30"), NEW_YORK, datetime(2026, 3, 8, 5, tzinfo=UTC))
    assert gap == Firing("2026-03-08", datetime(2026, 3, 8, 7, 0, tzinfo=UTC))
    given = params(at="01:30")
    first = TRIGGER.next(given, NEW_YORK, datetime(2026, 11, 1, 5, tzinfo=UTC))
    assert first == Firing("2026-11-01", datetime(2026, 11, 1, 5, 30, tzinfo=UTC))
    second = TRIGGER.next(given, NEW_YORK, first.at)
    assert second is not None
    assert second.key == "2026-11-02"


@pytest.mark.parametrize(
    ("given", "birthday", "expected"),
    [
        ({}, "1990-08-04", datetime(2026, 8, 4, 2, tzinfo=UTC)),
        ({"offset": "-3d"}, "1990-08-03", datetime(2027, 7, 31, 2, tzinfo=UTC)),
        ({"feb29": "skip"}, "1992-02-29", datetime(2028, 2, 29, 2, tzinfo=UTC)),
        ({"calendar": "lunar"}, "1990-08-04", datetime(2027, 7, 17, 2, tzinfo=UTC)),
        ({}, None, None),
        ({"calendar": "lunar"}, "1890-08-04", None),
    ],
)
def test_explain_says_when_ones_own_turn_comes(
    given: dict[str, Any], birthday: str | None, expected: datetime | None
) -> None:
    now = datetime(2026, 8, 1, 4, tzinfo=UTC)
    assert TRIGGER.explain(params(**given), SHANGHAI, {"birthday": birthday}, now) == expected


def test_hours_in_the_offset_are_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        params(offset="-3h")
    (error,) = caught.value.errors()
    assert error["loc"] == ("offset",)
    assert say(error["type"], "en", **error["ctx"]).startswith("offset is in whole days, e.g. -3d, but this is -3h")
    assert say(error["type"], "zh", **error["ctx"]).startswith("offset 须为整天，如 -3d；这里是 -3h")


@pytest.mark.parametrize("calendar", ["solar", "lunar"])
def test_it_keeps_the_promises_of_a_trigger(db: Database, calendar: str) -> None:
    born(db, "1990-01-03", "1992-01-03")
    check_clock_trigger(TRIGGER, params(calendar=calendar, at="02:30"), [db])
