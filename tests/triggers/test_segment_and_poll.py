"""The conformance suite on the triggers `segment` and `poll`, and what they show to the engine."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from automation.catalogue.model import FieldType
from automation.rules.conditions.tree import Compare, FieldRef, Group
from automation.rules.params import EventPattern, SegmentRef
from automation.store.database import Database
from automation.testing.triggers import check_clock_trigger, check_event_trigger
from automation.triggers.event import EventTrigger
from automation.triggers.poll import PollTrigger
from automation.triggers.segment import SegmentTrigger

LEVEL = FieldRef("contact", "level", FieldType.TEXT, "attribute")
GOLD = Group("all", (Compare(LEVEL, "is", "金卡", "segments/gold/0"),), "segments/gold")
MEMBER = FieldRef("event", "member_id", FieldType.TEXT)
MEMBERS = FieldRef("event", "member_id", FieldType.LIST)
QUERY = "SELECT member_id, changed_at FROM stock WHERE changed_at > :watermark ORDER BY changed_at LIMIT 500"


@pytest.mark.parametrize("on", ["entered", "left"])
@pytest.mark.parametrize("sweep", ["15m", "1h", "1d"])
def test_segment_keeps_the_promises_of_a_clock_trigger(db: Database, on: str, sweep: str) -> None:
    params = SegmentTrigger.Params(name=SegmentRef("gold", GOLD), on=on, sweep=sweep)
    check_clock_trigger(SegmentTrigger(), params, [db], firings=60)


def test_segment_says_what_it_watches() -> None:
    watch = SegmentTrigger().watches(SegmentTrigger.Params(name=SegmentRef("gold", GOLD)))
    assert (watch.name, watch.condition, watch.on, watch.key(7)) == ("gold", GOLD, "entered", "7:gold")
    silver = Group("all", (Compare(LEVEL, "is", "银卡", "segments/gold/0"),), "segments/gold")
    other = SegmentTrigger().watches(SegmentTrigger.Params(name=SegmentRef("gold", silver)))
    zone = ZoneInfo("Asia/Shanghai")
    assert watch.fingerprint(zone) != other.fingerprint(zone)
    assert watch.fingerprint(zone) == watch.fingerprint(zone) != watch.fingerprint(ZoneInfo("UTC"))


@pytest.mark.parametrize(("contact", "people"), [(MEMBER, None), (MEMBERS, "member_id")])
def test_poll_keeps_the_promises_of_an_event_trigger(contact: FieldRef, people: str | None) -> None:
    params = poll_params(contact=contact)
    check_event_trigger(PollTrigger(), params)
    assert PollTrigger().names(params) == ("store.stock_out",)
    assert PollTrigger().people(params) == people
    poll = PollTrigger().polls(params)
    assert poll.contact == (None if people else "member_id")
    assert poll.columns == ("changed_at", "member_id")


@pytest.mark.parametrize(
    "query",
    [
        QUERY + " ; ",
        "-- new rows;\nselect 1 where 'a;b' <> :watermark",
        "WITH x AS (SELECT 1) SELECT * FROM x WHERE :watermark",
    ],
)
def test_one_select_is_taken(query: str) -> None:
    assert not poll_params(query=query).query.endswith(";")


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("SELECT 1; DELETE FROM stock WHERE :watermark", "triggers.poll_select"),
        ("DELETE FROM stock WHERE a > :watermark", "triggers.poll_select"),
        ("", "triggers.poll_select"),
        ("SELECT 1", "triggers.poll_watermark"),
        ("SELECT ':watermark'", "triggers.poll_watermark"),
        ("SELECT 1 -- :watermark", "triggers.poll_watermark"),
        ("SELECT a::watermark", "triggers.poll_watermark"),
        ("SELECT :watermarks", "triggers.poll_watermark"),
    ],
)
def test_anything_else_is_refused(query: str, key: str) -> None:
    with pytest.raises(ValidationError) as told:
        poll_params(query=query)
    assert [error["type"] for error in told.value.errors()] == [key]


def test_an_event_trigger_shows_its_sequence() -> None:
    before = EventPattern("member.joined", None, SegmentTrigger.Params(name=SegmentRef("gold", GOLD)).sweep)
    plain, full = EventTrigger.Params(name="a"), EventTrigger.Params(name="a", after=before, not_followed_by=before)
    trigger = EventTrigger()
    assert (trigger.after(plain), trigger.not_followed_by(plain)) == (None, None)
    assert (trigger.after(full), trigger.not_followed_by(full)) == (before, before)
    check_event_trigger(trigger, full)


def poll_params(**changes: object) -> PollTrigger.Params:
    values = {
        "source": "erp", "query": QUERY, "watermark": "changed_at", "start": "2026-01-01", "key": ["member_id"],
        "event": "store.stock_out", "contact": MEMBER,
    }  # fmt: skip
    return PollTrigger.Params(**(values | changes))
