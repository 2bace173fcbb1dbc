"""Who is meant by identities: known, new, merged, or in conflict."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from automation.contacts.resolve import Conflict, find, resolve
from automation.store.schema import contact, identity
from tests.contacts.helpers import CATALOGUE, NOW, audit_of, someone, together

if TYPE_CHECKING:
    from automation.store.database import Database


def test_an_unknown_identity_becomes_a_contact_and_is_known_from_then_on(db: Database) -> None:
    first, nobody = together(db, {"phone": "+8613800138000"}, {})
    assert isinstance(first, int)
    assert nobody is None

    assert together(db, {"phone": "+8613800138000"}, {"email": "x@y.cn"}, create=False) == [first, None]


def test_items_of_one_batch_that_share_an_unknown_identity_are_one_person(db: Database) -> None:
    results = together(
        db,
        {"phone": "+8613800138000", "email": "a@x.cn"},
        {"email": "b@x.cn"},
        {"email": "a@x.cn"},
        {"email": "b@x.cn", "phone": "+8613800138000"},  # only now it turns out that b is a
    )

    assert len(set(results)) == 1
    with db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(contact)) == 1


def test_without_create_an_unknown_item_is_found_by_what_a_neighbour_tells(db: Database) -> None:
    known = someone(db, email="a@x.cn")

    results = together(
        db,
        {"phone": "+8613800138000"},
        {"phone": "+8613800138000", "email": "a@x.cn"},
        {"anonymous_id": "n"},
        create=False,
    )

    assert results == [known, known, None]
    with db.read() as conn:
        assert find(conn, "phone", ["+8613800138000", "+8613900139000"]) == {"+8613800138000": known}
        assert find(conn, "anonymous_id", ["n"]) == {}


def test_a_known_contact_gets_the_new_identities(db: Database) -> None:
    known = someone(db, email="a@x.cn")

    assert together(db, {"email": "a@x.cn", "phone": "+8613800138000", "member_no": "M1"}) == [known]
    assert together(db, {"member_no": "M1"}, {"phone": "+8613800138000"}, create=False) == [known, known]


def test_a_second_member_number_is_a_conflict_and_changes_nothing(db: Database) -> None:
    known = someone(db, member_no="M1", phone="+8613800138000")

    refused, neighbour = together(
        db, {"phone": "+8613800138000", "member_no": "M2", "email": "a@x.cn"}, {"email": "n@x.cn"}
    )

    assert refused == Conflict(("member_no",), (known,))
    assert isinstance(refused, Conflict)
    assert refused.text("en").startswith(
        f"these identities can't be one person: there would be two values of member_no (contacts #{known})"
    )
    assert "两个不同的 member_no" in refused.text("zh")
    assert str(refused) == refused.text()
    assert isinstance(neighbour, int)
    assert together(db, {"email": "a@x.cn"}, {"member_no": "M2"}, create=False) == [None, None]


def test_two_contacts_with_different_member_numbers_never_merge(db: Database) -> None:
    one = someone(db, member_no="M1", phone="+8613800138000")
    other = someone(db, member_no="M2", email="a@x.cn")

    assert together(db, {"phone": "+8613800138000", "email": "a@x.cn"}) == [Conflict(("member_no",), (one, other))]
    assert together(db, {"member_no": "M1"}, {"member_no": "M2"}) == [one, other]
    assert audit_of(db, one) == []


def test_a_batch_can_conflict_with_itself(db: Database) -> None:
    first, second, third = together(
        db,
        {"member_no": "M1", "phone": "+8613800138000"},
        {"member_no": "M2", "email": "a@x.cn"},
        {"phone": "+8613800138000", "email": "a@x.cn"},
    )

    assert isinstance(first, int)
    assert isinstance(second, int)
    assert third == Conflict(("member_no",), (first, second))


def test_a_thousand_known_contacts_cost_one_query(sqlite_db: Database) -> None:
    wanted = [{"member_no": f"M{number}"} for number in range(1000)]
    created = together(sqlite_db, *wanted)

    statements: list[str] = []
    with sqlite_db.write() as conn:
        conn.connection.driver_connection.set_trace_callback(statements.append)  # type: ignore[union-attr]
        assert resolve(conn, CATALOGUE, wanted, NOW, create=True, actor="test") == created
        conn.connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]

    assert len(statements) == 1


def test_concurrent_creators_of_the_same_people_agree(postgres_db: Database) -> None:
    """Eight threads create the same 300 people in different orders; each person exists once."""
    people = [{"phone": f"+86138001{number:05}", "email": f"p{number}@x.cn"} for number in range(300)]
    results: dict[int, dict[str, object]] = {}

    def create(thread: int) -> None:
        order = people[thread * 30 :] + people[: thread * 30]
        found: dict[str, object] = {}
        for start in range(0, 300, 100):
            batch = order[start : start + 100]
            for person, contact_id in zip(batch, together(postgres_db, *batch), strict=True):
                found[person["phone"]] = contact_id
        results[thread] = found

    _in_threads(create, 8)

    assert len(results) == 8
    assert all(found == results[0] for found in results.values())
    with postgres_db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(contact)) == 300
        assert conn.scalar(select(func.count()).select_from(identity)) == 600


def test_concurrent_attachments_never_give_two_member_numbers(postgres_db: Database) -> None:
    person = someone(postgres_db, phone="+8613800138000")
    results: list[object] = []

    def attach(thread: int) -> None:
        results.extend(together(postgres_db, {"phone": "+8613800138000", "member_no": f"M{thread}"}))

    _in_threads(attach, 6)

    assert results.count(person) == 1
    assert len([result for result in results if isinstance(result, Conflict)]) == 5


def test_concurrent_merges_and_look_ups_end_with_one_contact(postgres_db: Database) -> None:
    """Twelve contacts in a chain of e-mails are merged by many threads from all ends, while others look them up."""
    chain = [someone(postgres_db, anonymous_id=f"n{number}") for number in range(12)]

    def link(thread: int) -> None:
        for number in range(thread % 2, 11):
            shared = {"email": f"{number}@x.cn"}
            together(postgres_db, {"anonymous_id": f"n{number}"} | shared)
            together(postgres_db, {"anonymous_id": f"n{number + 1}"} | shared)

    _in_threads(link, 6)

    assert together(postgres_db, *({"anonymous_id": f"n{number}"} for number in range(12))) == [min(chain)] * 12
    merged = [row for row in audit_of(postgres_db, chain[0]) if row.action == "contact.merged"]
    with postgres_db.read() as conn:
        pointers = conn.execute(select(contact.c.merged_into).where(contact.c.id != chain[0])).scalars().all()
    assert set(pointers) == {chain[0]}
    assert 1 <= len(merged) <= 11


def _in_threads(work: object, count: int) -> None:
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        pytest.fail(repr(failures[0]))
