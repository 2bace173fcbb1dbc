"""Past events meet a rule that was not there when they happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from automation.engine.backfill.backfill import Backfill, BackfillError
from automation.engine.switches import pause, resume, target_of
from automation.engine.versions import Versions
from tests.backfill.conftest import Fill, everything
from tests.engine.world import World, at

Make = Callable[..., World]
NONE = """
rules:
  - id: other
    name: 别的
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    steps: [{do: contact.tag, with: {add: [别的]}}]
"""
RULE = """
rules:
  - id: thanks
    name: 致谢
    %s
    trigger: {type: event, with: {name: order.paid, where: [{event.amount: {gte: 100}}]}}
    audience: [{contact.level: {in: [银卡, 金卡]}}]
    guards: {cooldown: %s}
    mode: {on_again: parallel}
    steps: [{do: sms.send, with: {template: order}}]
"""


def rules(extra: str = "owner: 运营", cooldown: str = "none") -> str:
    return RULE % (extra, cooldown)


def shop(make: Make) -> World:
    """Since July: three orders of a gold customer, one of a plain one, one of a gold one; no rule is about them."""
    w = make(NONE)
    for number, level in enumerate(("金卡", "普卡", "银卡"), 1):
        w.person(f"M{number}", phone=f"1380013800{number}", level=level)
    for day, who, amount in (("01", "M1", 500), ("10", "M1", 50), ("20", "M1", 700), ("21", "M2", 900),
                             ("30", "M3", 100)):  # fmt: skip
        w.event("order.paid", who, when=f"2026-07-{day} 10:00", amount=amount, sku=f"S{day}")
    w.run()
    return w


def test_who_would_have_entered_enters_with_the_event_and_the_keys_of_the_live_engine(world: Make, fill: Fill) -> None:
    w = shop(world)
    w.reload(rules())
    made = fill(w, "thanks", "2026-07-05 00:00")
    # then the orders since then, whose amount fits, were looked at; the plain customer is not of the audience
    assert (made.looked_at, made.entered, made.skipped) == (4, 2, Counter({"skipped.audience": 1}))
    assert [(run.contact_id, run.key) for run in w.runs()] == [(1, "e3"), (3, "e5")]
    w.run()
    assert sorted("S20" in text or "S30" in text for text in w.outbox("sms")) == [True, True]


def test_a_second_run_changes_nothing(world: Make, fill: Fill) -> None:
    w = shop(world)
    w.reload(rules())
    fill(w, "thanks", "2026-07-01 00:00")
    w.run()
    before = everything(w)
    again = fill(w, "thanks", "2026-06-01 00:00")
    assert (again.entered, again.skipped) == (0, Counter({"known": 4}))
    after = everything(w)
    assert {name for name in after if after[name] != before[name]} == {"audit"}


def test_who_entered_live_is_not_doubled(world: Make, fill: Fill) -> None:
    w = shop(world)
    w.reload(rules())
    w.event("order.paid", "M1", amount=800, sku="LIVE")
    w.event("order.paid", "M2", amount=800, sku="LIVE")
    w.clock.set(at("2026-08-02 12:00"))
    made = fill(w, "thanks", "2026-07-25 00:00")
    assert (made.entered, made.skipped) == (1, Counter({"known": 2}))
    assert [run.key for run in w.runs()] == ["e6", "e5"]


def test_a_changed_rule_asks_again_about_those_it_had_skipped_and_about_nobody_else(world: Make, fill: Fill) -> None:
    w = shop(world)
    w.reload(rules())
    fill(w, "thanks", "2026-07-01 00:00")
    w.reload(rules().replace("[银卡, 金卡]", "[普卡, 银卡, 金卡]"))
    made = fill(w, "thanks", "2026-07-01 00:00")
    assert (made.entered, made.skipped) == (1, Counter({"known": 3}))


def test_cooldown_and_mode_hold_over_the_whole_time_the_oldest_first(world: Make, planned_fill: Fill) -> None:
    w = shop(world)
    w.reload(rules(cooldown="7d"))
    made = planned_fill(w, "thanks", "2026-07-01 00:00")
    assert (made.entered, made.skipped["skipped.cooldown"]) == (2, 1)
    assert [run.key for run in w.runs()] == ["e1", "e5"]


def test_what_is_too_old_for_the_rule_is_left_out(world: Make, fill: Fill) -> None:
    w = shop(world)
    w.reload(rules("expires_after: 5d"))
    made = fill(w, "thanks", "2026-07-01 00:00")
    assert (made.entered, made.skipped) == (1, Counter({"skipped.expired": 3}))
    assert [run.key for run in w.runs()] == ["e5"]


def test_large_ranges_are_worked_off_in_batches(world: Make, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("automation.engine.backfill.happenings.PAGE", 3)
    w = shop(world)
    w.events([w.line("order.paid", "M3", when="2026-07-30 10:00", amount=200, n=n) for n in range(20)])
    w.reload(rules())
    seen: list[int] = []
    made = Backfill(w.database, w.clock, w.engine.book, Versions(w.engine.book))(
        "thanks", at("2026-07-01 00:00"), "tester", seen.append
    )
    assert (made.looked_at, made.entered) == (25, 23)
    assert (sum(seen), max(seen)) == (25, 3)


def test_what_must_not_follow_is_waited_for_as_ever(world: Make, fill: Fill) -> None:
    w = shop(world)
    w.event("whitepaper.downloaded", "M1", when="2026-07-20 11:00")
    alone = "{name: order.paid, not_followed_by: {event: whitepaper.downloaded, within: 1d},"
    w.reload(rules().replace("{name: order.paid,", alone))
    made = fill(w, "thanks", "2026-07-01 00:00")
    assert (made.entered, made.pending) == (0, 4)
    w.run()
    assert [run.key for run in w.runs() if run.key != "e6"] == ["e1", "e5"]  # e6 is the white paper itself


def test_it_is_audited(world: Make, fill: Fill) -> None:
    w = shop(world)
    w.reload(rules())
    fill(w, "thanks", "2026-07-05 00:00")
    began, done = [row for row in w.table("audit") if row.action.startswith("rule.backfill")]
    assert (began.action, began.actor, began.subject) == ("rule.backfill_began", "tester", "rule:thanks")
    assert (done.action, done.detail["entered"], done.detail["since"]) == (
        "rule.backfilled", 2, "2026-07-05T00:00:00+08:00",
    )  # fmt: skip


def test_what_can_not_be_backfilled_says_why(world: Make, fill: Fill) -> None:
    w = shop(world)
    for rule, since, words in (
        ("thanks", "2026-07-01 00:00", "the rule thanks does not run"),
        ("other", "2027-01-01 00:00", "is not in the past"),
    ):
        with pytest.raises(BackfillError) as caught:
            fill(w, rule, since)
        assert words in caught.value.text("en")
    with w.database.write() as conn:
        target = target_of(conn, "rule:other")
        pause(conn, target, "", "test", 0)
    with pytest.raises(BackfillError, match=r"automation resume rule:other"):
        fill(w, "other", "2026-07-01 00:00")
    with w.database.write() as conn:
        resume(conn, target, "", "test", 0)
    assert fill(w, "other", "2026-07-01 00:00").looked_at == 0
