"""`why` on priority, budgets and bad contacts: the answer of the guards, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from automation.i18n import language
from automation.insight.why import why
from tests.engine.world import World

RULES = """
defaults: {{frequency_cap: [{{max: 1, per: 1d}}]}}
rules:
  - id: low
    name: 低
    priority: 1
    trigger: {{type: event, with: {{name: order.paid}}}}
    guards: {{{low}}}
    steps: [{{do: sms.send, with: {{template: hello}}}}]
  - id: high
    name: 高
    priority: 9
    trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
    steps: [{{do: sms.send, with: {{template: hello}}}}]
"""


def told(w: World, rule: str, contact: int, lang: str = "en") -> dict[str, tuple[bool | None, str]]:
    """{sentence: (ok, what was seen)} of the guards before a message; the tables are as they were."""
    tables = ("message", "run", "execution_log", "contact_problem", "budget_use")
    before = {name: w.table(name) for name in tables}
    with language(lang):  # type: ignore[arg-type]
        account = why(w.database, w.project(), rule, contact, w.clock.now())
    assert {name: w.table(name) for name in tables} == before
    return {line.sentence: (line.ok, line.seen) for line in account.lines if line.kind == "message"}


def test_the_winner_is_named(world: Callable[..., World]) -> None:
    w = world(RULES.format(low=""))
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("whitepaper.downloaded", "M1", title="x")
    w.run()
    ok, seen = told(w, "low", anna)["not sent: a rule of higher priority took the place"]
    assert ok is False
    assert seen.endswith(f"winner=high #{w.messages()[0].id}")
    assert "未发送：让位给优先级更高的规则" in told(w, "low", anna, "zh")


def test_a_higher_rule_is_told_that_it_has_room_and_drops_nothing(world: Callable[..., World]) -> None:
    w = world(RULES.format(low=""))
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.engine.advance()
    assert told(w, "high", anna)["below the frequency caps"][0] is True
    assert [m.status for m in w.messages()] == ["queued"]


def test_a_budget_that_is_used_up(world: Callable[..., World]) -> None:
    w = world(RULES.format(low="budget: {messages: 1}"))
    anna, bob = w.person("M1", phone="13800138001", name="安娜"), w.person("M2", phone="13800138002", name="波")
    assert told(w, "low", bob)["within the budget, or without one"][0] is True
    w.event("order.paid", "M1", amount=1)
    w.run()
    ok, seen = told(w, "low", bob)["not sent: the budget is used up"]
    assert (ok, seen) == (False, "messages=1, spent=1, day=2026-08-01")
    w.clock.advance(timedelta(days=1))
    assert told(w, "low", anna)["within the budget, or without one"][0] is True


def test_bad_data_are_told_and_not_noted(world: Callable[..., World]) -> None:
    w = world(RULES.format(low="quiet_hours: {from: '21:00', to: '09:00', then: delay}"))
    anna = w.person("M1", phone="13800138001", name="安娜", timezone="Mars/Olympus")
    ok, seen = told(w, "low", anna)["not sent: the contact's data can't be used"]
    assert (ok, seen) == (False, "field=timezone, value=Mars/Olympus")
    assert told(w, "high", anna)["the contact's data can be used"][0] is True


INSIDE = """
rules:
  - id: nurture
    name: 培育
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel}
    guards: {consent: transactional, limit: {max: 1, per: month, of: coupons}}
    steps:
      - if: [{event.amount: {gt: 5}}]
        then: [{wait: 9d}]
      - do: coupon.issue
        with: {batch: BDAY}
"""


def test_of_several_runs_the_one_inside_is_told_and_the_others_are_counted(world: Callable[..., World]) -> None:
    w = world(INSIDE)
    anna = w.person("M1")
    for amount in (9, 1):
        w.event("order.paid", "M1", amount=amount)
        w.go(hours=1)
    assert [run.ended_at is None for run in w.runs()] == [True, False]
    with language("en"):
        account = why(w.database, w.project(), "nurture", anna, w.clock.now())
    assert "under way, goes on at 2026-08-10" in account.conclusion
    assert "(1 more below)" in account.conclusion


def test_a_limit_of_coupons_has_a_line_and_a_cause(world: Callable[..., World]) -> None:
    w = world(INSIDE)
    anna = w.person("M1")

    def line() -> tuple[bool | None, str, str]:
        with language("en"):
            account = why(w.database, w.project(), "nurture", anna, w.clock.now())
        (found,) = [one for one in account.lines if one.path == "rules/nurture/guards/limit" and "month" in one.seen]
        return found.ok, found.sentence, found.seen

    assert line() == (True, "below the limit of coupons per person", "0 of 1 in a calendar month")
    w.event("order.paid", "M1", amount=1)
    w.run()
    ok, _, seen = line()
    assert (ok, seen) == (False, "1 of 1 in a calendar month")


def test_all_that_makes_it_quiet_is_named(world: Callable[..., World]) -> None:
    window = "guards: {send_window: {from: '13:00', to: '14:00'}}\n    steps:"
    w = world(
        RULES.format(low="").replace("steps:", window, 1).replace("    guards: {}\n", "", 1), now="2026-08-01 10:00"
    )
    anna = w.person("M1", phone="13800138001", name="安娜", do_not_disturb="09:00-13:30")
    w.event("order.paid", "M1", amount=1)
    w.run()
    (held,) = [row for row in w.log("held.quiet_hours") if row.contact_id == anna]
    assert held.detail["by"] == "send_window + do_not_disturb"
    assert held.detail["until"].startswith("2026-08-01T13:30")
