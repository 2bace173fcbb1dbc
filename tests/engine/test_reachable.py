"""Conditions on who can be reached: in an audience, in a branch and in an exit they say what the guards then do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from automation.rules.project import Project
from automation.settings import Settings
from tests.engine.world import World

RULES = """
rules:
  - id: promo
    name: 促销
    trigger: {type: event, with: {name: order.paid}}
    audience: [{reachable: {channel: [sms, email]}}]
    exit_when: [{none: [{reachable: sms}, {reachable: email}]}]
    steps:
      - if: [{reachable: {channel: sms, purpose: marketing}}]
        then: [{do: sms.send, with: {template: hello}}]
        else: [{do: email.send, with: {template: hello}}]
      - wait: 1d
      - do: contact.tag
        with: {add: [完成]}
  - id: weekly
    name: 每周
    trigger: {type: schedule, with: {every: 1d, at: "10:00"}}
    audience: [{reachable: email}, {has_identity: [phone, wechat_openid]}]
    steps: [{do: contact.tag, with: {add: [周]}}]
"""


def test_the_condition_says_what_the_guards_then_do(world: Callable[..., World]) -> None:
    w = world(RULES)
    both = w.person("M1", phone="13800138001", email="a@x.cn", name="安娜")
    mail = w.person("M2", phone="13800138002", email="b@x.cn", name="宾", consent=["email"])
    none = w.person("M3", phone="13800138003", consent=[])
    away = w.person("M4", name="无")
    for number in ("M1", "M2", "M3", "M4"):
        w.event("order.paid", number, amount=1)
    w.run()
    assert {(m.contact_id, m.channel, m.status) for m in w.messages()} == {
        (both, "sms", "accepted"), (mail, "email", "accepted"),
    }  # fmt: skip
    assert [w.codes(one) for one in (none, away)] == [["skipped.audience"]] * 2
    # who opts out leaves at once
    w.clock.advance(timedelta(hours=1))
    w.event("contact.unsubscribed", "M1")
    assert "exited.condition" in w.codes(both)
    # and the clock's audience, which is SQL, agrees
    w.to("2026-08-02 10:00")
    assert [tag.contact_id for tag in w.table("contact_tag") if tag.tag == "周"] == [mail]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{reachable: {channel: smss}}", "no channel smss reaches people; known: sms, email"),
        ("{reachable: {chanel: sms}}", "unknown key chanel; known keys: channel, purpose; did you mean channel?"),
        ("{reachable: {purpose: marketing}}", "the channel is missing"),
        ("{reachable: {channel: sms, purpose: a b}}", "purpose is the name of a purpose"),
        ("{has_identity: wechat_opnid}", "there is no identity kind wechat_opnid; known: member_no"),
        ("{did: {event: order.paid, where: [{reachable: sms}]}}", "reachable"),
    ],
)
def test_a_wrong_one_is_told_with_its_place(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "catalog.yaml").write_text("events: {order.paid: {}}", encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(dedent(f"""
    rules:
      - id: r
        name: 规则
        trigger: {{type: event, with: {{name: order.paid}}}}
        audience: [{written}]
        steps: [{{stop: x}}]
    """), encoding="utf-8")  # fmt: skip
    (tmp_path / "automation.toml").write_text("", encoding="utf-8")
    shown = [p.shown("en") for p in Project.load(Settings.load(tmp_path)).problems if p.severity == "error"]
    assert any(said in text and "rules.yaml:6:" in text for text in shown), shown
