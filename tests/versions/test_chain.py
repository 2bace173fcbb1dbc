"""The audit is a chain: what was changed, taken out or put in past the program is found and named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from automation.errors import AutomationError
from automation.i18n import language
from automation.insight.auditing import verify
from automation.store.audit import AuditRow, write_audit
from automation.store.database import Database
from automation.store.erasing import blank_audit


def write(db: Database, *actions: str, detail: object = None) -> None:
    with db.write() as conn:
        rows = [AuditRow(1000, "test", action, "contact:1", {"from": detail}) for action in actions]
        write_audit(conn, rows)


def spoil(db: Database, sql: str) -> None:
    """As somebody would who has the database's password."""
    with db.engine.begin() as conn:
        conn.exec_driver_sql(sql)


def found(db: Database, head: str | None = None) -> list[str]:
    return [one.sentence("en") for one in verify(db, head).findings]


DETAILS = [
    None,
    1.0,
    1e16,
    1e300,
    0.1,
    2**63,
    -(2**70),
    12345678901234567890123,
    1e-7,
    '二\t"',
    {"b": [1, {"a": -0.0}]},
]


@pytest.mark.parametrize("many", [1, 3])
def test_an_untouched_audit_is_whole_whatever_its_details_hold(db: Database, many: int) -> None:
    for detail in DETAILS:
        write(db, *["a.b"] * many, detail=detail)
    verdict = verify(db)
    assert (verdict.ok, verdict.rows, verdict.erased) == (True, many * len(DETAILS), 0), verdict.findings


def test_an_empty_audit_is_whole(db: Database) -> None:
    assert verify(db).ok


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("detail", """'{"from":"other"}'""", "its subject or detail was changed"),
        ("subject", "'contact:2'", "its subject or detail was changed"),
        ("actor", "'somebody'", "its time, actor, action or place in the chain was changed"),
        ("at", "5", "its time, actor, action or place in the chain was changed"),
        ("hash", "prev_hash", "its time, actor, action or place in the chain was changed"),
    ],
)
def test_a_changed_row_is_named(db: Database, column: str, value: str, what: str) -> None:
    write(db, "a.one", "a.two", "a.three")
    spoil(db, f"UPDATE audit SET {column} = {value} WHERE id = 2")
    assert found(db)[0] == f"row 2 (a.two): {what}"


def test_a_row_taken_out_is_missed_between_its_neighbours(db: Database) -> None:
    write(db, "a.one", "a.two")
    write(db, "a.three", "a.four")
    spoil(db, "DELETE FROM audit WHERE id IN (2, 3)")
    assert found(db) == ["between rows 1 and 4, 2 are missing"]


def test_the_first_row_is_missed_too(db: Database) -> None:
    write(db, "a.one", "a.two")
    spoil(db, "DELETE FROM audit WHERE id = 1")
    assert found(db) == ["between rows – and 2, 1 are missing"]


def test_a_row_put_in_past_the_program_is_named(db: Database) -> None:
    write(db, "a.one")
    spoil(db, "INSERT INTO audit (id, at, actor, action, subject, detail) VALUES (9, 1, 'x', 'a.fake', 'y', '{}')")
    write(db, "a.two")
    assert found(db) == ["row 9 (a.fake) is not in the chain: it was put in past the program"]


def test_a_row_put_in_with_a_place_of_its_own_is_named(db: Database) -> None:
    write(db, "a.one")
    spoil(
        db,
        "INSERT INTO audit (id, at, actor, action, subject, detail, seq, salt, digest, prev_hash, hash)"
        " SELECT 9, at, actor, 'a.fake', subject, detail, 2, salt, digest, hash, hash FROM audit",
    )
    assert found(db) == ["row 9 (a.fake): its time, actor, action or place in the chain was changed"]


def test_a_row_changed_together_with_its_hash_does_not_fit_the_next(db: Database) -> None:
    write(db, "a.one", "a.two", "a.three")
    spoil(db, "UPDATE audit SET hash = prev_hash WHERE id = 2")
    assert found(db)[1] == (
        "row 3 was written after another row than 2, which was replaced or changed together with its hash"
    )


def test_a_noted_head_shows_that_the_end_was_cut_off(db: Database) -> None:
    write(db, "a.one", "a.two", "a.three")
    head = verify(db).head
    write(db, "a.four")
    assert found(db, head) == []
    spoil(db, "DELETE FROM audit WHERE id > 1")
    assert found(db) == []  # the table alone doesn't show it
    assert found(db, head) == ["after row 1, 2 are missing: the end was cut off"]


def test_a_noted_head_shows_a_chain_written_anew(db: Database) -> None:
    write(db, "a.one")
    head = verify(db).head
    spoil(db, "DELETE FROM audit")
    write(db, "a.other")
    assert found(db) == []
    assert found(db, head)[0].endswith("is not what the noted head says: the chain was written anew")


def test_a_head_that_is_none_is_refused(db: Database) -> None:
    with pytest.raises(AutomationError) as raised:
        verify(db, "12:abc")
    assert raised.value.text("en") == "--head 12:abc: expected PLACE:HASH as audit verify prints it"


def test_rows_of_a_failed_transaction_and_of_a_savepoint_taken_back_leave_no_hole(db: Database) -> None:
    write(db, "a.one")
    with suppress(ZeroDivisionError), db.write() as conn:
        write_audit(conn, [AuditRow(1, "test", "a.lost", "x", {})])
        raise ZeroDivisionError
    with db.write() as conn:
        write_audit(conn, [AuditRow(1, "test", "a.two", "x", {})])
        savepoint = conn.begin_nested()
        write_audit(conn, [AuditRow(1, "test", "a.lost", "x", {})])
        savepoint.rollback()
        write_audit(conn, [AuditRow(1, "test", "a.three", "x", {})])
    verdict = verify(db)
    assert (verdict.ok, verdict.rows) == (True, 3)
    assert verdict.head.startswith("3:")


def test_many_writers_at_once_make_one_chain(db: Database) -> None:
    def work(writer: int) -> None:
        for _ in range(10):
            write(db, f"a.{writer}", f"a.{writer}")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    verdict = verify(db)
    assert (verdict.ok, verdict.rows) == (True, 120)


def test_erased_rows_still_hold_the_chain_and_are_counted(db: Database) -> None:
    write(db, "a.one", "a.two", "a.three")
    with db.write() as conn:
        blank_audit(conn, [2], ["contact:9"])
    verdict = verify(db)
    assert (verdict.ok, verdict.rows, verdict.erased) == (True, 3, 1)
    # an erased row says nothing, and nothing can be put into it
    spoil(db, """UPDATE audit SET detail = '{"from": 1}' WHERE id = 2""")
    assert found(db) == ["row 2 (a.two): marked as erased, and yet it has a detail"]
    spoil(db, "UPDATE audit SET actor = 'nobody' WHERE id = 2")
    assert "row 2 (a.two): its time, actor, action or place in the chain was changed" in found(db)


def test_findings_are_told_in_chinese_too(db: Database) -> None:
    write(db, "a.one", "a.two")
    spoil(db, "DELETE FROM audit WHERE id = 1")
    with language("zh"):
        assert [one.sentence() for one in verify(db).findings] == ["第 – 条与第 2 条之间缺少 1 条"]
