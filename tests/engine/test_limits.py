"""`limit:`: entries, coupons and messages of one person, by calendar periods and sliding, of one rule and of all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.calendars.duration import Duration
from automation.clock import from_ms, to_ms
from automation.engine.engine import Engine
from automation.i18n import language
from automation.insight.lint.lint import lint
from automation.insight.report import read_report
from automation.insight.why import why
from automation.reasons import Reason
from automation.rules.limits import PERIODS, limit_begins
from automation.rules.project import Project
from automation.rules.spec import Limit
from automation.settings import Settings
from tests.engine.world import World

CATALOG = """
events:
  order.paid: {label: 已付款, properties: {sku: text}}
  member.joined: {label: 入会}
coupons:
  MANY: {label: 券, kind: generated, per_contact: 100, valid_for: 14d, prefix: M}
"""
TAG = "{do: contact.tag, with: {add: [x]}}"
COUPON = "{do: coupon.issue, with: {batch: MANY}}"
SMS = "{do: sms.send, with: {template: hello}}"


def rule(
    id_: str, limit: str, steps: str, more: str = "", trigger: str = "{type: event, with: {name: order.paid}}"
) -> str:
    guards = f"    guards: {{limit: {limit}{more}}}\n" if limit else ""
    return f"  - id: {id_}\n    trigger: {trigger}\n{guards}    steps: [{steps}]\n"


def made(world: Callable[..., World], *rules: str, defaults: str = "", now: str = "2026-08-30 12:00") -> World:
    w = world(f"{defaults}rules:\n" + "".join(rules), catalog=CATALOG, now=now)
    w.person("M1", phone="13800138001", name="安娜")
    return w


def orders(w: World, times: int) -> None:
    w.clock.advance(timedelta(seconds=1))
    w.events([w.line("order.paid", {"member_no": "M1"}, sku=f"{w.clock.now()}{i}") for i in range(times)])
    w.run()


@pytest.mark.parametrize(
    ("of", "steps", "count"),
    [("entries", TAG, "entered"), ("coupons", COUPON, "step.done"), ("messages", SMS, "message.queued")],
)
@pytest.mark.parametrize(
    ("per", "days", "more"),
    [("day", 1, 2), ("week", 1, 2), ("month", 1, 0), ("month", 2, 2), ("30d", 3, 0), ("30d", 31, 2)],
)
def test_over_it_nothing_is_given_until_the_period_is_over(
    world: Callable[..., World], of: str, steps: str, count: str, per: str, days: int, more: int
) -> None:
    """Sunday, 30 August: the next day is another week, two days later another month."""
    w = made(world, rule("one", f"{{max: 2, per: {per}, of: {of}}}", steps))
    # when
    orders(w, 3)
    # then
    assert w.codes().count(count) == 2
    (refused,) = w.log("skipped.limit")
    told = {"max": 2, "per": per, "of": of, "scope": "rule", "counted": 2}
    assert refused.detail == (
        told if of != "messages" else {"channels": [{"channel": "sms", "reason": "skipped.limit", **told}]}
    )
    assert (refused.step is None) == (of == "entries")
    # and in another period there is room again
    w.clock.advance(timedelta(days=days))
    orders(w, 3)
    assert w.codes().count(count) == 2 + more


@pytest.mark.parametrize(("of", "steps"), [("entries", TAG), ("coupons", COUPON), ("messages", SMS)])
def test_a_limit_of_all_rules_counts_the_others_too(world: Callable[..., World], of: str, steps: str) -> None:
    free = rule("a_free", "", steps)
    own = rule("own", f"{{max: 1, per: day, of: {of}}}", steps)
    shared = rule("shared", f"[{{max: 9, per: day, of: {of}}}, {{max: 1, per: day, of: {of}, scope: all}}]", steps)
    w = made(world, free, own, shared)
    orders(w, 1)
    orders(w, 1)
    keys = {row.id: row.key for row in w.table("rule")}
    assert Counter(keys[row.rule_id] for row in w.log("skipped.limit"))["own"] == 1
    assert "a_free" not in {keys[row.rule_id] for row in w.log("skipped.limit")}
    assert Counter(keys[row.rule_id] for row in w.log("skipped.limit"))["shared"] >= 1


def test_the_order_of_the_guards_at_entry(world: Callable[..., World]) -> None:
    """After the cooldown, before `on_again`."""
    w = made(world, rule("one", "{max: 1, per: day, of: entries}", "{wait: 1h}", ", cooldown: 1h"))
    orders(w, 2)
    assert [code for code in w.codes() if code.startswith("skipped")] == ["skipped.cooldown"]
    w.reload("rules:\n" + rule("one", "{max: 1, per: day, of: entries}", "{wait: 1h}") + "    mode: {on_again: skip}\n")
    orders(w, 1)
    assert w.codes()[-1] == "skipped.limit"


def test_a_cap_is_asked_before_a_limit_of_messages(world: Callable[..., World]) -> None:
    limit = "{max: 1, per: day, of: messages}"
    w = made(world, rule("one", limit, SMS, ", frequency_cap: {max: 1, per: 1d}"))
    orders(w, 2)
    assert [code for code in w.codes() if code.startswith("skipped")] == ["skipped.frequency_cap"]


def test_a_returned_coupon_does_not_count_and_a_wait_changes_nothing(world: Callable[..., World]) -> None:
    w = made(world, rule("one", "{max: 1, per: month, of: coupons}", "{wait: 1h}, " + COUPON))
    orders(w, 2)
    w.go(hours=2)
    assert len(w.table("coupon_code")) == 1
    assert w.codes().count("skipped.limit") == 1


def test_whole_audiences_are_held_back_alike(world: Callable[..., World]) -> None:
    clock = "{type: schedule, with: {cron: '0 9 * * *'}}"
    limits = "[{max: 2, per: week, of: entries}, {max: 3, per: 30d, of: entries, scope: all}]"
    w = made(world, rule("daily", limits, TAG, trigger=clock), rule("other", "", TAG), now="2026-08-30 12:00")
    for _ in range(5):  # Monday to Friday
        w.go(days=1)
    assert w.codes().count("entered") == 2
    orders(w, 1)  # counts for all, and is held back by none
    w.to("2026-09-08 12:00")
    done = [row for row in w.table("occurrence") if row.status == "done"]
    assert sum(row.entered for row in done) == 2
    assert sum(row.skipped.get("skipped.limit", 0) for row in done) == len(done) - 2


def test_defaults_and_rules_add_up_and_transactional_rules_are_free_of_the_defaults(
    world: Callable[..., World],
) -> None:
    defaults = "defaults: {limit: {max: 1, per: day, of: messages, scope: all}}\n"
    own = rule("own", "{max: 2, per: day, of: messages}", SMS, ", consent: transactional")
    w = made(world, rule("marketing", "{max: 5, per: day, of: entries}", SMS), own, defaults=defaults)
    orders(w, 3)
    keys = {row.id: row.key for row in w.table("rule")}
    assert Counter(keys[row.rule_id] for row in w.messages()) == {"marketing": 1, "own": 2}
    w.reload("defaults: {limit: {max: 1, per: day, of: entries}}\nrules:\n" + rule("marketing", "none", TAG))
    orders(w, 3)
    assert w.codes().count("skipped.limit") == 3


@pytest.mark.parametrize("of", ["entries", "coupons"])
def test_several_processes_pass_no_limit(world: Callable[..., World], of: str) -> None:
    limit = f"{{max: 5, per: month, of: {of}, scope: all}}"
    clock = "{type: schedule, with: {every: 1h}}"
    rules = [rule(name, limit, COUPON) for name in ("one", "two")]
    w = made(world, *rules, rule("hourly", limit, COUPON, trigger=clock), now="2026-08-10 12:00")
    engines = [Engine(Project.load(Settings.load(w.folder)), w.database, w.clock) for _ in range(3)]
    w.clock.advance(timedelta(hours=1))

    def work(engine: Engine, name: int) -> None:
        for i in range(3):
            engine.ingest([w.line("order.paid", {"member_no": "M1"}, sku=f"{name}-{i}")])
            engine.fire()
            engine.advance()

    workers = [threading.Thread(target=work, args=(engine, i)) for i, engine in enumerate(engines)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    w.run()
    assert len(w.table("coupon_code")) == 5


def test_why_and_the_report_tell_of_it(world: Callable[..., World]) -> None:
    limits = "[{max: 1, per: day, of: entries}, {max: 1, per: week, of: messages}]"
    w = made(world, rule("one", limits, SMS))
    orders(w, 2)
    with language("en"):
        account = why(w.database, w.engine.project, "one", 1, w.clock.now())
        (told,) = read_report(w.database)
    lines = [line for line in account.lines if line.path.endswith("guards/limit")]
    assert [(line.kind, line.ok) for line in lines] == [("entry", False), ("message", False)]
    assert lines[0].seen == "1 of 1 in a calendar day"
    assert (told.skipped, told.unsent) == ({Reason.SKIPPED_LIMIT: 1}, {})


@settings(max_examples=60, deadline=None)
@given(
    day=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    minute=st.integers(0, 24 * 60 - 1),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"]),
    per=st.sampled_from([*PERIODS, Duration(30, "d"), Duration(6, "h")]),
)
def test_a_period_begins_at_its_first_local_midnight(day: date, minute: int, zone: str, per: object) -> None:
    where = ZoneInfo(zone)
    moment = to_ms(datetime.combine(day, time(minute // 60, minute % 60), UTC))
    began = limit_begins(Limit(1, per, "entries"), moment, where)  # type: ignore[arg-type]
    assert began < moment
    if per in PERIODS:
        first, now = from_ms(began + 1).astimezone(where), from_ms(moment).astimezone(where)
        days = {"day": 0, "week": now.weekday(), "month": now.day - 1}[str(per)]
        assert (now.date() - first.date()).days == days
        assert from_ms(began).astimezone(where).date() < first.date()


def test_lint_names_a_limit_of_what_the_rule_does_not_give(world: Callable[..., World]) -> None:
    limits = "[{max: 1, per: day, of: coupons}, {max: 1, per: day, of: messages, scope: all}]"
    rules = (rule("idle", limits, TAG), rule("right", limits, COUPON), rule("plain", "", TAG))
    w = made(world, *rules, defaults="defaults: {limit: {max: 9, per: day, of: coupons}}\n")
    report = lint(w.engine.project, None, w.clock.now())
    assert [(one.code, one.line) for one in report.findings if one.code == "L805"] == [("L805", 5)]
