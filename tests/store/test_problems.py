"""Problems of contacts: noted, replaced, moved with a merger, and over when the value changes."""

from __future__ import annotations

from automation.catalogue.builtin import builtin
from automation.contacts.merging import merge_contacts
from automation.contacts.profile import update_attributes
from automation.contacts.resolve import resolve
from automation.store.database import Database
from automation.store.problems import (
    Problem,
    clear_problems,
    count_problems,
    list_problems,
    load_problems,
    note_problems,
)

PHONE = "+8613800138001"


def people(db: Database, *identities: dict[str, str]) -> list[int]:
    with db.write() as conn:
        found = resolve(conn, builtin(), list(identities), 1, create=True, actor="test")
    return [int(contact) for contact in found]  # type: ignore[call-overload, misc]


def test_the_latest_problem_of_an_address_is_kept(db: Database) -> None:
    (anna,) = people(db, {"phone": PHONE})
    with db.write() as conn:
        note_problems(conn, [Problem(anna, "sms", "21211", PHONE, 5)])
        note_problems(conn, [Problem(anna, "sms", "21211", PHONE, 9), Problem(999, "sms", "x", "y", 9)])
    with db.read() as conn:
        assert load_problems(conn, [anna, 999]) == {(anna, "sms", PHONE): Problem(anna, "sms", "21211", PHONE, 5)}
        assert count_problems(conn) == {("sms", "21211"): 1}
    with db.write() as conn:
        note_problems(conn, [Problem(anna, "sms", "30005", PHONE, 11)])
        assert load_problems(conn, [anna])[anna, "sms", PHONE].code == "30005"
        clear_problems(conn, {(anna, "sms", PHONE)})
        assert load_problems(conn, [anna]) == {}


def test_a_problem_with_a_value_that_changed_is_not_counted(db: Database) -> None:
    anna, bob = people(db, {"phone": PHONE, "email": "a@example.com"}, {"phone": "+8613800138002"})
    with db.write() as conn:
        update_attributes(conn, {anna: {"timezone": "Mars/Olympus"}, bob: {"timezone": "Asia/Tokyo"}}, 1, "test")
        note_problems(conn, [
            Problem(anna, "email", "550", "a@example.com", 3), Problem(bob, "email", "550", "old@example.com", 4),
            Problem(anna, "*", "timezone", "Mars/Olympus", 5), Problem(bob, "*", "timezone", "Mars/Olympus", 6),
        ])  # fmt: skip
    with db.read() as conn:
        assert count_problems(conn) == {("*", "timezone"): 1, ("email", "550"): 1}
        assert [(p.contact_id, p.channel) for p in list_problems(conn)] == [(anna, "*"), (anna, "email")]
        assert [p.channel for p in list_problems(conn, channel="email")] == ["email"]


def test_a_problem_goes_with_the_person_when_two_contacts_merge(db: Database) -> None:
    anna, again = people(db, {"phone": PHONE}, {"email": "a@example.com"})
    with db.write() as conn:
        note_problems(conn, [Problem(again, "email", "550", "a@example.com", 3)])
        merge_contacts(conn, anna, again, 7, "test")
        note_problems(conn, [Problem(again, "sms", "21211", PHONE, 8)])
    with db.read() as conn:
        assert {key[:2] for key in load_problems(conn, [anna])} == {(anna, "email"), (anna, "sms")}
        assert {key[:2] for key in load_problems(conn, [again])} == {(again, "email"), (again, "sms")}
        assert count_problems(conn) == {("email", "550"): 1, ("sms", "21211"): 1}
