"""Guards: in their order, fail-closed, also at their edges."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.suppression import Suppression, suppress
from automation.store.database import Database
from tests.engine.world import World

RULE = """
{top}
rules:
  - id: promo
    name: 促销
    trigger: {{type: event, with: {{name: order.paid}}}}
    guards: {{{guards}}}
    steps:
      - do: message.send
        with: {{channels: [{channels}], template: hello}}
"""


def promo(guards: str = "consent: marketing", channels: str = "sms", top: str = "") -> str:
    return RULE.format(guards=guards, channels=channels, top=top)


def test_no_consent_no_message(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = w.person("M1", phone="13800138001", name="安娜", consent=())
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert w.messages() == []
    assert w.codes(anna) == ["entered", "skipped.consent", "completed"]
    (skipped,) = w.log("skipped.consent")
    assert skipped.detail == {"channels": [{"channel": "sms", "reason": "skipped.consent", "purpose": "marketing"}]}


def test_consent_for_one_channel_leads_to_that_channel(world: Callable[..., World]) -> None:
    w = world(promo(channels="sms, email"))
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜", consent=["email"])
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert [(m.channel, m.status) for m in w.messages()] == [("email", "accepted")]


def test_a_transactional_rule_needs_no_consent_but_minds_suppression(world: Callable[..., World]) -> None:
    w = world(promo("consent: transactional"))
    w.person("M1", phone="13800138001", name="安娜", consent=())
    bob = w.person("M2", phone="13800138002", name="波", consent=())
    with w.database.write() as conn:
        suppress(conn, [Suppression(channel="sms", reason="退订", contact_id=bob)], to_ms(w.clock.now()), actor="test")
    for member in ("M1", "M2"):
        w.event("order.paid", member, amount=1)
    w.run()
    assert [m.address for m in w.messages()] == ["+8613800138001"]
    assert "skipped.suppression" in w.codes(bob)


def test_a_withdrawal_between_queueing_and_sending_is_seen(world: Callable[..., World]) -> None:
    # given a message in the queue
    w = world(promo(channels="sms, email"))
    anna = w.person("M1", phone="13800138001", email="a@example.com", name="安娜", consent=["sms"])
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    assert [m.status for m in w.messages()] == ["queued"]
    # when she withdraws
    w.clock.advance(timedelta(seconds=1))
    now = to_ms(w.clock.now())
    with w.database.write() as conn:
        record_consent(conn, [ConsentChange(anna, "marketing", "sms", "denied", "test", now)])
    w.run()
    # then nothing goes out, and the other channel has no consent either
    assert [(m.channel, m.status) for m in w.messages()] == [("sms", "dropped")]
    assert w.codes(anna) == ["entered", "message.queued", "skipped.consent", "skipped.consent", "completed"]


def test_quiet_hours_delay_until_their_end(world: Callable[..., World]) -> None:
    w = world(promo('quiet_hours: {from: "21:00", to: "09:00", then: delay}'), now="2026-08-01 23:30")
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert w.codes(anna) == ["entered", "held.quiet_hours"]
    w.to("2026-08-02 08:59")
    assert w.messages() == []
    w.to("2026-08-02 09:00")
    assert [m.status for m in w.messages()] == ["accepted"]


def test_quiet_hours_drop(world: Callable[..., World]) -> None:
    w = world(promo('quiet_hours: {from: "12:00", to: "14:00", then: drop}'))
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert w.codes(anna) == ["entered", "skipped.quiet_hours", "completed"]


@pytest.mark.parametrize(("zone", "sent"), [("America/New_York", 0), ("Asia/Tokyo", 1), ("Mars/Olympus", 0)])
def test_quiet_hours_are_those_of_the_persons_own_zone(world: Callable[..., World], zone: str, sent: int) -> None:
    """12:00 in Shanghai is 00:00 in New York. In a zone that doesn't exist nobody knows when it is quiet."""
    w = world(promo('quiet_hours: {from: "21:00", to: "09:00", then: delay}'))
    w.person("M1", phone="13800138001", name="安娜", timezone=zone)
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert len(w.messages()) == sent


def test_a_cap_slides_with_time_and_counts_per_channel(world: Callable[..., World]) -> None:
    w = world(promo("frequency_cap: [{max: 2, per: 1d, channel: sms}]", channels="sms, email"))
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    for i in range(4):
        w.event("order.paid", "M1", amount=i)
        w.go(hours=1)
    assert [m.channel for m in w.messages()] == ["sms", "sms", "email", "email"]
    w.go(hours=21, minutes=30)  # 24 h 30 min after the first one
    w.event("order.paid", "M1", amount=9)
    w.run()
    assert [m.channel for m in w.messages()][-1] == "sms"


def test_a_total_cap_holds_over_rules_and_a_rule_cap_does_not(world: Callable[..., World]) -> None:
    two = "".join(
        f"""
  - id: r{i}
    name: 规则{i}
    trigger: {{type: event, with: {{name: order.paid}}}}
    EXTRA
    steps: [{{do: sms.send, with: {{template: hello}}}}]"""
        for i in range(2)
    )
    total = "defaults: {frequency_cap: [{max: 1, per: 7d}]}\nrules:" + two.replace("    EXTRA\n", "")
    own = "rules:" + two.replace("EXTRA", "guards: {frequency_cap: [{max: 1, per: 7d, scope: rule}]}")
    for number, (rules, sent) in enumerate([(total, 1), (own, 2)]):
        w = world(rules)
        w.person(f"M{number}", phone=f"1380013800{number}", name="安娜")
        before = len(w.messages())
        for amount in (1, 2):
            w.event("order.paid", f"M{number}", amount=amount)
        w.run()
        assert len(w.messages()) - before == sent


def test_the_holdout_gets_nothing_and_is_stable(world: Callable[..., World]) -> None:
    w = world(promo("holdout: 20%"))
    lines = [w.line("order.paid", f"M{i}", amount=1) for i in range(500)]
    first = w.events(lines)
    again = w.events([w.line("order.paid", f"M{i}", amount=2) for i in range(500)])
    assert first.skipped == again.skipped
    assert 60 < first.skipped < 140
    held = [row.contact_id for row in w.log("skipped.holdout")]
    assert sorted(held[: first.skipped]) == sorted(held[first.skipped :])


def test_a_cap_holds_when_workers_decide_at_the_same_time(postgres_db: Database, tmp_path: Path) -> None:
    """Two engines on PostgreSQL, each with due runs of the same people: nobody gets two."""
    w = World(tmp_path, postgres_db, promo("frequency_cap: [{max: 1, per: 1d}]"))
    for i in range(20):
        w.person(f"M{i}", phone=f"138001380{i:02d}", name="人")
    w.events([w.line("order.paid", f"M{i}", amount=amount) for amount in range(6) for i in range(20)])
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        while w.engine.advance(limit=7):
            pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    people = [m.contact_id for m in w.messages()]
    assert len(people) == len(set(people)) == 20
    assert len(w.log("skipped.frequency_cap")) == 100


@pytest.mark.parametrize(("properties", "sent"), [({}, []), ({"channel": "sms"}, ["email"])])
def test_who_unsubscribes_is_heard_at_once(
    world: Callable[..., World], properties: dict[str, str], sent: list[str]
) -> None:
    w = world(promo(channels="sms, email"))
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜", consent=["sms", "email"])
    w.clock.advance(timedelta(seconds=1))
    w.event("contact.unsubscribed", "M1", **properties)
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert [m.channel for m in w.messages()] == sent
