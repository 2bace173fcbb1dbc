"""Contacts whose data can't be used: held back on that channel alone, noted and counted, and free once put right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from automation.clock import to_ms
from automation.contacts.profile import update_attributes
from automation.store.problems import Problem, count_problems, note_problems
from tests.engine.world import World

NIGHT = 'quiet_hours: {from: "21:00", to: "09:00", then: delay}'


def rule(guards: str = "consent: marketing", channels: str = "sms, email") -> str:
    return f"""
rules:
  - id: promo
    name: 促销
    trigger: {{type: event, with: {{name: order.paid}}}}
    guards: {{{guards}}}
    steps:
      - do: message.send
        with: {{channels: [{channels}], template: hello}}
"""


def spoil(w: World, contact: int, kind: str, value: str) -> None:
    """As an older import or a plugin may have stored it: past every check."""
    with w.database.write() as conn:
        sql = "UPDATE identity SET value = :v WHERE contact_id = :c AND kind = :k"
        from sqlalchemy import text

        conn.execute(text(sql), {"v": value, "c": contact, "k": kind})


def change(w: World, contact: int, **values: Any) -> None:
    with w.database.write() as conn:
        update_attributes(conn, {contact: values}, to_ms(w.clock.now()), "test")


def counted(w: World) -> dict[tuple[str, str], int]:
    with w.database.read() as conn:
        return dict(count_problems(conn))


def sent(w: World) -> list[tuple[str, str]]:
    return [(m.channel, m.status) for m in w.messages()]


@pytest.mark.parametrize("phone", ["13800138001", "+86", "+86138 0013 8001", "not a number", "+0123456789"])
def test_a_phone_that_is_none_holds_back_sms_alone(world: Callable[..., World], phone: str) -> None:
    w = world(rule())
    anna = w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    spoil(w, anna, "phone", phone)
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == [("email", "accepted")]
    assert counted(w) == {("sms", "address"): 1}
    assert w.table("contact_problem")[0].value == phone


@pytest.mark.parametrize("email", ["a.example.com", "a@b@c", "a b@example.com", "<a@example.com>", "a@"])
def test_an_email_that_is_none_is_not_sent_to(world: Callable[..., World], email: str) -> None:
    w = world(rule(channels="email"))
    anna = w.person("M1", email="a@example.com", name="安娜")
    spoil(w, anna, "email", email)
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == []
    (row,) = w.log("skipped.bad_contact")
    assert row.detail == {
        "channels": [{"channel": "email", "reason": "skipped.bad_contact", "field": "email", "code": "address"}]
    }
    assert email not in str(row.detail)  # the log holds no personal data
    assert w.codes(anna) == ["entered", "skipped.bad_contact", "completed"]


@pytest.mark.parametrize(
    "address", ["a@example.com", "li@xn--fsqu00a.xn--55qx5d", "a+b.c@sub.example.co.uk", "a@localhost"]
)
def test_an_address_of_the_right_shape_is_sent_to(world: Callable[..., World], address: str) -> None:
    w = world(rule(channels="email"))
    spoil(w, w.person("M1", email="x@example.com", name="安娜"), "email", address)
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == [("email", "accepted")]
    assert counted(w) == {}


def test_a_time_zone_that_does_not_exist_fails_closed_where_quiet_hours_need_it(world: Callable[..., World]) -> None:
    w = world(rule(NIGHT))
    anna = w.person("M1", phone="13800138001", email="a@example.com", name="安娜", timezone="Mars/Olympus")
    bob = w.person("M2", phone="13800138002", name="波", timezone="")
    for name in ("M1", "M2"):
        w.event("order.paid", name, amount=1)
    w.run()
    assert [m.contact_id for m in w.messages()] == [bob]  # who has no zone has the rule's
    (row,) = w.log("skipped.bad_contact")
    told = {"reason": "skipped.bad_contact", "field": "timezone", "value": "Mars/Olympus"}
    assert row.detail == {"channels": [{"channel": "sms", **told}, {"channel": "email", **told}]}
    assert counted(w) == {("*", "timezone"): 1}
    # when it is put right, it is forgotten, and the person is reached
    change(w, anna, timezone="Asia/Tokyo")
    assert counted(w) == {}
    w.event("order.paid", "M1", amount=2)
    w.run()
    assert [m.contact_id for m in w.messages()] == [bob, anna]
    assert w.table("contact_problem") == []


def test_where_nothing_depends_on_the_time_zone_it_holds_nobody_back(world: Callable[..., World]) -> None:
    w = world(rule())
    w.person("M1", phone="13800138001", name="安娜", timezone="Mars/Olympus")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == [("sms", "accepted")]
    assert counted(w) == {}


def test_an_address_that_a_provider_refused_is_left_alone_until_it_changes(world: Callable[..., World]) -> None:
    w = world(rule())
    anna = w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    with w.database.write() as conn:
        note_problems(conn, [Problem(anna, "sms", "21211", "+8613800138001", to_ms(w.clock.now()))])
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == [("email", "accepted")]
    spoil(w, anna, "phone", "+8613900139000")
    w.event("order.paid", "M1", amount=2)
    w.run()
    assert sent(w) == [("email", "accepted"), ("sms", "accepted")]
    assert w.table("contact_problem") == []


def test_what_became_known_while_a_message_was_queued_is_seen(world: Callable[..., World]) -> None:
    w = world(rule())
    anna = w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    with w.database.write() as conn:
        note_problems(conn, [Problem(anna, "sms", "30005", "+8613800138001", to_ms(w.clock.now()))])
    w.clock.advance(timedelta(seconds=1))
    w.run()
    assert sent(w) == [("sms", "dropped"), ("email", "accepted")]


def test_one_bad_zone_shrinks_no_audience(world: Callable[..., World]) -> None:
    """Entered + skipped = looked at; who entered and can't be sent to is in the log by name, one row each."""
    daily = "trigger: {type: schedule, with: {every: 1d, at: '10:00'}}"
    w = world(rule(NIGHT).replace("trigger: {type: event, with: {name: order.paid}}", daily))
    for i in range(30):
        zone = {"timezone": "Nowhere/Else"} if i % 10 == 0 else {}
        w.person(f"M{i}", phone=f"138001380{i:02d}", name="安娜", **zone)
    w.to("2026-08-02 10:00")
    (occurrence,) = w.table("occurrence")
    assert (occurrence.looked_at, occurrence.entered) == (30, 30)
    assert len(w.messages()) == 27
    assert len(w.log("skipped.bad_contact")) == 3
    assert counted(w) == {("*", "timezone"): 3}
