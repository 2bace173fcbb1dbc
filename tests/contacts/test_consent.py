"""Consent: the later answer wins, a denial wins a tie, no answer is no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.clock import token
from automation.contacts.consent import ConsentChange, allows, load_consents, record_consent
from automation.contacts.names import ContactError
from tests.contacts.helpers import NOW, audit_of, someone, together

if TYPE_CHECKING:
    from automation.store.database import Database


def change(person: int, state: str, at: int = NOW, channel: str = "*", purpose: str = "marketing") -> ConsentChange:
    return ConsentChange(person, purpose, channel, state, "form", at)


def test_the_later_answer_wins_and_every_effective_one_is_audited(db: Database) -> None:
    person = someone(db, member_no="M1")
    with db.write() as conn:
        assert record_consent(conn, [change(person, "granted")], actor="web") == {person}
        assert record_consent(conn, [change(person, "denied", NOW - 1)]) == set()  # arrived late
        assert record_consent(conn, [change(person, "denied", NOW + 5), change(person, "granted", NOW + 9)])
        assert record_consent(conn, [change(person, "granted", NOW + 9)]) == set()  # the same again
        assert load_consents(conn, [person, 999]) == {person: {("marketing", "*"): "granted"}, 999: {}}

    rows = [(row.actor, row.action, row.at, row.detail["before"]) for row in audit_of(db, person)]
    before = [
        {"state": state, "source": "form", "at": at, "given_at": at, "heard_at": at}
        for state, at in (("granted", NOW), ("denied", NOW + 5))
    ]
    assert rows == [
        ("web", "consent.granted", NOW, None),
        ("consent", "consent.denied", NOW + 5, before[0]),
        ("consent", "consent.granted", NOW + 9, before[1]),
    ]


def test_at_the_same_time_the_denial_wins_in_either_order(db: Database) -> None:
    one, other = someone(db, member_no="M1"), someone(db, member_no="M2")
    with db.write() as conn:
        record_consent(conn, [change(one, "granted"), change(one, "denied"), change(other, "denied")])
        record_consent(conn, [change(one, "granted"), change(other, "granted")])
        assert set(load_consents(conn, [one])[one].values()) == {"denied"}
        assert set(load_consents(conn, [other])[other].values()) == {"denied"}


def test_the_channel_decides_then_all_channels_then_nothing_is_no() -> None:
    consents = {("marketing", "*"): "granted", ("marketing", "sms"): "denied", ("service", "email"): "granted"}
    assert allows(consents, "marketing", "email")
    assert not allows(consents, "marketing", "sms")
    assert allows(consents, "service", "email")
    assert not allows(consents, "service", "sms")
    assert not allows({("marketing", "*"): "denied", ("marketing", "sms"): "granted"}, "marketing", "email")
    assert allows({("marketing", "*"): "denied", ("marketing", "sms"): "granted"}, "marketing", "sms")


def test_answers_given_as_a_contact_that_merged_away_count_for_the_survivor(db: Database) -> None:
    survivor, absorbed = someone(db, phone="+8613800138000"), someone(db, email="a@x.cn")
    together(db, {"phone": "+8613800138000", "email": "a@x.cn"})
    with db.write() as conn:
        record_consent(conn, [change(absorbed, "granted")])
        consents = load_consents(conn, [absorbed, survivor])
    assert consents[absorbed] == consents[survivor] == {("marketing", "*"): "granted"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"purpose": "a.b"}, "“a.b” can't be a purpose of consent"),
        ({"purpose": ""}, "can't be a purpose of consent"),
        ({"channel": "pigeon"}, "there is no channel “pigeon”; known: *, sms"),
        ({"state": "maybe"}, "“maybe” is no consent state; write granted (yes) or denied (no)"),
    ],
)
def test_a_wrong_answer_is_refused_whole(db: Database, wrong: dict[str, str], said: str) -> None:
    person = someone(db, member_no="M1")
    values = {"purpose": "marketing", "channel": "*", "state": "granted"} | wrong
    with db.write() as conn:
        with pytest.raises(ContactError) as caught:
            record_consent(conn, [change(person, "granted"), ConsentChange(person, source="", at_ms=NOW, **values)])
        assert load_consents(conn, [person]) == {person: {}}
    assert said in caught.value.text("en")


answers = st.lists(st.tuples(st.sampled_from(["granted", "denied"]), st.integers(0, 3)), min_size=1, max_size=6)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=answers, cut=st.integers(0, 6))
def test_in_any_order_and_any_batches_the_same_answer_stands(
    sqlite_db: Database, answers: list[tuple[str, int]], cut: int
) -> None:
    expected, _ = max(answers, key=lambda answer: (answer[1], answer[0] == "denied"))
    for order in (answers, answers[::-1]):
        person = someone(sqlite_db, member_no=token("0123456789", 20))
        with sqlite_db.write() as conn:
            for batch in (order[:cut], order[cut:]):
                record_consent(conn, [change(person, state, NOW + at) for state, at in batch])
            assert load_consents(conn, [person])[person] == {("marketing", "*"): expected}
