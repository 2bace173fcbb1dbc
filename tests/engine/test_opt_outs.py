"""An opt-out is never put aside: what can be done of it is done, whatever else is wrong with the event."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automation.clock import to_ms, token
from automation.contacts.consent import ConsentChange, allows, load_consents, record_consent
from automation.contacts.resolve import find
from automation.store.database import Database
from tests.engine.world import World

PROMO = """
rules:
  - id: promo
    name: 促销
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: sms.send, with: {template: hello}}]
"""


def stop(contact: Any = "M1", **more: Any) -> str:
    body = {"name": "contact.unsubscribed", "contact": contact, **more}
    return json.dumps(body | {"occurred_at": body.get("occurred_at", "2026-08-01T13:00:00+08:00")})


def may(w: World, contact: int, channel: str = "sms", purpose: str = "marketing") -> bool:
    with w.database.read() as conn:
        return allows(load_consents(conn, [contact])[contact], purpose, channel)


def whose(w: World, kind: str, value: str) -> int:
    with w.database.read() as conn:
        return find(conn, kind, [value])[value]


WRONG: dict[str, str] = {
    "channel nobody knows": stop(properties={"channel": "短信"}),
    "channel of another type": stop(properties={"channel": ["sms"]}),
    "purpose of another type": stop(properties={"purpose": 7.5}),
    "purpose no rule has": stop(properties={"purpose": "advertisment"}),
    "properties are a list": stop(properties=["sms"]),
    "properties hold a NUL": stop(properties={"channel": "sms\x00", "note\x00": "x"}),
    "time nobody can read": stop(occurred_at="yesterday"),
    "time of another type": stop(occurred_at={"at": 1}),
    "time far ahead": stop(occurred_at="2099-01-01"),
    "a key too many": stop(reason="no time"),
    "message_id of another type": stop(message_id=[7]),
    "message_id too long": stop(message_id="x" * 300),
    "source too long": stop(source="x" * 300),
    "event channel of another type": stop(channel=7),
    "another identity that is none": stop({"member_no": "M1", "phone": "12", "shoe": "44"}),
    "a list of people": stop(["M1"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_beside_it_keeps_nobody_from_being_heard(world: Callable[..., World], case: str) -> None:
    w = world(PROMO)
    anna = w.person("M1", phone="13800138001", name="安娜")
    w.clock.advance(timedelta(hours=2))
    result = w.events([WRONG[case]])
    assert (result.stored, result.quarantined) == (1, 0)
    assert not may(w, anna)
    assert not may(w, anna, "email")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert w.messages() == []


def test_an_opt_out_that_names_nobody_is_put_aside_and_seen(world: Callable[..., World]) -> None:
    w = world(PROMO)
    assert w.events([stop({"shoe": "44"})]).quarantined == 1
    assert [row.code for row in w.table("quarantine")] == ["ingest.unknown_identity"]


def test_somebody_unknown_is_remembered_although_events_make_no_contacts(world: Callable[..., World]) -> None:
    w = world(PROMO, settings="[ingest]\ncreate_contacts = false\n")
    assert w.events([stop({"phone": "13800138009"})]).stored == 1
    assert not may(w, whose(w, "phone", "+8613800138009"))
    assert w.event("order.paid", {"phone": "13800138008"}).quarantined == 1


def test_where_identities_clash_everybody_they_name_is_heard(world: Callable[..., World]) -> None:
    w = world(PROMO)
    anna, ben = w.person("M1", phone="13800138001"), w.person("M2")
    w.clock.advance(timedelta(hours=2))
    result = w.events([stop({"phone": "13800138001", "member_no": "M2"}), stop({"phone": "13800138001"})])
    assert (result.stored, result.duplicates, result.quarantined) == (2, 0, 0)
    assert not may(w, anna)
    assert not may(w, ben)


def test_one_older_than_events_are_kept_is_heard(world: Callable[..., World]) -> None:
    w = world(PROMO, settings='[retention]\nevents = "30d"\n')
    anna = w.person("M1", consent=[])
    with w.database.write() as conn:  # an import without a date
        now = to_ms(w.clock.now())
        record_consent(conn, [ConsentChange(anna, "marketing", "*", "granted", "import:x", None, now)])
    result = w.events([stop(occurred_at="2026-05-01")])
    assert (result.stored, result.duplicates, result.quarantined) == (0, 1, 0)
    assert not may(w, anna)


def test_a_senders_number_that_came_before_keeps_nobody_from_being_heard(world: Callable[..., World]) -> None:
    w = world(PROMO)
    people = [w.person("M1"), w.person("M2")]
    w.clock.advance(timedelta(hours=2))
    w.events([stop("M1", message_id="1"), stop("M2", message_id="1")])
    assert not any(may(w, one) for one in people)


def test_the_same_opt_out_again_does_not_undo_a_later_yes(world: Callable[..., World]) -> None:
    w = world(PROMO)
    anna = w.person("M1")
    w.clock.advance(timedelta(hours=2))
    untimed = json.dumps({"name": "contact.unsubscribed", "contact": "M1", "message_id": "7", "properties": []})
    for line in (stop(), untimed):
        w.events([line])
        assert not may(w, anna)
        w.clock.advance(timedelta(days=1))
        with w.database.write() as conn:
            now = to_ms(w.clock.now())
            record_consent(conn, [ConsentChange(anna, "marketing", "*", "granted", "cli", now)])
        w.clock.advance(timedelta(days=1))
        assert w.events([line]).duplicates == 1
        assert may(w, anna)


def test_a_channel_and_a_purpose_deny_these_alone(world: Callable[..., World]) -> None:
    w = world(PROMO.replace("steps:", "guards: {consent: service}\n    steps:"))
    anna = w.person("M1")
    with w.database.write() as conn:
        now = to_ms(w.clock.now())
        record_consent(conn, [ConsentChange(anna, "service", "*", "granted", "test", now)])
    w.clock.advance(timedelta(hours=2))
    w.events([stop(properties={"channel": "sms", "purpose": "service"})])
    assert [may(w, anna, on, what) for on in ("sms", "email") for what in ("service", "marketing")] == [
        False, True, True, True,
    ]  # fmt: skip
    w.events([stop(properties={"purpose": "serivce"})])
    assert not any(may(w, anna, on, what) for on in ("sms", "email") for what in ("service", "marketing"))


def test_an_opt_out_that_a_rule_emits_is_heard_too(world: Callable[..., World]) -> None:
    w = world("""
    rules:
      - id: leaving
        name: 注销
        trigger: {type: event, with: {name: vip.welcome}}
        steps: [{do: event.emit, with: {name: contact.unsubscribed, properties: {channel: sms}}}]
    """)
    anna = w.person("M1")
    w.clock.advance(timedelta(hours=2))
    w.event("vip.welcome", "M1")
    w.run()
    assert not may(w, anna)
    assert may(w, anna, "email")


def test_an_opt_out_whose_rules_break_is_heard(world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would set off can't be done: a value that the database refuses stands for whatever that is."""
    w = world(PROMO.replace("order.paid", "contact.unsubscribed"))
    anna = w.person("M1")
    w.clock.advance(timedelta(hours=2))

    def broken(*_: Any) -> Any:
        raise ValueError("no")

    monkeypatch.setattr("automation.engine.entry.ingest.enter_arrivals", broken)
    assert w.events([stop(), w.line("order.paid", "M1", amount=1)]).quarantined == 2
    assert not may(w, anna)


members = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**7), 10**7), st.text(max_size=5), st.lists(st.integers(), max_size=2),
    st.sampled_from(["sms", "2027-08-01", "x" * 500, "marketing", "\x00", "\ud800", {"a": {}}]),
)  # fmt: skip


@settings(max_examples=30, deadline=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    more=st.dictionaries(
        st.sampled_from(["occurred_at", "message_id", "source", "channel", "properties", "extra"]), members
    ),
    properties=st.none() | st.dictionaries(st.sampled_from(["channel", "purpose", "x"]), members),
    also=st.dictionaries(st.sampled_from(["phone", "email", "shoe"]), members),
)
def test_whatever_else_an_opt_out_says_it_is_heard(
    db: Database, tmp_path_factory: pytest.TempPathFactory, more: dict[str, Any], properties: Any, also: dict[str, Any]
) -> None:
    w = _shop(db, tmp_path_factory)
    number = token("0123456789", 20)
    anna = w.person(number)
    w.clock.advance(timedelta(hours=2))
    body = {"name": "contact.unsubscribed", **more, "contact": {"member_no": number, **also}}
    result = w.events([json.dumps(body | ({"properties": properties} if properties is not None else {}))])
    assert result.quarantined == 0
    channel = (properties or {}).get("channel") if properties is not None else None
    assert not may(w, anna, "sms" if channel == "sms" else "email")


_SHOPS: dict[int, World] = {}


def _shop(db: Database, folders: pytest.TempPathFactory) -> World:
    """One for all examples."""
    if id(db) not in _SHOPS:
        _SHOPS.clear()
        _SHOPS[id(db)] = World(folders.mktemp("shop"), db, PROMO)
    return _SHOPS[id(db)]
