"""Priority: where a cap leaves room for one message, the higher rule has it, and the log names the winner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event as hooks

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.profile import update_attributes
from automation.contacts.resolve import resolve
from automation.store.database import Database
from automation.store.runs import due_of
from tests.engine.world import World

ONE_A_DAY = "frequency_cap: [{max: 1, per: 1d}]"
NIGHT = 'quiet_hours: {from: "21:00", to: "09:00", then: delay}'


def rule(id_: str, priority: int, *, guards: str = "", on: str = "order.paid", steps: str = "") -> str:
    send = "{do: message.send, with: {channels: [sms], template: hello}, save_as: sent}"
    return f"""
  - id: {id_}
    name: {id_}
    priority: {priority}
    trigger: {{type: event, with: {{name: {on}}}}}
    guards: {{{guards}}}
    steps: [{steps or send}]"""


def rules(*written: str, defaults: str = ONE_A_DAY) -> str:
    return f"defaults: {{{defaults}}}\nrules:" + "".join(written)


def sent(w: World) -> list[tuple[str, str]]:
    """(rule, status) of every message."""
    keys = {row.id: row.key for row in w.table("rule")}
    return [(keys[m.rule_id], m.status) for m in w.messages()]


def outranked(w: World) -> list[dict[str, Any]]:
    return [row.detail for row in w.log("skipped.outranked")]


def winner_of(detail: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = detail["winner"] if "winner" in detail else detail["channels"][0]["winner"]
    return found


def test_the_higher_rule_wins_though_the_lower_one_was_entered_first(world: Callable[..., World]) -> None:
    w = world(rules(rule("low", 1), rule("high", 9)))
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    (message,) = w.messages()
    assert sent(w) == [("high", "accepted")]
    (detail,) = outranked(w)
    assert winner_of(detail) == {"rule": "high", "message": message.id}
    assert detail["channels"][0]["sent"] == 1  # and the cap that had no room for both
    assert w.codes(anna).count("completed") == 2  # the loser's run goes on


def test_the_higher_rule_goes_first_though_it_has_more_to_do_before(world: Callable[..., World]) -> None:
    """Its message comes after another step: the lower rule may not slip in between."""
    tags = "{do: contact.tag, with: {add: [甲]}}, {do: contact.tag, with: {add: [乙]}}"
    w = world(rules(rule("low", 0), rule("high", 5, steps=tags + ", {do: sms.send, with: {template: hello}}")))
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert sent(w) == [("high", "accepted")]


def test_a_queued_message_of_a_lower_rule_makes_room(world: Callable[..., World]) -> None:
    # given a low message that is queued, and not sent yet
    w = world(rules(rule("low", 1), rule("high", 9, on="whitepaper.downloaded")))
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    assert sent(w) == [("low", "queued")]
    # when a rule of a higher priority wants to send
    w.clock.advance(timedelta(minutes=1))
    w.event("whitepaper.downloaded", "M1", title="x")
    w.run()
    # then the low one is dropped, without another channel, and its run goes on
    assert sent(w) == [("low", "dropped"), ("high", "accepted")]
    assert winner_of(*outranked(w)) == {"rule": "high", "message": w.messages()[1].id}
    low, high = w.runs()
    assert (low.status, high.status) == ("done", "done")
    assert low.variables == {"sent": {"status": "skipped.outranked", "channel": "sms"}}
    assert w.codes(anna).count("skipped.outranked") == 1


def test_the_loser_takes_no_next_channel(world: Callable[..., World]) -> None:
    both = "{do: message.send, with: {channels: [sms, email], template: hello}}"
    cap = "frequency_cap: [{max: 1, per: 1d, channel: sms}]"
    w = world(rules(rule("low", 1, steps=both), rule("high", 9, on="whitepaper.downloaded"), defaults=cap))
    w.person("M1", phone="13800138001", email="a@example.com", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    w.event("whitepaper.downloaded", "M1", title="x")
    w.run()
    assert [(m.channel, m.status) for m in w.messages()] == [("sms", "dropped"), ("sms", "accepted")]


def test_what_has_left_the_queue_is_not_called_back(world: Callable[..., World]) -> None:
    w = world(rules(rule("low", 1), rule("high", 9, on="whitepaper.downloaded")))
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    w.event("whitepaper.downloaded", "M1", title="x")
    w.run()
    assert sent(w) == [("low", "accepted")]
    assert outranked(w) == []
    assert len(w.log("skipped.frequency_cap")) == 1


def test_the_lowest_and_newest_makes_room_and_an_equal_does_not(world: Callable[..., World]) -> None:
    w = world(
        rules(
            rule("a", 2), rule("b", 1), rule("c", 1, on="vip.welcome"), rule("d", 2, on="store.stock_out"),
            rule("high", 9, on="whitepaper.downloaded"), defaults="frequency_cap: [{max: 3, per: 1d}]",
        )
    )  # fmt: skip
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.event("vip.welcome", "M1", from_rule="x")
    w.engine.advance()
    assert sorted(sent(w)) == [("a", "queued"), ("b", "queued"), ("c", "queued")]
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("whitepaper.downloaded", "M1", title="y")
    w.event("whitepaper.downloaded", "M1", title="z")
    w.event("whitepaper.downloaded", "M1", title="4")
    w.engine.advance()
    states = dict(sent(w)[:3])
    assert states == {"a": "dropped", "b": "dropped", "c": "dropped"}
    order = [row.detail["winner"]["message"] for row in w.log("skipped.outranked") if "winner" in row.detail]
    assert len(order) == 3
    dropped = [row.rule_id for row in w.log("skipped.outranked")]
    keys = {row.id: row.key for row in w.table("rule")}
    assert [keys[id_] for id_ in dropped] == ["c", "b", "a"]
    assert len(w.log("skipped.frequency_cap")) == 1  # the fourth meets three of its own rule


def test_a_message_that_is_held_back_takes_nobodys_place(world: Callable[..., World]) -> None:
    """The cap comes before quiet hours: the higher one would win, but it does not send now."""
    w = world(rules(rule("low", 1), rule("high", 9, on="whitepaper.downloaded", guards=NIGHT)), now="2026-08-01 22:00")
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    w.event("whitepaper.downloaded", "M1", title="x")
    w.engine.advance()
    assert sent(w) == [("low", "queued")]
    assert [run.status for run in w.runs()] == ["sending", "active"]


def test_two_thousand_people_after_a_quiet_night(world: Callable[..., World]) -> None:
    """All runs come due at one moment, the lower rule's stand first, in batches of 500 with sending in between."""
    w = world(
        rules(rule("low", 1), rule("high", 9, on="whitepaper.downloaded"), defaults=f"{ONE_A_DAY}, {NIGHT}"),
        now="2026-08-01 23:00",
    )
    people = crowd(w, 2000)
    for name in ("order.paid", "whitepaper.downloaded"):
        w.events([w.line(name, f"N{i}") for i in people])
    w.run()
    assert len(w.log("held.quiet_hours")) == 4000
    w.to("2026-08-02 09:00")
    states = sent(w)
    assert len(states) == 2000
    assert set(states) == {("high", "accepted")}
    by_person = {m.contact_id: m.id for m in w.messages()}
    losers = w.log("skipped.outranked")
    assert {row.contact_id: winner_of(row.detail) for row in losers} == {
        contact: {"rule": "high", "message": id_} for contact, id_ in by_person.items()
    }
    assert len(losers) == len(by_person) == 2000
    assert {run.status for run in w.runs()} == {"done"}


def test_of_two_campaigns_of_one_minute_the_higher_enters_first(world: Callable[..., World]) -> None:
    """The lower one is first in the file: its people would all have been sent to before the other's page is read."""
    daily = 'trigger: {type: schedule, with: {every: 1d, at: "10:00"}}'
    campaign = "trigger: {type: event, with: {name: order.paid}}"
    w = world(rules(rule("low", 1), rule("high", 9)).replace(campaign, daily))
    for i in range(30):
        w.person(f"M{i}", phone=f"138001380{i:02d}", name="安娜")
    w.to("2026-08-02 10:00")
    assert set(sent(w)) == {("high", "accepted")}
    assert len(sent(w)) == len(outranked(w)) == 30


def test_a_run_waits_for_a_higher_one_that_another_process_moves(postgres_db: Database, tmp_path: Path) -> None:
    """Somebody else may have the higher run in hand: the lower one is put down for a second."""
    w = World(tmp_path / "project", postgres_db, rules(rule("low", 1), rule("high", 9)))
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    high = next(run for run in w.runs() if run.rule_id == rule_id(w, "high"))
    with w.database.write() as other:
        other.exec_driver_sql("SELECT id FROM run WHERE id = %s FOR UPDATE", (high.id,))
        assert len(due_of(other, [anna], to_ms(w.clock.now()))) == 2
        w.engine.advance()
        (held,) = w.log("held.outranked")
        assert held.detail == {"winner": {"rule": "high"}}
        assert w.messages() == []
    w.run()
    w.go(seconds=1)
    assert sent(w) == [("high", "accepted")]
    assert winner_of(*outranked(w))["rule"] == "high"


def test_rules_of_one_priority_ask_nothing_more(world: Callable[..., World]) -> None:
    """What nobody uses costs nothing: no statement names what priorities need."""
    asked: list[int] = []
    for priority in (3, 9):
        w = world(rules(rule("low", 3), rule("high", priority)))
        w.person(f"M{priority}", phone=f"1380013800{priority}", name="安娜")
        w.event("order.paid", f"M{priority}", amount=1)
        asked.append(len(statements(w, w.engine.advance)))
    assert asked[1] > asked[0]
    assert "due_at" not in " ".join(s for s in statements(w, w.engine.advance) if "contact_id IN" in s)


def crowd(w: World, count: int) -> Sequence[int]:
    now = to_ms(w.clock.now())
    with w.database.write() as conn:
        found = resolve(
            conn, w.engine.project.catalogue,
            [{"member_no": f"N{i}", "phone": f"+86138{i:08d}"} for i in range(count)], now, create=True, actor="test",
        )  # fmt: skip
        people = [contact for contact in found if isinstance(contact, int)]
        update_attributes(conn, {contact: {"name": "安娜"} for contact in people}, now, "test")
        record_consent(conn, [ConsentChange(contact, "marketing", "*", "granted", "test", now) for contact in people])
    return range(count)


def rule_id(w: World, key: str) -> int:
    return next(int(row.id) for row in w.table("rule") if row.key == key)


def statements(w: World, work: Callable[[], Any]) -> list[str]:
    """The SQL that went through SQLAlchemy while `work` ran."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    hooks.listen(w.database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        hooks.remove(w.database.engine, "before_cursor_execute", note)
    return seen
