"""Budgets: messages and cost per rule and local day, prices by channel and SMS segment, and what goes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from automation.errors import SettingsError
from automation.settings import Settings
from tests.engine.world import TEMPLATES, World
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio, error

PRICES = """
[prices]
sms = "0.045"
email = "0.001"
"""
LONG = TEMPLATES | {"long.sms.j2": "【店】" + "长" * 100}


def rule(budget: str, *, channels: str = "sms", template: str = "hello", purpose: str = "marketing") -> str:
    return f"""
rules:
  - id: promo
    name: 促销
    trigger: {{type: event, with: {{name: order.paid}}}}
    guards: {{consent: {purpose}, budget: {budget}}}
    steps:
      - do: message.send
        with: {{channels: [{channels}], template: {template}}}
"""


def people(w: World, count: int) -> list[int]:
    return [w.person(f"M{i}", phone=f"1380013800{i}", email=f"p{i}@example.com", name="安娜") for i in range(count)]


def everybody_buys(w: World, count: int) -> None:
    w.events([w.line("order.paid", f"M{i}", amount=1) for i in range(count)])


def used(w: World) -> dict[str, tuple[int, int]]:
    return {row.day: (row.messages, row.cost) for row in w.table("budget_use")}


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    server = FakeTwilio()
    server.start()
    yield server
    server.stop()


def by_twilio(twilio: FakeTwilio) -> str:
    return f"""{PRICES}
[delivery]
max_attempts = 2
backoff_seconds = 1
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
auth_token = {{env = "TWILIO_TOKEN"}}
from_number = "{SENDER}"
base_url = "{twilio.url}"
timeout = 0.4
"""


def test_as_many_as_fit_are_sent_in_order_and_the_next_day_begins_anew(world: Callable[..., World]) -> None:
    w = world(rule("{messages: 3}"), now="2026-08-01 23:50")
    found = people(w, 5)
    everybody_buys(w, 5)
    w.run()
    assert [m.contact_id for m in w.messages()] == found[:3]
    refused = w.log("skipped.budget")
    assert [row.contact_id for row in refused] == found[3:]
    assert refused[0].detail["channels"] == [
        {"channel": "sms", "reason": "skipped.budget", "messages": 3, "spent": 3, "day": "2026-08-01"}
    ]
    assert used(w) == {"2026-08-01": (3, 0)}
    w.go(minutes=11)  # 00:01 in the rule's own zone
    w.event("order.paid", "M4", amount=1)
    w.run()
    assert [m.contact_id for m in w.messages()] == [*found[:3], found[4]]
    assert used(w) == {"2026-08-01": (3, 0), "2026-08-02": (1, 0)}


def test_a_transactional_message_counts_too(world: Callable[..., World]) -> None:
    w = world(rule("{messages: 1}", purpose="transactional"))
    people(w, 2)
    everybody_buys(w, 2)
    w.run()
    assert len(w.messages()) == 1


def test_cost_is_the_price_times_the_segments_and_is_kept_without_a_budget(world: Callable[..., World]) -> None:
    w = world(rule("none", template="long"), settings=PRICES, templates=LONG)
    people(w, 1)
    everybody_buys(w, 1)
    w.run()
    (message,) = w.messages()
    assert message.cost == 2 * 450  # 103 characters are two segments
    assert used(w) == {}


def test_no_prices_no_costs(world: Callable[..., World]) -> None:
    w = world(rule("{messages: 1}"))
    people(w, 1)
    everybody_buys(w, 1)
    w.run()
    assert [(m.status, m.cost) for m in w.messages()] == [("accepted", None)]


@pytest.mark.parametrize("prices", ["", '[prices]\nemail = "0.001"\n'])
def test_what_may_cost_only_so_much_is_not_sent_at_a_price_nobody_knows(
    world: Callable[..., World], prices: str
) -> None:
    w = world(rule("{cost: 1}", channels="sms, email"), settings=prices)
    people(w, 1)
    everybody_buys(w, 1)
    w.run()
    sms, email = w.messages()
    assert (sms.status, email.status) == ("dropped", "accepted" if prices else "dropped")
    assert w.log("skipped.budget")[0].detail["no_price"] == "sms"


def test_what_is_free_says_so(world: Callable[..., World]) -> None:
    w = world(rule("{cost: 1}"), settings="[prices]\nsms = 0\n")
    people(w, 1)
    everybody_buys(w, 1)
    w.run()
    assert [(m.status, m.cost) for m in w.messages()] == [("accepted", 0)]


def test_what_a_day_may_cost_is_not_passed_and_a_cheaper_channel_is_taken(world: Callable[..., World]) -> None:
    w = world(rule("{cost: 0.1}", channels="sms, email"), settings=PRICES)
    found = people(w, 3)
    everybody_buys(w, 3)
    w.run()
    assert [(m.contact_id, m.channel, m.status, m.cost) for m in w.messages()] == [
        (found[0], "sms", "accepted", 450),
        (found[1], "sms", "accepted", 450),
        (found[2], "sms", "dropped", None),
        (found[2], "email", "accepted", 10),
    ]
    (refused,) = w.log("skipped.budget")
    assert refused.detail == {
        "channel": "sms", "code": "budget", "cost": 450, "budget": 1000, "spent": 900, "day": "2026-08-01",
    }  # fmt: skip
    assert used(w) == {"2026-08-01": (3, 910)}


def test_a_refused_message_gives_back_what_it_took(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(rule("{messages: 2, cost: 1}"), settings=by_twilio(twilio))
    people(w, 3)
    twilio.script(error(400, 21211, "no such number"))
    w.event("order.paid", "M0", amount=1)
    w.run()
    assert [(m.status, m.cost) for m in w.messages()] == [("failed", 0)]
    assert used(w) == {"2026-08-01": (0, 0)}
    for name in ("M1", "M2"):
        w.event("order.paid", name, amount=1)
    w.run()
    assert used(w) == {"2026-08-01": (2, 900)}


def test_an_attempt_that_is_made_again_is_paid_once(world: Callable[..., World], twilio: FakeTwilio) -> None:
    w = world(rule("{cost: 0.05}"), settings=by_twilio(twilio))
    people(w, 1)
    twilio.script(error(503, 20503, "busy"))
    w.event("order.paid", "M0", amount=1)
    w.run()
    assert [(m.status, m.cost) for m in w.messages()] == [("queued", 450)]
    w.go(minutes=5)
    assert [(m.status, m.attempts, m.cost) for m in w.messages()] == [("accepted", 2, 450)]
    assert used(w) == {"2026-08-01": (1, 450)}


def test_a_message_of_unknown_outcome_keeps_its_place(world: Callable[..., World], twilio: FakeTwilio) -> None:
    from tests.fakes.server import Hang

    w = world(rule("{messages: 1, cost: 1}"), settings=by_twilio(twilio))
    people(w, 1)
    twilio.script(Hang())
    w.event("order.paid", "M0", amount=1)
    w.run()
    assert [m.status for m in w.messages()] == ["unknown"]
    assert used(w) == {"2026-08-01": (1, 450)}


def test_what_expires_or_loses_its_consent_in_the_queue_gives_its_place_back(world: Callable[..., World]) -> None:
    rules = rule("{messages: 1}").replace("    guards:", "    expires_after: 1h\n    guards:")
    w = world(rules)
    people(w, 1)
    everybody_buys(w, 1)
    w.engine.advance()
    assert used(w) == {"2026-08-01": (1, 0)}
    w.clock.advance(timedelta(hours=2))
    w.run()
    assert [m.status for m in w.messages()] == ["dropped"]
    assert used(w) == {"2026-08-01": (0, 0)}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('sms = "0.00001"', "at most 4 decimals; found 0.00001"),
        ('sms = "-1"', 'expected a price like "0.045"'),
        ('letter = "1"', "letter: no such channel"),
        ('sms = "free"', "decimal"),
    ],
)
def test_a_price_that_is_none_is_refused(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "automation.toml").write_text(f"[prices]\n{written}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.load(tmp_path)
    assert told in caught.value.text("en")
    assert "prices" in caught.value.text("en")


def test_a_run_that_is_ended_from_outside_gives_its_messages_place_back(world: Callable[..., World]) -> None:
    rules = rule("{messages: 2}").replace("    guards:", "    mode: {on_again: restart, per: contact}\n    guards:")
    w = world(rules)
    people(w, 1)
    w.event("order.paid", "M0", amount=1)
    w.engine.advance()
    w.event("order.paid", "M0", amount=2)
    assert [m.status for m in w.messages()] == ["dropped"]
    assert used(w) == {"2026-08-01": (0, 0)}
