"""digest: a person's events are collected, and the steps run once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automation.calendars.duration import Duration
from automation.clock import from_ms
from automation.insight.simulation.simulate import simulate
from automation.rules.digest import digest_ends
from automation.rules.spec import Digest
from tests.engine.world import TEMPLATES, World, at

RULES = """
rules:
  - id: daily
    name: 每日汇总
    trigger: {{type: event, with: {{name: order.paid, where: [{{event.amount: {{gte: 1}}}}]}}}}
    digest: {{for: 1d{at}}}
    mode: {{per: {per}}}
    guards: {{consent: transactional}}
    steps:
      - do: sms.send
        with: {{template: digest}}
{more}
"""
TEMPLATE = {
    "digest.sms.j2": "【店】{{ digest.count }}单：{% for e in digest.events %}{{ e.sku }} {% endfor %}拒收请回复R"
}
AT_SIX = ', at: "18:00"'


def digest(at: str = AT_SIX, per: str = "contact", more: str = "") -> str:
    return RULES.format(at=at, per=per, more=more)


def buys(w: World, sku: str, member: Any = "M1", when: str | None = None) -> None:
    w.event("order.paid", member, when=when, sku=sku, amount=5)
    w.run()


def begun(world: Callable[..., World], rules: str) -> World:
    w = world(rules, templates=TEMPLATES | TEMPLATE, now="2026-08-01 10:00")
    w.person("M1", name="安娜", phone="13800138001")
    w.person("M2", name="小明", phone="13800138002")
    return w


def test_one_message_a_day_tells_of_all_that_came_and_the_next_day_begins_anew(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    buys(w, "A")
    w.event("order.paid", "M1", sku="free", amount=0)  # the trigger doesn't ask for it
    w.go(hours=2)
    buys(w, "C")
    buys(w, "B", when="2026-08-01 11:00")  # it came late
    buys(w, "X", "M2")
    assert (len(w.runs()), w.codes(1)) == (2, ["entered", "waiting", "skipped.collected", "skipped.collected"])
    assert w.outbox("sms") == []
    w.to("2026-08-01 18:00")
    assert ["3单：A B C 拒收" in text for text in w.outbox("sms")] == [True, False]
    assert "1单：X " in w.outbox("sms")[1]
    buys(w, "D")
    w.to("2026-08-02 17:59")
    assert len(w.outbox("sms")) == 2
    w.to("2026-08-02 18:00")
    assert "1单：D " in w.outbox("sms")[2]
    assert {run.reason for run in w.runs()} == {"completed"}


def test_one_batch_is_one_digest_and_the_place_is_free_while_later_steps_wait(world: Callable[..., World]) -> None:
    w = begun(world, digest(at="", more="      - wait: 9d"))
    w.events([w.line("order.paid", "M1", sku=sku, amount=5) for sku in "AB"])
    w.run()
    w.go(days=1)
    buys(w, "C")
    w.go(days=1)
    assert ["2单：A B " in w.outbox("sms")[0], "1单：C " in w.outbox("sms")[1]] == [True, True]
    assert [run.ended_at for run in w.runs()] == [None, None]


@pytest.mark.parametrize("batches", ["one", "many"])
def test_events_that_come_days_late_are_one_digest_too(world: Callable[..., World], batches: str) -> None:
    w = begun(world, digest())
    hours = [("A", "10:00"), ("B", "17:00"), ("C", "19:00")]
    lines = [w.line("order.paid", "M1", when=f"2026-07-28 {hour}", sku=sku, amount=5) for sku, hour in hours]
    if batches == "one":
        w.events(lines)
    else:
        for line in lines:
            w.events([line])
    w.run()
    assert ["2单：A B " in w.outbox("sms")[0], "1单：C " in w.outbox("sms")[1]] == [True, True]


def test_each_value_of_per_has_a_digest_of_its_own(world: Callable[..., World]) -> None:
    w = begun(world, digest(per="[contact, event.sku]"))
    for sku in "ABA":
        w.clock.advance(timedelta(minutes=1))
        buys(w, sku)
    w.to("2026-08-01 18:00")
    assert sorted(text.split("：")[1][:4] for text in w.outbox("sms")) == ["A A ", "B 拒收"[:4]]


def test_who_leaves_while_events_are_collected_gets_nothing(world: Callable[..., World]) -> None:
    w = begun(world, digest(more="    exit_when: [{did: {event: vip.welcome, since: entry}}]"))
    buys(w, "A")
    w.event("vip.welcome", "M1", from_rule="x")
    w.to("2026-08-01 18:00")
    assert (w.runs()[0].reason, w.outbox("sms")) == ("exited.condition", [])


def test_a_digest_whose_events_are_gone_sends_nothing_and_says_why(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    buys(w, "A")
    buys(w, "X", "M2")
    with w.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM event WHERE contact_id = 1")
    w.to("2026-08-01 18:00")
    assert ["1单：X " in text for text in w.outbox("sms")] == [True]
    assert (w.runs()[0].status, w.runs()[0].reason) == ("exited", "exited.empty_digest")
    assert [(row.contact_id, row.step) for row in w.log("exited.empty_digest")] == [(1, "rules/daily/digest")]
    buys(w, "B")  # the place is free
    w.to("2026-08-02 18:00")
    assert "1单：B " in w.outbox("sms")[-1]


def test_a_simulation_collects_likewise(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    for sku in "AB":
        buys(w, sku)
    w.to("2026-08-01 19:00")
    told = simulate(w.database, w.project(), at("2026-08-01 09:00"), w.clock.now()).rules["daily"]
    assert (told.entered, told.sent, told.skipped) == (1, 1, {"skipped.collected": 1})


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin"])
@pytest.mark.parametrize("days", [1, 7])
def test_a_digest_ends_at_its_time_of_day_within_its_length(zone: str, days: int) -> None:
    here, hour = ZoneInfo(zone), 3_600_000
    first = int(datetime(2026, 10, 24, tzinfo=here).timestamp() * 1000)
    given = Digest("d", Duration(days, "d"), time(2, 30))
    for begin in (from_ms(first + n * hour) for n in range(50)):
        end = digest_ends(given, begin, here)
        assert begin < end <= given.for_.after(begin, here)
        assert f"{end.astimezone(here):%H:%M}" == "02:30"


def test_an_event_that_the_rule_refused_is_in_no_digest(world: Callable[..., World]) -> None:
    w = begun(world, digest().replace("    guards:", "    audience: [{event.sku: {is_not: gift}}]\n    guards:"))
    for sku in ("gift", "A", "gift", "B"):
        buys(w, sku)
        w.go(minutes=1)
    w.event("order.paid", {"anonymous_id": "tablet"}, sku="gift", amount=5)
    w.run()
    w.event("vip.welcome", {"member_no": "M1", "anonymous_id": "tablet"}, from_rule="x")  # they are one person
    w.to("2026-08-01 18:00")
    assert ["2单：A B " in text for text in w.outbox("sms")] == [True]
    refused = ["skipped.audience", "entered", "waiting", "skipped.audience", "skipped.collected"]
    assert w.codes(1)[:5] == refused


def test_a_cooldown_between_digests_keeps_no_event_out_of_one(world: Callable[..., World]) -> None:
    w = begun(world, digest().replace("consent: transactional", "consent: transactional, cooldown: 3d"))
    for sku in "AB":
        buys(w, sku)
    w.to("2026-08-01 18:00")
    assert "2单：A B " in w.outbox("sms")[0]
    buys(w, "C")
    assert w.codes(1)[:3] + w.codes(1)[-1:] == ["entered", "waiting", "skipped.collected", "skipped.cooldown"]


@pytest.mark.parametrize(("per", "told"), [("contact", "3单：A B C "), ("[contact, event.occurred_at]", "1单：A ")])
def test_a_digest_may_ask_for_what_is_no_property(world: Callable[..., World], per: str, told: str) -> None:
    w = begun(world, digest(per=per).replace("event.amount: {gte: 1}", "event.occurred_at: {after: 2026-08-01}"))
    for sku in "ABC":
        w.clock.advance(timedelta(hours=1))
        buys(w, sku)
    w.to("2026-08-01 18:00")
    assert told in w.outbox("sms")[0]
