"""Rules on events: who enters, who does not, and what the log says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.engine.world import World

WELCOME = """
rules:
  - id: welcome
    name: 下载欢迎
    trigger: {type: event, with: {name: whitepaper.downloaded, where: [{event.title: {contains: 报告}}]}}
    audience: [{contact.level: [银卡, 金卡]}]
    guards: {consent: marketing}
    steps:
      - do: sms.send
        with: {template: hello}
"""


def test_an_event_enters_its_contact_and_the_message_goes_out(world: Callable[..., World]) -> None:
    # given
    w = world(WELCOME)
    anna = w.person("M1", phone="13800138001", name="安娜", level="金卡")
    # when
    result = w.event("whitepaper.downloaded", "M1", title="年度报告")
    w.run()
    # then
    assert (result.stored, result.entered, result.skipped) == (1, 1, 0)
    assert w.codes(anna) == ["entered", "message.queued", "message.accepted", "completed"]
    assert "【店】安娜您好，拒收请回复R" in w.outbox("sms")[0]
    (message,) = w.messages()
    assert (message.status, message.address, message.attempts) == ("accepted", "+8613800138001", 1)
    assert message.variables == {"contact": {"name": "安娜"}}


def test_an_event_that_fails_the_where_clause_is_stored_and_touches_nobody(world: Callable[..., World]) -> None:
    w = world(WELCOME)
    w.person("M1", phone="13800138001", name="安娜", level="金卡")
    result = w.event("whitepaper.downloaded", "M1", title="手册")
    assert (result.stored, result.entered, result.skipped) == (1, 0, 0)
    assert w.codes() == []


def test_a_person_outside_the_audience_is_skipped_with_a_row_of_their_own(world: Callable[..., World]) -> None:
    w = world(WELCOME)
    anna = w.person("M1", name="安娜", level="普卡")
    assert w.event("whitepaper.downloaded", "M1", title="报告").skipped == 1
    assert w.codes(anna) == ["skipped.audience"]
    assert w.runs() == []


def test_the_same_event_again_changes_nothing(world: Callable[..., World]) -> None:
    w = world(WELCOME)
    w.person("M1", phone="13800138001", name="安娜", level="金卡")
    line = w.line("whitepaper.downloaded", "M1", title="报告")
    first, again = w.events([line]), w.events([line])
    assert (first.stored, first.entered) == (1, 1)
    assert (again.stored, again.duplicates, again.entered) == (0, 1, 0)
    assert len(w.runs()) == 1


def test_identical_lines_of_one_input_are_two_events(world: Callable[..., World]) -> None:
    w = world(WELCOME)
    w.person("M1", phone="13800138001", name="安娜", level="金卡")
    line = w.line("whitepaper.downloaded", "M1", title="报告")
    assert w.events([line, line]).stored == 2
    assert w.events([line, line]).duplicates == 2


def test_a_message_id_identifies_an_event_without_a_time(world: Callable[..., World]) -> None:
    w = world(WELCOME)
    line = '{"name": "whitepaper.downloaded", "contact": "M1", "message_id": "a-1", "source": "web"}'
    assert w.events([line]).stored == 1
    w.clock.advance(timedelta(hours=1))
    assert w.events([line]).duplicates == 1


def test_people_named_by_a_property_enter_each_and_unknown_ones_are_logged(world: Callable[..., World]) -> None:
    # given
    w = world("""
    rules:
      - id: rescue
        name: 缺货转线上
        trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
        steps: [{do: contact.tag, with: {add: [缺货]}}]
    """)
    anna, bob = w.person("M1"), w.person("M2")
    # when
    result = w.event("store.stock_out", member_id=["M1", "M2", "M9"], sku="A1", store_id="S1")
    w.run()
    # then
    assert (result.entered, result.skipped) == (2, 1)
    assert w.codes(anna) == w.codes(bob) == ["entered", "step.done", "completed"]
    (unknown,) = w.log("skipped.unknown_contact")
    assert unknown.detail == {"identity": "member_no:M9"}
    assert {row.tag for row in w.table("contact_tag")} == {"缺货"}


def test_bad_items_are_quarantined_and_their_neighbours_taken(world: Callable[..., World]) -> None:
    # given
    w = world(WELCOME)
    w.person("M1", phone="13800138001", name="安娜", level="金卡")
    bad = [
        "{not json",
        '{"name": "whitepaper.downloded", "contact": "M1"}',
        '{"name": "order.paid", "contact": "M1", "properties": {"amount": "abc"}}',
        '{"name": "order.paid", "contact": {"shoe": "1"}}',
        '{"name": "order.paid", "contact": "M1", "occurred_at": "yesterday"}',
        '{"name": "order.paid", "contact": "M1", "occurred_at": "2099-01-01"}',
        '{"name": "order.paid", "contact": "M1", "occured_at": "2026-01-01"}',
        '{"name": "order.paid", "contact": "M1", "properties": {"sku": "a\\u0000b"}}',
        '{"name": "order.paid", "contact": "M1", "message_id": "' + "x" * 300 + '"}',
    ]
    # when
    result = w.events([*bad, w.line("whitepaper.downloaded", "M1", title="报告")])
    # then
    assert (result.stored, result.entered, result.quarantined) == (1, 1, len(bad))
    kept = w.table("quarantine")
    assert [row.payload for row in kept] == bad
    assert [row.code for row in kept] == [
        "ingest.not_json", "ingest.unknown_event", kept[2].code, "ingest.unknown_identity", "ingest.bad_time",
        "ingest.future", "ingest.unknown_field", "ingest.nul", "ingest.too_long",
    ]  # fmt: skip


def test_cooldown_holds_within_and_between_batches(world: Callable[..., World]) -> None:
    w = world("""
    rules:
      - id: thanks
        name: 感谢
        trigger: {type: event, with: {name: order.paid}}
        guards: {cooldown: 1d}
        steps: [{do: contact.tag, with: {add: [买过]}}]
    """)
    anna = w.person("M1")
    lines = [w.line("order.paid", "M1", amount=i) for i in (1, 2)]
    assert w.events(lines).entered == 1
    w.go(hours=23)
    assert w.event("order.paid", "M1", amount=3).entered == 0
    w.go(hours=2)
    assert w.event("order.paid", "M1", amount=4).entered == 1
    assert w.codes(anna).count("skipped.cooldown") == 2


def test_history_in_the_audience_counts_the_event_itself(world: Callable[..., World]) -> None:
    w = world("""
    rules:
      - id: third
        name: 第三单
        trigger: {type: event, with: {name: order.paid}}
        audience: [{did: {event: order.paid, where: [{amount: {gte: 100}}], within: 30d, at_least: 3}}]
        steps: [{do: contact.tag, with: {add: [三单]}}]
    """)
    w.person("M1")
    entered = [w.event("order.paid", "M1", amount=a, sku=str(i)).entered for i, a in enumerate((100, 99, 100, 100, 50))]
    assert entered == [0, 0, 0, 1, 1]
