"""What operators are told of digests: by `why`, the funnel, a plan and the tests of a rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

from automation.calendars.duration import Duration
from automation.i18n import language
from automation.insight.funnel import read_funnel
from automation.insight.planning.plan import plan
from automation.insight.rule_tests.suite import Suite
from automation.insight.why import why
from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.test_digest import TEMPLATE, buys, digest
from tests.engine.world import CATALOG, TEMPLATES, World

CASES = """
    tests:
      - name: one message for both
        events:
          - {event: order.paid, properties: {amount: 5, sku: A}}
          - advance: 1h
          - {event: order.paid, properties: {amount: 5, sku: B}}
          - advance: 1d
        expect: {entered: true, messages: [{channel: sms, contains: "2单：A B"}], state: done}
"""


def begun(world: Callable[..., World]) -> World:
    w = world(digest(), templates=TEMPLATES | TEMPLATE, now="2026-08-01 10:00")
    w.person("M1", name="安娜", phone="13800138001")
    for sku in "AB":
        buys(w, sku)
        w.go(minutes=1)
    return w


def test_why_says_when_the_digest_goes_out_that_has_collected_the_event(world: Callable[..., World]) -> None:
    w = begun(world)
    with language("en"):
        account = why(w.database, w.project(), "daily", 1, w.clock.now())
    told = {line.kind: line.sentence for line in account.lines if line.kind in ("considered", "next")}
    assert told["considered"] == "not entered by itself: collected into the digest that goes out at 2026-08-01 18:00"
    refused = [(line.sentence, line.path) for line in account.lines if line.kind == "entry" and line.ok is False]
    assert refused == [("not entered by itself: collected into the digest that is under way", "rules/daily/digest")]
    w.to("2026-08-01 18:00")
    with language("en"):
        account = why(w.database, w.project(), "daily", 1, w.clock.now())
    assert all(line.ok is not False for line in account.lines if line.kind == "entry")


def test_a_funnel_counts_one_entry_and_what_was_collected(world: Callable[..., World]) -> None:
    w = begun(world)
    found = read_funnel(w.database, w.project(), "daily")
    assert (found.entered, dict(found.skipped), sum(found.inside.values())) == (1, {"skipped.collected": 1}, 1)
    w.to("2026-08-01 18:00")
    assert dict(read_funnel(w.database, w.project(), "daily").done) == {"completed": 1}


def test_a_plan_knows_the_digest_that_is_under_way(world: Callable[..., World]) -> None:
    w = begun(world)
    found = plan(w.database, w.project(), w.clock.now(), Duration(2, "d"))
    outlook = found.rules["daily"].now
    assert outlook is not None
    assert (outlook.sent, outlook.skipped.get("skipped.collected")) == (1, 1)


def test_a_rule_test_sends_one_message_for_all(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    for name, text in (TEMPLATES | TEMPLATE).items():
        (tmp_path / "templates" / name).write_text(text, encoding="utf-8")
    (tmp_path / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (tmp_path / "automation.toml").write_text("", encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(dedent(digest(more=CASES.strip("\n"))), encoding="utf-8")
    project = Project.load(Settings.load(tmp_path))
    suite = Suite.of(project, ())
    assert [problem.shown("en") for problem in suite.problems] == []
    assert [result.passed for result in suite.run(project).results] == [True]
