"""Suppression: nobody on the list is sent anything, by contact or by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automation.contacts.names import ContactError
from automation.contacts.suppression import Suppression, lift, load_suppressed, suppress
from tests.contacts.helpers import DAY, NOW, audit_of, someone, together

if TYPE_CHECKING:
    from automation.store.database import Database

PHONE = "+8613800138000"


def test_contacts_and_addresses_are_held_back_on_their_channels(db: Database) -> None:
    one, two, three = (someone(db, member_no=f"M{number}") for number in range(3))
    with db.write() as conn:
        rows = [
            Suppression("complaint", contact_id=one),
            Suppression("bounced", address="a@x.cn", channel="email"),
            Suppression("holiday", contact_id=two, channel="sms", until_ms=NOW + DAY),
        ]
        assert suppress(conn, rows, NOW, actor="test") == 3

    wanted = [
        (one, "sms", PHONE), (one, "email", None),
        (three, "email", "a@x.cn"), (three, "sms", "a@x.cn"), (three, "email", "b@x.cn"),
        (two, "sms", PHONE), (two, "email", "b@x.cn"),
    ]  # fmt: skip
    with db.read() as conn:
        assert load_suppressed(conn, wanted, NOW).hits == {0, 1, 2, 5}
        assert load_suppressed(conn, wanted, NOW + DAY).hits == {0, 1, 2}  # the holiday is over
        assert load_suppressed(conn, [], NOW).hits == set()


def test_the_same_suppression_is_one_row_and_only_gets_longer(db: Database) -> None:
    person = someone(db, member_no="M1")
    with db.write() as conn:
        row = Suppression("r", contact_id=person, until_ms=NOW + DAY)
        assert suppress(conn, [row, row], NOW, actor="test") == 1
        shorter = Suppression("r", contact_id=person, until_ms=NOW + 5)
        assert suppress(conn, [shorter], NOW, actor="test") == 0
        assert load_suppressed(conn, [(person, "sms", None)], NOW + 6).hits == {0}
        assert suppress(conn, [Suppression("r", contact_id=person)], NOW, actor="test") == 1
        assert load_suppressed(conn, [(person, "sms", None)], NOW + 900 * DAY).hits == {0}
        assert lift(conn, NOW, actor="test", reason="asked to", contact_id=person) == 1
        assert load_suppressed(conn, [(person, "sms", None)], NOW).hits == set()

    assert [row.action for row in audit_of(db, person)] == [
        "suppression.added", "suppression.added", "suppression.lifted",
    ]  # fmt: skip


def test_lifting_one_channel_leaves_the_others(db: Database) -> None:
    person = someone(db, member_no="M1")
    with db.write() as conn:
        rows = [Suppression("r", contact_id=person, channel=channel) for channel in ("sms", "email")]
        suppress(conn, [*rows, Suppression("r", address=PHONE)], NOW, actor="test")
        assert lift(conn, NOW, actor="test", reason="", contact_id=person, channel="sms") == 1
        wanted = [(person, "sms", None), (person, "email", None), (person, "sms", PHONE)]
        assert load_suppressed(conn, wanted, NOW).hits == {1, 2}
        assert lift(conn, NOW, actor="test", reason="", address=PHONE) == 1
        assert load_suppressed(conn, wanted, NOW).hits == {1}


def test_a_merge_takes_the_suppression_along(db: Database) -> None:
    survivor, absorbed = someone(db, phone=PHONE), someone(db, email="a@x.cn")
    with db.write() as conn:
        suppress(conn, [Suppression("r", contact_id=absorbed)], NOW, actor="test")
    together(db, {"phone": PHONE, "email": "a@x.cn"})
    with db.read() as conn:
        assert load_suppressed(conn, [(survivor, "sms", None), (absorbed, "sms", None)], NOW).hits == {0, 1}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (Suppression("r"), "names either a contact or an address"),
        (Suppression("r", contact_id=1, address="a"), "names either a contact or an address"),
        (Suppression("r", contact_id=1, channel="pigeon"), "there is no channel “pigeon”"),
    ],
)
def test_an_impossible_row_is_refused(sqlite_db: Database, row: Suppression, said: str) -> None:
    with sqlite_db.write() as conn, pytest.raises(ContactError) as caught:
        suppress(conn, [row], NOW, actor="test")
    assert said in caught.value.text("en")
