"""Templates in the person's language: sent, kept as they were sent, linted and compared in all their languages."""

from __future__ import annotations

from collections.abc import Callable

from automation.insight.lint.lint import lint
from automation.rules.canary import changed_templates
from tests.engine.posts import RULES
from tests.engine.world import TEMPLATES, World

HELLO = {"hello.sms.j2": "【店】您好，拒收请回复R", "hello.en.sms.j2": "[Shop] Hello {{ contact.name }}"}
SMS = RULES + "    guards: {consent: marketing}\n"


def make(world: Callable[..., World], **more: str) -> World:
    others = {name: text for name, text in TEMPLATES.items() if not name.startswith("hello.")}
    return world(SMS, templates=others | HELLO | more)


def test_each_person_gets_their_language(world: Callable[..., World]) -> None:
    w = make(world)
    w.person("M1", phone="13800138001", name="安娜")
    w.person("M2", phone="13800138002", name="Ann", language="en-US")
    w.person("M3", phone="13800138003", name="Yuki", language="ja")
    w.events([w.line("order.paid", f"M{i}", amount=1) for i in (1, 2, 3)])
    w.run()
    sent = w.outbox("sms")
    assert ["Hello Ann" in text for text in sent] == [False, True, False]
    assert ["您好" in text for text in sent] == [True, False, True]
    # and the ledger says what was used, the language included
    assert [m.variables.get("contact", {}).get("language") for m in w.messages()] == [None, "en-US", None]


def test_a_name_that_is_missing_in_one_language_holds_back_those_alone(world: Callable[..., World]) -> None:
    w = make(world)
    w.person("M1", phone="13800138001")
    w.person("M2", phone="13800138002", language="en")
    w.events([w.line("order.paid", f"M{i}", amount=1) for i in (1, 2)])
    w.run()
    assert sorted(m.status for m in w.messages()) == ["accepted", "dropped"]
    assert "failed.render" in w.codes()


def test_lint_and_plans_look_at_every_language(world: Callable[..., World]) -> None:
    w = make(world)
    before = w.project()
    report = lint(before, None, w.clock.now())
    assert {f.file for f in report.findings if f.code == "L202"} == {"templates/hello.en.sms.j2"}
    (w.folder / "templates" / "hello.en.sms.j2").write_text("[Shop] Hi", encoding="utf-8")
    after = w.project()
    (old,), (new,) = before.checked.rules, after.checked.rules
    assert changed_templates(old, before, new, after) == ["hello.sms"]
