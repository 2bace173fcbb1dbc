"""The event trigger, and that the conformance suite catches the triggers that break a promise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Select, union_all

from automation import plugin
from automation.catalogue.model import FieldType
from automation.i18n import Text, current_language
from automation.plugin import Registry
from automation.rules.conditions.tree import FieldRef, Group
from automation.store.bulk import insert_rows
from automation.store.database import Database
from automation.store.people import everyone
from automation.store.schema import contact
from automation.testing.triggers import check_clock_trigger, check_event_trigger
from automation.triggers.base import ClockTrigger, Firing, Window
from automation.triggers.event import EventTrigger


def test_the_built_in_triggers_come_through_the_plugin_door() -> None:
    registry = Registry.load()
    assert {"event", "anniversary", "schedule", "inactivity"} <= registry.triggers.keys()


def test_an_event_trigger_says_what_it_listens_to() -> None:
    members = FieldRef("event", "member_ids", FieldType.LIST)
    where = Group("all", (), "rules/r/trigger/where")
    plain = EventTrigger.Params(name="store.stock_out")
    full = EventTrigger.Params(name="store.stock_out", where=where, contact=members)

    assert EventTrigger().names(plain) == ("store.stock_out",)
    assert (EventTrigger().where(plain), EventTrigger().people(plain)) == (None, None)
    assert (EventTrigger().where(full), EventTrigger().people(full)) == (where, "member_ids")
    check_event_trigger(EventTrigger(), full)


class Hourly(ClockTrigger):
    """A trigger that keeps every promise; its children break one each."""

    type = "hourly"
    title = Text("每小时", "hourly")

    class Params(plugin.Params):
        pass

    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        at = after.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return Firing(at.isoformat(), at)

    def people(self, params: Any, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        return everyone()


class Standing(Hourly):
    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        return Firing(after.isoformat(), after)


class LocalKey(Hourly):
    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        firing = super().next(params, zone, after)
        assert firing is not None
        return Firing(f"{firing.at.astimezone(zone):%H}", firing.at)


class FromAsking(Hourly):
    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        at = after + timedelta(hours=1)
        return Firing(at.isoformat(), at)


class Counting(Hourly):
    asked = 0

    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        self.asked += 1
        at = after + timedelta(hours=self.asked)
        return Firing(at.isoformat(), at)


class Never(Hourly):
    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        return None


class Twice(Hourly):
    def people(self, params: Any, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        both = union_all(everyone(), everyone()).subquery()
        return both.select()


class Nameless(Hourly):
    def people(self, params: Any, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        return everyone().with_only_columns(contact.c.created_at)


def test_a_trigger_that_keeps_its_promises_passes(db: Database) -> None:
    check_clock_trigger(Hourly(), Hourly.Params(), [db], firings=30)


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (Standing, "strictly forward"),
        (LocalKey, "a key came twice"),
        (FromAsking, "asked from"),
        (Counting, "two answers"),
        (Never, "never fires"),
    ],
)
def test_a_broken_clock_is_caught(broken: Callable[[], ClockTrigger], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        check_clock_trigger(broken(), Hourly.Params(), firings=30)


class Mute(Hourly):
    def sentence(self, params: Any, telling: Any) -> str:
        return "" if current_language() == "en" else "每小时"


class MuteListener(EventTrigger):
    def sentence(self, params: Any, telling: Any) -> str:
        raise LookupError("no label")


def test_a_sentence_that_fails_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"Mute: sentence\(\) is empty in en"):
        check_clock_trigger(Mute(), Hourly.Params(), firings=3)
    with pytest.raises(AssertionError, match=r"MuteListener: sentence\(\) fails in zh: LookupError: no label"):
        check_event_trigger(MuteListener(), EventTrigger.Params(name="store.stock_out"))


@pytest.mark.parametrize(("broken", "complaint"), [(Twice, "names contact 1 twice"), (Nameless, "must select")])
def test_broken_people_are_caught(db: Database, broken: Callable[[], ClockTrigger], complaint: str) -> None:
    with db.write() as conn:
        insert_rows(conn, contact, ("id", "attributes", "created_at", "updated_at"), [(1, "{}", 0, 0)])
    with pytest.raises(AssertionError, match=complaint):
        check_clock_trigger(broken(), Hourly.Params(), [db], firings=3)
