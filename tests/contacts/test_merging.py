"""The merge rule of docs/decisions/merging-contacts.md, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from automation.contacts.consent import ConsentChange, load_consents, record_consent
from automation.contacts.profile import add_tags, load_contacts
from automation.store.bulk import insert_rows
from automation.store.schema import (
    contact,
    contact_date,
    coupon_batch,
    coupon_code,
    event,
    identity,
    message,
    run,
)
from tests.contacts.helpers import NOW, audit_of, set_attributes, someone, together

if TYPE_CHECKING:
    from sqlalchemy import Table

    from automation.store.database import Database

PHONE, MAIL = "+8613800138000", "a@x.cn"


@pytest.fixture
def pair(db: Database) -> tuple[int, int]:
    """Two contacts, the older with a phone, the younger with an e-mail address."""
    return someone(db, phone=PHONE), someone(db, NOW + 1, email=MAIL)


def merge(db: Database) -> int:
    return someone(db, NOW + 9, email=MAIL, phone=PHONE)


def test_the_oldest_survives_whatever_the_order_of_identities(db: Database, pair: tuple[int, int]) -> None:
    third = someone(db, NOW + 2, anonymous_id="n")

    assert together(db, {"anonymous_id": "n", "email": MAIL, "phone": PHONE}) == [pair[0]]

    with db.read() as conn:
        assert dict(conn.execute(select(contact.c.id, contact.c.merged_into)).all()) == {  # type: ignore[arg-type]
            pair[0]: None, pair[1]: pair[0], third: pair[0],
        }  # fmt: skip
        assert set(conn.execute(select(identity.c.contact_id)).scalars()) == {pair[0]}


def test_a_chain_of_merges_points_to_the_last_survivor(db: Database, pair: tuple[int, int]) -> None:
    oldest, middle = pair
    youngest = someone(db, anonymous_id="n")
    together(db, {"email": MAIL, "anonymous_id": "n"})
    together(db, {"phone": PHONE, "email": MAIL})
    with db.read() as conn:
        profiles = load_contacts(conn, [oldest, middle, youngest])
        assert conn.execute(select(contact.c.merged_into).where(contact.c.id == youngest)).scalar() == oldest
    assert profiles[youngest] == profiles[middle] == profiles[oldest]


def test_the_survivors_values_win_and_dates_follow(db: Database, pair: tuple[int, int]) -> None:
    set_attributes(db, pair[0], city="上海", level="金卡")
    set_attributes(db, pair[1], city="北京", birthday="1990-08-04")
    with db.write() as conn:
        add_tags(conn, {pair[0]: ["a", "b"], pair[1]: ["b", "c"]}, NOW)

    survivor = merge(db)

    with db.read() as conn:
        profile = load_contacts(conn, [survivor])[survivor]
        dates = conn.execute(select(contact_date.c.contact_id, contact_date.c.field)).all()
    assert (profile["city"], profile["level"], profile["birthday"]) == ("上海", "金卡", "1990-08-04")
    assert profile["tags"] == {"a", "b", "c"}
    assert profile["updated_at"] == "2026-08-01T04:00:00.009Z"
    assert [tuple(row) for row in dates] == [(survivor, "birthday")]


@pytest.mark.parametrize(
    ("kept", "other", "united"),
    [
        (("granted", 5), ("denied", 1), "denied"),
        (("denied", 1), ("granted", 5), "denied"),
        (("granted", 1), ("granted", 5), "granted"),
        (None, ("granted", 5), "granted"),
        (("denied", 1), None, "denied"),
    ],
)
def test_a_denial_beats_a_grant_whenever_it_was_given(
    db: Database, pair: tuple[int, int], kept: tuple[str, int] | None, other: tuple[str, int] | None, united: str
) -> None:
    with db.write() as conn:
        for person, answer in zip(pair, (kept, other), strict=True):
            if answer is not None:
                record_consent(conn, [ConsentChange(person, "marketing", "sms", answer[0], "form", NOW + answer[1])])

    survivor = merge(db)

    with db.read() as conn:
        assert load_consents(conn, [survivor]) == {survivor: {("marketing", "sms"): united}}


def test_what_happened_moves_and_a_run_that_was_there_already_stays(db: Database, pair: tuple[int, int]) -> None:
    survivor, absorbed = pair
    with db.write() as conn:
        insert_rows(conn, event, tuple(_EVENT), [_row(_EVENT, contact_id=absorbed)])
        insert_rows(conn, message, tuple(_MESSAGE), [_row(_MESSAGE, contact_id=absorbed)])
        insert_rows(conn, coupon_batch, ("id", "key", "definition", "issued", "created_at"), [(1, "B", "{}", 1, NOW)])
        insert_rows(conn, coupon_code, ("batch_id", "code", "status", "contact_id"), [(1, "C1", "issued", absorbed)])
        runs = [
            _row(_RUN, key="e1", contact_id=survivor, mode_key="k1"),
            _row(_RUN, key="e1", contact_id=absorbed, mode_key="k2"),  # the same occurrence
            _row(_RUN, key="e2", contact_id=absorbed, mode_key="k1"),  # a second live run where only one may be
            _row(_RUN, key="e3", contact_id=absorbed, mode_key="k3"),
            _row(_RUN, key="e4", contact_id=absorbed, mode_key=None),
            _row(_RUN, key="e1", contact_id=absorbed, mode_key="k1", rule_id=2),  # another rule
        ]
        insert_rows(conn, run, tuple(_RUN), runs)

    merge(db)

    assert _owners(db, event) == _owners(db, message) == _owners(db, coupon_code) == [survivor]
    with db.read() as conn:
        rows = conn.execute(select(run.c.key, run.c.rule_id, run.c.contact_id)).all()
    assert {tuple(row) for row in rows} == {
        ("e1", 1, survivor), ("e1", 1, absorbed), ("e2", 1, absorbed),
        ("e3", 1, survivor), ("e4", 1, survivor), ("e1", 2, survivor),
    }  # fmt: skip


def test_one_audit_row_keeps_both_profiles_as_they_were(db: Database, pair: tuple[int, int]) -> None:
    set_attributes(db, pair[0], city="上海")
    set_attributes(db, pair[1], city="北京")
    with db.write() as conn:
        add_tags(conn, {pair[1]: ["a"]}, NOW)
        record_consent(conn, [ConsentChange(pair[1], "marketing", "*", "granted", "form", NOW)])

    merge(db)

    (row,) = audit_of(db, pair[0])
    assert (row.actor, row.action, row.at) == ("test", "contact.merged", NOW + 9)
    assert row.detail == {
        "survivor": pair[0],
        "absorbed": pair[1],
        "before": {
            str(pair[0]): {
                "attributes": {"city": "上海"}, "identities": [["phone", PHONE]],
                "tags": [], "consents": [], "noes": [], "created_at": NOW,
            },
            str(pair[1]): {
                "attributes": {"city": "北京"}, "identities": [["email", MAIL]],
                "tags": ["a"], "consents": [["marketing", "*", "granted", "form", NOW, NOW, NOW]],
                "noes": [], "created_at": NOW + 1,
            },
        },
    }  # fmt: skip


def _row(defaults: dict[str, Any], **values: Any) -> tuple[Any, ...]:
    return tuple((defaults | values).values())


def _owners(db: Database, table: Table) -> list[int]:
    with db.read() as conn:
        return list(conn.execute(select(table.c.contact_id)).scalars())


_EVENT = {"name": "order.paid", "contact_id": 0, "occurred_at": NOW, "received_at": NOW, "source": "s",
          "message_id": "m", "properties": "{}"}  # fmt: skip
_RUN = {"key": "", "rule_id": 1, "rule_version_id": 1, "contact_id": 0, "status": "active", "position": 0,
        "mode_key": None, "variables": "{}", "entered_at": NOW}  # fmt: skip
_MESSAGE = {"run_id": 1, "step": "s", "visit": 0, "channel": "sms", "rest": "[]", "contact_id": 0, "rule_id": 1,
            "rule_version_id": 1, "address": PHONE, "status": "queued", "queued_at": NOW, "attempts": 0}  # fmt: skip
