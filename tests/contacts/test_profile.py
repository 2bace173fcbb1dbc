"""Profiles: loaded and changed in batches, with the audit of what was replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from automation.contacts.names import ContactError, check_tag
from automation.contacts.profile import add_tags, load_contacts, remove_tags, update_attributes
from automation.store.schema import contact_date
from tests.contacts.helpers import DAY, NOW, audit_of, set_attributes, someone, together

if TYPE_CHECKING:
    from automation.store.database import Database


def test_a_profile_holds_attributes_identities_tags_and_times(db: Database) -> None:
    person = someone(db, NOW, member_no="M1", phone="+8613800138000")
    someone(db, NOW + DAY, member_no="M1", phone="+8613700137000")
    set_attributes(db, person, NOW + 2 * DAY, name="李雷", points=5, vip=True, interests=["茶", "书"])
    with db.write() as conn:
        add_tags(conn, {person: ["高价值", " 沉睡 "]}, NOW + 3 * DAY)

    with db.read() as conn:
        profiles = load_contacts(conn, [person, 999])

    assert profiles == {
        person: {
            "name": "李雷", "points": 5, "vip": True, "interests": ["茶", "书"],
            "member_no": "M1", "phone": "+8613800138000",  # the oldest
            "tags": frozenset({"高价值", "沉睡"}),
            "created_at": "2026-08-01T04:00:00.000Z", "updated_at": "2026-08-04T04:00:00.000Z",
        }
    }  # fmt: skip


def test_of_two_identities_of_one_moment_the_first_in_order_is_shown(db: Database) -> None:
    both = together(db, {"anonymous_id": "n", "email": "b@x.cn"}, {"anonymous_id": "n", "email": "a@x.cn"})
    with db.read() as conn:
        assert load_contacts(conn, [both[0]])[both[0]]["email"] == "a@x.cn"  # type: ignore[list-item, index]


def test_a_thousand_profiles_cost_three_queries(sqlite_db: Database) -> None:
    ids = together(sqlite_db, *({"member_no": f"M{number}"} for number in range(1000)))
    statements: list[str] = []
    with sqlite_db.read() as conn:
        conn.connection.driver_connection.set_trace_callback(statements.append)  # type: ignore[union-attr]
        profiles = load_contacts(conn, ids)  # type: ignore[arg-type]
        conn.connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]

    assert len(profiles) == 1000
    assert len(statements) == 3


def test_dates_among_the_attributes_are_kept_for_birthdays(db: Database) -> None:
    person = someone(db, member_no="M1")
    set_attributes(db, person, birthday="1990-08-04", joined="2020-05-24", note="1990-02-30", code="19900804")
    assert _dates(db, person) == {("birthday", "08-04", "06-14"), ("joined", "05-24", "L04-02")}

    set_attributes(db, person, birthday="1880-01-02", joined=None)
    assert _dates(db, person) == {("birthday", "01-02", "")}


def test_only_what_replaces_a_value_is_audited_and_only_changes_move_the_time(db: Database) -> None:
    person = someone(db, member_no="M1")
    set_attributes(db, person, NOW + 1, level="银卡")
    assert audit_of(db, person) == []

    with db.write() as conn:
        assert update_attributes(conn, {person: {"level": "金卡", "city": "上海"}}, NOW + 2, "crm") == {person}
        assert update_attributes(conn, {person: {"level": "金卡"}, 999: {"level": "金卡"}}, NOW + 3, "crm") == set()
        assert update_attributes(conn, {person: {"level": None, "other": None}}, NOW + 4, "crm") == {person}
        profile = load_contacts(conn, [person])[person]

    assert [(row.actor, row.action, row.detail) for row in audit_of(db, person)] == [
        ("crm", "contact.updated", {"level": {"from": "银卡", "to": "金卡"}}),
        ("crm", "contact.updated", {"level": {"from": "金卡", "to": None}}),
    ]
    assert "level" not in profile
    assert profile["updated_at"] == "2026-08-01T04:00:00.004Z"


def test_tags_are_added_and_removed_once(db: Database) -> None:
    person, other = someone(db, member_no="M1"), someone(db, member_no="M2")
    with db.write() as conn:
        assert add_tags(conn, {person: ["a", "b"], other: ["a"], 999: ["a"]}, NOW + 1) == {person, other}
        assert add_tags(conn, {person: ["a"]}, NOW + 2) == set()
        assert remove_tags(conn, {person: ["b", "c"], other: ["c"]}, NOW + 3) == {person}
        profiles = load_contacts(conn, [person, other])

    assert profiles[person]["tags"] == profiles[other]["tags"] == {"a"}
    assert profiles[other]["updated_at"] == "2026-08-01T04:00:00.001Z"


def test_a_contact_that_was_merged_away_is_its_survivor_everywhere(db: Database) -> None:
    survivor, absorbed = someone(db, phone="+8613800138000"), someone(db, email="a@x.cn")
    together(db, {"phone": "+8613800138000", "email": "a@x.cn"})

    set_attributes(db, absorbed, city="上海")
    with db.write() as conn:
        add_tags(conn, {absorbed: ["a"]}, NOW)
        profiles = load_contacts(conn, [absorbed, survivor])

    assert profiles[absorbed] == profiles[survivor]
    assert profiles[survivor]["city"] == "上海"
    assert profiles[survivor]["tags"] == {"a"}


@pytest.mark.parametrize("key", ["", " ", "a ", 'a"b', "a\\b", "a.b", "a\nb", "k" * 81])
def test_a_key_that_would_break_a_query_is_refused(db: Database, key: str) -> None:
    person = someone(db, member_no="M1")
    with pytest.raises(ContactError) as caught:
        set_attributes(db, person, **{key: "x"})
    assert "can't be an attribute's name: 1 to 80 characters, without quotes" in caught.value.text("en")
    assert "不能用作属性名" in caught.value.text("zh")


@pytest.mark.parametrize("tag", ["", "  ", "a\x00", "t" * 81])
def test_a_tag_that_no_table_can_hold_is_refused(tag: str) -> None:
    with pytest.raises(ContactError) as caught:
        check_tag(tag)
    assert "can't be a tag: 1 to 80 characters" in caught.value.text("en")


def _dates(db: Database, person: int) -> set[tuple[str, str, str]]:
    query = select(contact_date.c.field, contact_date.c.month_day, contact_date.c.lunar_month_day)
    with db.read() as conn:
        return {tuple(row) for row in conn.execute(query.where(contact_date.c.contact_id == person))}  # type: ignore[misc]
