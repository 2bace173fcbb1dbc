"""Segments in rules: the event path and the clock judge alike; a changed segment is a new version of its rules."""

from __future__ import annotations

from collections.abc import Callable

from tests.engine.world import World

SEGMENTS = """
segments:
  buyers: [did: {event: order.paid, where: {amount: {gte: 100}}, within: 30d}]
  best: [contact.level: 金卡, segment: buyers]
"""
RULES = (
    SEGMENTS
    + """
rules:
  - id: by_event
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    audience: [segment: best]
    exit_when: [none: [segment: buyers]]
    steps:
      - wait: 2d
      - do: contact.tag
        with: {add: [读者]}
  - id: by_clock
    trigger: {type: schedule, with: {cron: "0 10 * * *"}}
    audience: [none: [segment: best]]
    steps:
      - do: contact.tag
        with: {add: [其他]}
"""
)


def test_an_event_and_the_clock_judge_by_the_same_segment(world: Callable[..., World]) -> None:
    # given one who belongs to the segment, and two who lack a half of it each
    w = world(RULES)
    best, plain, idle = w.person("M1", level="金卡"), w.person("M2", level="普卡"), w.person("M3", level="金卡")
    w.events([w.line("order.paid", {"member_no": n}, amount=100) for n in ("M1", "M2")])
    w.go(minutes=1)
    # when
    w.events([w.line("whitepaper.downloaded", {"member_no": n}) for n in ("M1", "M2", "M3")])
    w.to("2026-08-02 10:00")
    # then
    assert w.codes(best) == ["entered", "waiting"]
    for other in (plain, idle):
        assert w.codes(other) == ["skipped.audience", "entered", "step.done", "completed"]


def test_a_changed_segment_is_a_new_version_and_who_is_inside_goes_by_the_old_one(world: Callable[..., World]) -> None:
    # given somebody inside, and rules whose segment then asks for more
    w = world(RULES)
    anna = w.person("M1", level="金卡")
    w.event("order.paid", {"member_no": "M1"}, amount=100)
    w.go(minutes=1)
    w.event("whitepaper.downloaded", {"member_no": "M1"})
    w.run()
    before = {row.rule_id: row.version for row in w.table("rule_version")}
    w.reload(RULES.replace("gte: 100", "gte: 500"))
    assert len(w.table("rule_version")) == 2 * len(before)
    # when the wait is over
    w.to("2026-08-03 13:00")
    # then the old segment still holds for her; the new one would have let her go
    assert [run.reason for run in w.runs()][:1] == ["completed"]
    # and new entries are judged by the new one
    w.event("whitepaper.downloaded", {"member_no": "M1"})
    assert w.codes(anna)[-1] == "skipped.audience"
