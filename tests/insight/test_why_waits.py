"""`why` of somebody who waits for an event or stands in a queue, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from automation.i18n import language
from automation.insight.why import why
from tests.engine.world import World

RULES = """
rules:
  - id: cart
    name: 购物车
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    mode: {on_again: queue, per: contact}
    goal: {event: order.paid, within: 7d}
    steps:
      - wait_for: {event: vip.welcome, within: 2d}
      - repeat: {times: 2, every: 1d, steps: [{do: contact.tag, with: {add: [一轮]}}]}
"""


def told(w: World, contact: int, lang: str) -> list[str]:
    with language(lang):  # type: ignore[arg-type]
        account = why(w.database, w.project(), "cart", contact, w.clock.now())
    return [f"{line.sentence} {line.seen}".strip() for line in account.lines if line.kind in ("history", "entry")]


def test_waiting_and_queueing_are_told_in_words(world: Callable[..., World]) -> None:
    # given
    w = world(RULES)
    anna = w.person("M1")
    for title in ("1", "2"):
        w.event("whitepaper.downloaded", "M1", title=title)
        w.run()
    # then
    english = told(w, anna, "en")
    assert (
        "entered on 2026-08-01 12:00 waiting for the event vip.welcome, until 2026-08-03 12:00 at the latest" in english
    )
    assert "entered on 2026-08-01 12:00 in the queue, behind this person's earlier run" in english
    assert "not held back by being inside already on_again: queue, would wait behind run 1" in english
    assert "2026-08-01 12:00  waiting for an event event=vip.welcome, until=2026-08-03 12:00" in english
    assert "2026-08-01 12:00  queued behind this person's earlier run" in english
    chinese = told(w, anna, "zh")
    assert "2026-08-01 12:00 进入 等待事件 vip.welcome，最迟到 2026-08-03 12:00" in chinese
    assert "2026-08-01 12:00 进入 排队中，等此人前一次流程结束" in chinese
    assert "没有因已在其中而被拦下 on_again: queue，会排在流程 1 之后" in chinese


def test_what_became_of_a_wait_is_told_and_a_held_one_says_so(world: Callable[..., World]) -> None:
    w = world(RULES)
    anna = w.person("M1")
    for title in ("1", "2"):
        w.event("whitepaper.downloaded", "M1", title=title)
        w.run()
    w.clock.advance(timedelta(hours=1))
    w.event("vip.welcome", "M1", from_rule="x")
    w.run()
    w.event("order.paid", "M1", amount=1)
    w.run()
    told_now = told(w, anna, "en")
    for sentence in (
        "2026-08-01 13:00  the event came event=vip.welcome",
        "2026-08-01 13:00  a new round begins of=2, round=1",
        "2026-08-01 13:00  the goal is met",
        "2026-08-01 13:00  left: the goal is met",
        "2026-08-01 13:00  entered the rule queued_since=2026-08-01 12:00",
    ):
        assert sentence in told_now
    w.reload(RULES.replace("name: 购物车", "name: 购物车\n    enabled: false"))
    assert "entered on 2026-08-01 12:00 held, waiting for the event vip.welcome" in told(w, anna, "en")
    w.reload(RULES)
    w.go(days=2)
    assert "2026-08-03 13:00  the time is over: the event did not come event=vip.welcome" in told(w, anna, "en")
