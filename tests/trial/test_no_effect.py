"""A test counts nowhere: whatever caps, budgets, reports and coupons see is what it was before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automation.contacts.merging import merge_contacts
from automation.engine.trial.sending import Tried
from tests.engine.world import World
from tests.fakes.twilio import TOKEN, FakeTwilio, error
from tests.trial.conftest import Try
from tests.trial.test_channels import sms

Make = Callable[..., World]
RULE = """
defaults:
  frequency_cap: [{max: 1, per: 1d, channel: sms}]
rules:
  - id: gift
    name: 礼物
    trigger: {type: event, with: {name: order.paid}}
    guards: {cooldown: 7d, budget: {messages: 1}}
    goal: {event: whitepaper.downloaded, within: 7d}
    steps:
      - do: coupon.issue
        with: {batch: BDAY}
        save_as: coupon
      - do: sms.send
        with: {template: coupon}
"""
ALLOWED = '[testing]\nallowed = ["+8613900139000", "13800138001"]\n'
OURS = {"test_message", "audit", "template_version", "provider_account", "provider_token"}


def everything(w: World) -> dict[str, list[Any]]:
    """All rows of all tables but those that a test writes."""
    from automation.store.schema import metadata

    return {name: w.table(name) for name in sorted(set(metadata.tables) - OURS)}


def test_nothing_but_its_own_ledger_and_the_audit_is_written(world: Make, tried: Try) -> None:
    w = world(RULE, settings=ALLOWED)
    someone = w.person("M1", phone="13800138001", name="安娜")
    before = everything(w)
    for _ in range(5):
        (result,) = tried(w, "gift", "13800138001", someone)  # the contact's own phone
        assert isinstance(result, Tried)
        assert result.status == "accepted"
    assert everything(w) == before
    # and the person's real message comes as if there had been none: cap 1, budget 1, cooldown, the first coupon
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert [m.status for m in w.messages()] == ["accepted"]
    assert [row.status for row in w.table("coupon_code")] == ["issued"]
    assert w.codes(someone) == ["entered", "step.done", "message.queued", "message.accepted", "completed"]


def test_failing_tests_do_not_pause_a_rule(world: Make, tried: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        w = world(RULE, settings=ALLOWED + sms(server))
        someone = w.person("M1", name="安娜")
        before = everything(w)
        for _ in range(3):
            server.script(error(400, 21211, "no such number"))
            tried(w, "gift", "13900139000", someone)
        assert everything(w) == before  # neither a rate of failures, nor a problem of the contact, nor a suppression


def test_the_audit_says_who_sent_what_to_whom(world: Make, tried: Try) -> None:
    w = world(RULE, settings=ALLOWED)
    someone = w.person("M1", name="安娜")
    tried(w, "gift", "13900139000", someone)
    (row,) = [row for row in w.table("audit") if row.action == "message.tested"]
    spec, template = w.project().checked.rules[0], w.project().templates.get("coupon", "sms")
    assert template is not None
    assert (row.actor, row.subject) == ("tester", "test:1")
    assert row.detail == {
        "to": "139****9000", "channel": "sms", "contact": someone, "rule": "gift", "rule_version": spec.version,
        "step": "rules/gift/steps/1", "template": "coupon", "template_version": template.version,
    }  # fmt: skip


def test_a_contact_that_merges_away_takes_its_tests_along(world: Make, tried: Try) -> None:
    w = world(RULE, settings=ALLOWED)
    first, second = w.person("M1", name="安娜"), w.person("M2", name="安")
    tried(w, "gift", "13900139000", second)
    with w.database.write() as conn:
        merge_contacts(conn, first, second, 0, "test")
    assert [row.contact_id for row in w.table("test_message")] == [first]
