"""Naming a contact, and everything that is known about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.identity import IdentityError
from automation.contacts.names import ContactError
from automation.contacts.profile import add_tags
from automation.contacts.suppression import Suppression, suppress
from automation.contacts.view import contact_view, find_contact
from tests.contacts.helpers import CATALOGUE, NOW, set_attributes, someone, together

if TYPE_CHECKING:
    from automation.store.database import Database


def find(db: Database, text: str) -> int | None:
    with db.read() as conn:
        return find_contact(conn, CATALOGUE, text)


def test_a_contact_is_named_by_id_by_kind_or_by_any_identity(db: Database) -> None:
    person = someone(db, member_no="M1", phone="+8613800138000", email="li@x.cn", anonymous_id="a:b")
    for text in (str(person), f"#{person}", "phone:138 0013 8000", "13800138000", "member_no:M1", "M1", "LI@X.CN",
                 " email:Li@x.cn ", "a:b"):  # fmt: skip
        assert find(db, text) == person, text
    for text in ("#999", "999", "member_no:M2", "M2", "", "nobody:M1", "13900139000", "9" * 30, "#" + "9" * 30):
        assert find(db, text) is None, text


def test_a_name_that_could_be_two_contacts_is_never_guessed(db: Database) -> None:
    first = someone(db, member_no="M1")
    second = someone(db, member_no=str(first), anonymous_id="M1")

    with pytest.raises(ContactError) as caught:
        find(db, "M1")
    assert caught.value.text("en") == (
        f"“M1” could be several contacts: anonymous_id:M1 (#{second}), member_no:M1 (#{first}); "
        "name one by #id or kind:value"
    )
    with pytest.raises(ContactError) as caught:
        find(db, str(first))
    assert f"#{first} (#{first}), member_no:{first} (#{second})" in caught.value.text("zh")
    assert find(db, f"#{first}") == first
    assert find(db, f"member_no:{first}") == second


def test_a_value_that_cannot_be_of_its_kind_is_an_error(db: Database) -> None:
    with pytest.raises(IdentityError) as caught:
        find(db, "phone:12")
    assert "“12” is no valid phone number" in caught.value.text("en")


def test_the_view_shows_everything_also_for_a_contact_that_merged_away(db: Database) -> None:
    survivor = someone(db, phone="+8613800138000")
    absorbed = someone(db, NOW + 1, email="a@x.cn")
    set_attributes(db, survivor, city="上海")
    with db.write() as conn:
        add_tags(conn, {absorbed: ["b", "a"]}, NOW)
        record_consent(conn, [ConsentChange(absorbed, "marketing", "*", "granted", "form", NOW)])
        suppress(conn, [Suppression("over", contact_id=absorbed, until_ms=NOW + 1)], NOW, actor="test")
        suppress(conn, [Suppression("bounced", address="a@x.cn", channel="email")], NOW, actor="test")
    together(db, {"phone": "+8613800138000", "email": "a@x.cn"})

    with db.read() as conn:
        view = contact_view(conn, CATALOGUE, absorbed)

    assert (view.id, view.merged_ids) == (survivor, (absorbed,))
    assert view.profile["city"] == "上海"
    assert view.identities == (("email", "a@x.cn", NOW + 1), ("phone", "+8613800138000", NOW))
    assert view.tags == ("a", "b")
    assert [(key, row.state) for key, row in view.consents.items()] == [(("marketing", "*"), "granted")]
    assert [(row.reason, row.channel) for row in view.suppressions] == [("over", "*"), ("bounced", "email")]
    assert find(db, f"#{absorbed}") == survivor


def test_an_unknown_contact_has_no_view(db: Database) -> None:
    with db.read() as conn, pytest.raises(ContactError) as caught:
        contact_view(conn, CATALOGUE, 42)
    assert caught.value.text("en") == "there is no contact with the id 42"
