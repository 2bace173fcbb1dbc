"""Kill switches: what is paused stands still and loses nothing; what goes on makes up for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from automation.clock import to_ms
from automation.engine.engine import Engine
from automation.engine.switches import SwitchError, pause, paused_now, resume, target_of
from automation.i18n import language
from automation.insight.why import why
from automation.store.database import Database
from automation.store.pauses import end_pause, load_pauses
from tests.engine.world import World

RULES = """
rules:
  - id: nurture
    name: 培育
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    guards: {consent: transactional}
    steps:
      - wait: 3d
      - do: sms.send
        with: {template: hello}
  - id: daily
    name: 每日
    trigger: {type: schedule, with: {cron: "0 9 * * *"}}
    steps: [{do: contact.tag, with: {add: [日]}}]
"""
BOTH = """
rules:
  - id: both
    name: 两路
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    guards: {consent: transactional}
    steps:
      - do: email.send
        with: {template: hello}
      - do: sms.send
        with: {template: hello}
"""


def switch(w: World, name: str, *, on: bool, reason: str = "出错", actor: str = "ops") -> bool:
    """`on`: let it run."""
    with w.database.write() as conn:
        target, now = target_of(conn, name), to_ms(w.clock.now())
        return resume(conn, target, reason, actor, now) if on else pause(conn, target, reason, actor, now)


def entered(w: World, no: str = "M1") -> int:
    person = w.person(no, phone="13800138001", email="a@example.com", name="安娜")
    w.event("whitepaper.downloaded", no)
    w.run()
    return person


def test_pause_all_moves_nothing_and_takes_events_in(world: Callable[..., World]) -> None:
    # given somebody inside, and a schedule
    w = world(RULES)
    anna = entered(w)
    # when
    assert switch(w, "all", on=False)
    w.go(days=4)
    bob = w.person("M2", phone="13800138002", name="波")
    assert w.event("whitepaper.downloaded", "M2").entered == 1
    w.run()
    # then
    assert w.codes(anna) == ["entered", "waiting"]
    assert w.codes(bob) == ["entered"]
    assert w.table("occurrence") == []
    assert w.messages() == []
    assert w.engine.run_due() == 0  # a worker that finds nothing to do rests
    # and when it goes on
    assert switch(w, "all", on=True)
    w.run()
    assert [m.contact_id for m in w.messages()] == [anna]
    assert "waiting" in w.codes(bob)
    assert [row.status for row in w.table("occurrence")].count("done") == 1


def test_pause_all_keeps_what_is_queued(world: Callable[..., World]) -> None:
    w = world(BOTH)
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("whitepaper.downloaded", "M1")
    w.engine.advance()
    assert [m.status for m in w.messages()] == ["queued"]
    switch(w, "all", on=False)
    w.go(hours=1)
    assert [m.status for m in w.messages()] == ["queued"]
    assert w.outbox("email") == []
    switch(w, "all", on=True)
    w.run()
    assert [m.status for m in w.messages()] == ["accepted", "accepted"]


def test_a_paused_rule_holds_its_people_and_the_others_run(world: Callable[..., World]) -> None:
    w = world(RULES)
    anna = entered(w)
    switch(w, "nurture", on=False)
    w.event("whitepaper.downloaded", "M1", title="2")
    # when time goes by
    w.go(days=4)
    # then its runs are held as they come due, its new ones too, and the schedule runs
    assert [run.status for run in w.runs() if run.rule_id == 1] == ["held", "held"]
    assert w.codes(anna).count("held.paused") == 2
    assert w.messages() == []
    assert len(w.table("contact_tag")) == 1
    # and a held run does not stand in the way of the due ones
    assert w.engine.advance() == 0
    # and when it goes on
    switch(w, "nurture", on=True)
    w.run()
    assert [m.status for m in w.messages()] == ["accepted"] * 2  # both entered four days ago and waited for three
    (resumed,) = w.log("resumed")
    assert resumed.detail == {"what": "rule:nurture", "actor": "ops", "reason": "出错", "runs": 2}


def test_queued_messages_of_a_paused_rule_wait(world: Callable[..., World]) -> None:
    w = world(BOTH + BOTH.replace("rules:\n", "").replace("id: both", "id: other"))
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("whitepaper.downloaded", "M1")
    w.engine.advance()
    assert len(w.messages()) == 2
    switch(w, "both", on=False)
    w.go(hours=1)
    states = {(m.rule_id, m.channel): m.status for m in w.messages()}
    assert states == {(1, "email"): "queued", (2, "email"): "accepted", (2, "sms"): "accepted"}
    switch(w, "both", on=True)
    w.run()
    assert {m.status for m in w.messages()} == {"accepted"}
    assert len(w.messages()) == 4


def test_messages_put_off_after_the_moment_of_resuming_are_sent_at_once_too(world: Callable[..., World]) -> None:
    """Another process puts them off while the one that resumes waits for its lock, with an older moment in hand."""
    w = world(BOTH)
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("whitepaper.downloaded", "M1")
    w.engine.advance()
    switch(w, "both", on=False)
    asked = to_ms(w.clock.now())
    w.clock.advance(timedelta(seconds=5))
    w.engine.deliver("email")
    assert [m.due_at for m in w.messages()] == [asked + 65_000]
    with w.database.write() as conn:
        assert resume(conn, target_of(conn, "both"), "好了", "ops", asked)
    w.run()
    assert {m.status for m in w.messages()} == {"accepted"}


def test_a_paused_channel_keeps_its_messages_and_sends_them_nowhere_else(world: Callable[..., World]) -> None:
    text = BOTH.replace("do: email.send\n        with: {template: hello}",
                        "do: message.send\n        with: {channels: [email, sms], template: hello}")  # fmt: skip
    w = world(text)
    switch(w, "channel:email", on=False)
    entered(w)
    w.go(days=1)
    assert [(m.channel, m.status) for m in w.messages()] == [("email", "queued")]
    assert w.engine.run_due() == 0
    switch(w, "email", on=True)
    w.run()
    assert [(m.channel, m.status) for m in w.messages()] == [("email", "accepted"), ("sms", "accepted")]


def test_a_paused_schedule_fires_afterwards_as_the_rule_catches_up(world: Callable[..., World]) -> None:
    w = world(RULES)
    w.person("M1")
    w.run()
    switch(w, "daily", on=False)
    w.go(days=2)
    assert w.table("occurrence") == []
    switch(w, "daily", on=True)
    w.run()
    assert sorted((row.key, row.status, row.reason) for row in w.table("occurrence")) == [
        ("2026-08-02T09:00", "missed", "not_latest"),
        ("2026-08-03T09:00", "done", None),
    ]


def test_an_occurrence_under_way_stops_between_pages(world: Callable[..., World]) -> None:
    from automation.engine.clocks.schedule import Schedule
    from tests.engine.world import at

    w = world(RULES)
    for i in range(9):
        w.person(f"M{i}")
    w.run()
    w.clock.set(at("2026-08-02 09:00"))
    pages = Schedule(w.database, w.clock, w.engine.book, w.engine._moving._versions, page_size=4)
    pages.fire()
    assert pages.work()  # how many would enter is weighed first
    assert pages.work()
    switch(w, "daily", on=False)
    assert not pages.work()
    assert [row.looked_at for row in w.table("occurrence")] == [4]
    switch(w, "daily", on=True)
    w.run()
    assert [(row.looked_at, row.entered) for row in w.table("occurrence")] == [(9, 9)]


def test_a_paused_rule_that_is_also_disabled_stays_held(world: Callable[..., World]) -> None:
    w = world(RULES)
    anna = entered(w)
    off = RULES.replace("    name: 培育", "    name: 培育\n    enabled: false")
    switch(w, "nurture", on=False)
    w.reload(off)
    w.go(days=4)
    # when only the file is mended, or only the pause is over
    w.reload(RULES)
    w.run()
    assert w.runs()[0].status == "held"
    w.reload(off)
    switch(w, "nurture", on=True)
    w.run()
    assert w.runs()[0].status == "held"
    # then it takes both
    w.reload(RULES)
    w.run()
    assert w.codes(anna)[-1] == "completed"


def test_a_pause_outlives_the_process_and_a_new_version(world: Callable[..., World]) -> None:
    w = world(RULES)
    anna = entered(w)
    switch(w, "nurture", on=False)
    w.engine = Engine(w.project(), w.database, w.clock)
    w.reload(RULES.replace("3d", "2d"))
    w.go(days=4)
    assert w.codes(anna).count("held.paused") == 1
    assert w.messages() == []


def test_switches_are_logged_and_audited(world: Callable[..., World]) -> None:
    w = world(RULES)
    assert switch(w, "sms", on=False, reason="签名被停", actor="王")
    assert not switch(w, "sms", on=False, reason="again", actor="李")  # the first reason stays
    with w.database.read() as conn:
        assert [(row["what"], row["actor"], row["reason"]) for row in paused_now(conn)] == [
            ("channel:sms", "王", "签名被停")
        ]
    assert switch(w, "sms", on=True, reason="好了", actor="李")
    assert not switch(w, "sms", on=True)
    assert [row.detail for row in w.log("paused")] == [{"what": "channel:sms", "actor": "王", "reason": "签名被停"}]
    audit = [(row.actor, row.action, row.subject, row.detail["reason"]) for row in w.table("audit")]
    assert audit[-2:] == [
        ("王", "switch.paused", "channel:sms", "签名被停"), ("李", "switch.resumed", "channel:sms", "好了"),
    ]  # fmt: skip


def test_why_tells_of_a_pause(world: Callable[..., World]) -> None:
    w = world(RULES)
    anna = w.person("M1")
    switch(w, "nurture", on=False, reason="模板有错")
    with language("en"):
        lines = why(w.database, w.engine.project, "nurture", anna, w.clock.now()).lines
        assert ("rule:nurture is paused: people enter, and wait", "模板有错") in [(x.sentence, x.seen) for x in lines]
        other = why(w.database, w.engine.project, "daily", anna, w.clock.now()).lines
    assert not [line for line in other if "paused" in line.sentence]


def test_names(world: Callable[..., World]) -> None:
    w = world(RULES + RULES.replace("rules:\n", "").replace("nurture", "sms").replace("daily", "all"))
    with w.database.read() as conn:
        assert target_of(conn, "all").kind == "all"
        assert target_of(conn, "rule:all").kind == "rule"
        assert target_of(conn, "channel:sms").scope == "channel:sms"
        assert target_of(conn, "rule:sms").shown == "rule:sms"
        with pytest.raises(SwitchError) as raised:
            target_of(conn, "sms")
        assert raised.value.text("en") == "sms is a rule and a channel; write rule:sms or channel:sms"
        with pytest.raises(SwitchError) as raised:
            target_of(conn, "nurtur")
        told = raised.value.text("en")
        assert told.startswith("there is no rule or channel nurtur; did you mean nurture?; write one of: all, ")
        with pytest.raises(SwitchError):
            target_of(conn, "channel:nurture")


def test_a_resume_waits_for_those_who_have_seen_the_pause(postgres_db: Database) -> None:
    """Or they would put a run on hold that nobody lets go again."""
    with postgres_db.write() as conn:
        conn.exec_driver_sql("INSERT INTO pause (scope, reason, actor, at) VALUES ('rule:1', 'r', 'a', 1)")
    done = threading.Event()

    def lift() -> None:
        with postgres_db.write() as conn:
            end_pause(conn, "rule:1")
        done.set()

    with postgres_db.write() as conn:
        assert load_pauses(conn).rule_ids == {1}
        other = threading.Thread(target=lift)
        other.start()
        assert not done.wait(0.3)
    other.join(5)
    assert done.is_set()
    with postgres_db.read() as conn:
        assert load_pauses(conn).rule_ids == frozenset()
