"""`vars:` of a rule: its templates, texts, conditions and references find them, each rule its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from automation.engine.trial.drafts import Draft, Given, of_rule
from automation.i18n import language
from automation.insight.explain.explain import explain
from automation.insight.lint.samples import Sampler
from tests.engine.world import World

STEPS = """
      - if: [{contact.points: {gte: vars.enough}}]
        then:
          - do: sms.send
            with: {template: gift}
          - do: event.emit
            with: {name: vip.welcome, properties: {from_rule: "{{ vars.gift }} {{ vars.enough + 1 }}"}}
          - do: contact.tag
            with: {add: [vars.gift]}
"""
RULES = f"""
rules:
  - id: silver
    trigger: {{type: event, with: {{name: order.paid}}}}
    vars: {{gift: 银卡礼, enough: 100}}
    guards: {{consent: transactional}}
    steps: {STEPS}
  - id: gold
    trigger: {{type: event, with: {{name: order.paid}}}}
    vars: {{gift: 金卡礼, enough: 500}}
    guards: {{consent: transactional}}
    steps: {STEPS}
"""
TEMPLATES = {"gift.sms.j2": "【店】{{ contact.name }}，{{ vars.gift }}，拒收请回复R"}


def test_each_rule_shows_compares_and_writes_its_own(world: Callable[..., World]) -> None:
    w = world(RULES, templates=TEMPLATES)
    w.person("M1", name="安娜", phone="13800138001", points=300)
    w.event("order.paid", "M1")
    w.go(minutes=1)
    (sent,) = w.outbox("sms")
    assert "安娜，银卡礼" in sent
    assert [row.properties for row in w.table("event") if row.name == "vip.welcome"] == [{"from_rule": "银卡礼 101"}]
    assert [row.tag for row in w.table("contact_tag")] == ["银卡礼"]


def test_explain_lint_and_test_sends_know_them(world: Callable[..., World]) -> None:
    w = world(RULES, templates=TEMPLATES)
    anna = w.person("M1", name="安娜", phone="13800138001", points=300)
    project, now = w.engine.project, datetime(2026, 8, 1, tzinfo=UTC)
    gold = project.checked.rules[1]
    with language("en"):
        told = str(explain(project, "gold"))
    assert "values for its templates: gift = 金卡礼; enough = 500" in told
    assert Sampler(project, None, now, 0).of(gold).people[0]["vars"] == {"gift": "金卡礼", "enough": 500}
    with w.database.read() as conn:
        (draft,) = of_rule(conn, project, gold, Given(anna, "sms"), now)
    assert isinstance(draft, Draft)
    assert draft.template is not None
    assert "金卡礼" in str(draft.template.render(draft.variables).content.text)
