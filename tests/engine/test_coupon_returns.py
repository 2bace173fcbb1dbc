"""Coupons at the end of a run: returned when nobody was told of them, kept when somebody may have been; expiry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from automation.engine.delivery.by_hand import Word
from automation.store.coupons import import_codes, stock
from tests.engine.test_delivery import settings
from tests.engine.world import CATALOG, World
from tests.fakes.server import Drop
from tests.fakes.twilio import TOKEN, FakeTwilio, error

Make = Callable[..., World]
POOLS = CATALOG + "  POOL: {label: 券池, kind: pool, per_contact: 1}\n"
STEPS = """
rules:
  - id: gift
    name: 送券
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel}
    steps:
      - do: coupon.issue
        with: {batch: BDAY%s}
        save_as: coupon
"""
GIFT = STEPS + "      - do: message.send\n        with: {channels: [sms], template: coupon}\n"
REFUSED = error(400, 21612, "not reachable")


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


@pytest.fixture
def gift(world: Make, twilio: FakeTwilio) -> Callable[..., World]:
    """One person and one order, under a rule that gives a coupon and tells of it by SMS."""

    def make(rules: str = GIFT % "", *, pool: bool = False, **person: Any) -> World:
        w = world(rules.replace("BDAY", "POOL") if pool else rules, settings=settings(twilio), catalog=POOLS)
        twilio.now = w.clock.now
        if pool:
            with w.database.write() as conn:
                from automation.store.coupons import sync_batches

                sync_batches(conn, w.engine.project.catalogue, 0)
                import_codes(conn, "POOL", ["P1"])
        w.person("M1", **{"phone": "13800138001", "name": "安娜", **person})
        w.event("order.paid", "M1", amount=1)
        return w

    return make


def left(w: World, key: str = "BDAY") -> int | None:
    with w.database.read() as conn:
        return next(row.left for row in stock(conn) if row.key == key)


def statuses(w: World) -> list[str]:
    return [row.status for row in sorted(w.table("coupon_code"), key=lambda row: row.id)]


def test_a_generated_code_whose_message_finally_failed_gives_its_place_back(
    gift: Callable[..., World], twilio: FakeTwilio
) -> None:
    twilio.script(REFUSED)
    w = gift()
    w.run()
    # then it is returned, counted nowhere, and the log says so
    assert (statuses(w), left(w)) == (["returned"], 3)
    (code,) = w.table("coupon_code")
    (told,) = w.log("coupon.returned")
    assert told.detail == {"batch": "BDAY", "code": code.code}
    assert (told.step, told.run_id) == ("rules/gift/steps/0", w.runs()[0].id)
    # and the person, who may have one, gets another
    w.event("order.paid", "M1", amount=2)
    w.run()
    assert (statuses(w), left(w), w.codes().count("message.accepted")) == (["returned", "issued"], 2, 1)
    assert code.code not in twilio.messages[0].body


def test_a_code_of_a_pool_is_free_again_and_goes_to_the_next(gift: Callable[..., World], twilio: FakeTwilio) -> None:
    twilio.script(REFUSED)
    w = gift(pool=True)
    w.run()
    assert (statuses(w), left(w, "POOL")) == (["free"], 1)
    w.person("M2", phone="13800138002", name="博")
    w.event("order.paid", "M2", amount=1)
    w.run()
    assert "P1" in twilio.messages[0].body
    assert (statuses(w), left(w, "POOL")) == (["issued"], 0)


def test_on_failure_keep_keeps_it(gift: Callable[..., World], twilio: FakeTwilio) -> None:
    twilio.script(REFUSED)
    w = gift(GIFT % ", on_failure: keep")
    w.run()
    assert (statuses(w), left(w)) == (["issued"], 2)


def test_a_message_that_got_out_keeps_it_whatever_comes_after(gift: Callable[..., World], twilio: FakeTwilio) -> None:
    second = "      - do: message.send\n        with: {channels: [sms], template: hello}\n"
    w = gift(GIFT % "" + second)
    twilio.script(Drop(after_accept=True), REFUSED)  # the first is unknown, the second refused
    w.run()
    assert [m.status for m in w.messages()] == ["unknown", "failed"]
    assert statuses(w) == ["issued"]


def test_a_message_that_could_not_even_be_queued_returns_it(gift: Callable[..., World]) -> None:
    w = gift(consent=())
    w.run()
    assert "skipped.consent" in w.codes()
    assert (statuses(w), left(w)) == (["returned"], 3)


def test_a_run_that_leaves_before_its_message_returns_it(gift: Callable[..., World]) -> None:
    rules = (GIFT % "").replace("    steps:", "    exit_when: [{did: {event: vip.welcome, since: entry}}]\n    steps:")
    w = gift(rules.replace("      - do: message.send", "      - wait: 2d\n      - do: message.send"))
    w.run()
    assert statuses(w) == ["issued"]
    w.go(hours=1)
    w.event("vip.welcome", "M1", from_rule="x")
    w.go(days=3)
    assert ([run.status for run in w.runs()], statuses(w)) == (["exited"], ["returned"])


def test_the_next_channel_is_tried_before_it_is_returned(gift: Callable[..., World], twilio: FakeTwilio) -> None:
    twilio.script(REFUSED)
    rules = (GIFT % "").replace("[sms], template: coupon", "[sms, email], template: hello")
    w = gift(rules, email="a@example.com")
    w.run()
    assert [m.status for m in w.messages()] == ["failed", "accepted"]
    assert statuses(w) == ["issued"]


def test_a_rule_that_tells_nobody_keeps_its_coupons(gift: Callable[..., World]) -> None:
    """The code shows in the shop's app: nothing failed."""
    w = gift(STEPS % "" + "      - do: contact.tag\n        with: {add: [有券]}\n")
    w.run()
    assert ([run.status for run in w.runs()], statuses(w)) == (["done"], ["issued"])


def test_an_unknown_message_keeps_it_until_it_is_known_to_have_failed(
    gift: Callable[..., World], twilio: FakeTwilio
) -> None:
    twilio.script(Drop(after_accept=False))
    w = gift()
    w.run()
    assert ([m.status for m in w.messages()], [run.status for run in w.runs()]) == (["unknown"], ["done"])
    assert statuses(w) == ["issued"]
    w.engine.by_hand.one(1, Word("failed", "服务商确认未发", "wang"))
    assert (statuses(w), left(w)) == (["returned"], 3)


def test_what_may_have_got_out_the_first_time_is_kept_when_the_second_time_fails(
    gift: Callable[..., World], twilio: FakeTwilio
) -> None:
    twilio.script(Drop(after_accept=False))
    w = gift()
    w.run()
    twilio.script(REFUSED)
    w.engine.by_hand.one(1, Word("resend", "?", "wang"))
    w.run()
    assert statuses(w) == ["issued"]


def test_a_removed_rule_returns_what_nobody_was_told_of(gift: Callable[..., World]) -> None:
    w = gift((GIFT % "").replace("      - do: message.send", "      - wait: 2d\n      - do: message.send"))
    w.run()
    w.reload("rules: []\n")
    w.go(days=1)
    assert ([run.status for run in w.runs()], statuses(w)) == (["exited"], ["returned"])


LOOP = """
rules:
  - id: gift
    name: 送券
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - repeat:
          times: 2
          every: 1d
          steps:
            - do: coupon.issue
              with: {batch: TWICE}
              save_as: coupon
            - do: message.send
              with: {channels: [sms], template: coupon}
"""


def test_each_round_of_a_loop_has_a_code_of_its_own(world: Make, twilio: FakeTwilio) -> None:
    catalog = CATALOG + "  TWICE: {label: 两次, kind: generated, per_contact: 2}\n"
    w = world(LOOP, settings=settings(twilio), catalog=catalog)
    w.person("M1", phone="13800138001", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    w.go(days=2)
    codes = w.table("coupon_code")
    assert [run.status for run in w.runs()] == ["done"]
    assert len({row.code for row in codes}) == len({row.visit for row in codes}) == len(twilio.messages) == 2


# ---------------------------------------------------------------- expiry


def test_codes_end_and_tell_the_rules_that_listen(gift: Callable[..., World]) -> None:
    listening = """
  - id: too_late
    name: 券过期
    trigger: {type: event, with: {name: coupon.expired}}
    steps: [{do: contact.tag, with: {add: [券过期]}}]
"""
    w = gift(GIFT % "" + listening)
    w.run()
    w.to("2026-08-15 23:59")
    assert statuses(w) == ["issued"]
    w.to("2026-08-16 00:00")
    # then it is over, stays used up, and is told once
    assert (statuses(w), left(w)) == (["expired"], 2)
    assert [row.tag for row in w.table("contact_tag")] == ["券过期"]
    (event,) = [row for row in w.table("event") if row.name == "coupon.expired"]
    assert event.properties["batch"] == "BDAY"
    w.go(days=1)
    assert len([row for row in w.table("event") if row.name == "coupon.expired"]) == 1
