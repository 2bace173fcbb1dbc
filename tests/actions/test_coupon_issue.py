"""`coupon.issue`: never twice, never over stock, never over the limit, whoever issues at the same time."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automation.actions.base import Done, Failed, Result
from automation.actions.coupon_issue import CouponIssue
from automation.calendars.duration import Duration
from automation.catalogue.model import CouponBatchDef
from automation.clock import token
from automation.errors import AutomationError, StoreError
from automation.reasons import Reason
from automation.store import coupons
from automation.store.coupons import Claim, Issued, Stock
from automation.store.database import Database
from automation.store.issuing import ALPHABET
from tests.actions.helpers import NOW, ZONE, act, batch, catalogue, people

MS = 1_785_556_800_000


def issue(db: Database, one: CouponBatchDef, who: list[tuple[int, int]], **more: Any) -> list[Result]:
    params = {"batch": one.key, **more.pop("params", {})}
    with db.write() as conn:
        results, _ = act(conn, CouponIssue, params, who, known=catalogue(one), **more)
    return list(results)


def codes(results: list[Result]) -> list[str]:
    return [result.outputs["code"] for result in results if isinstance(result, Done)]


def reasons(results: list[Result]) -> list[Reason]:
    return [result.reason for result in results if isinstance(result, Failed)]


def overview(db: Database) -> list[Stock]:
    with db.read() as conn:
        return coupons.stock(conn)


def fill(db: Database, one: CouponBatchDef, *imported: str) -> None:
    with db.write() as conn:
        coupons.sync_batches(conn, catalogue(one), MS)
        coupons.import_codes(conn, one.key, imported)


def test_everyone_gets_a_code_of_his_own(db: Database) -> None:
    ids = people(db, *[{}] * 50)
    one = batch(prefix="BD-", length=8, value=5000)

    results = issue(db, one, [(100 + i, i) for i in ids])

    assert len(set(codes(results))) == 50
    assert all(code.startswith("BD-") and len(code) == 11 for code in codes(results))
    assert results[0] == Done({"code": codes(results)[0], "batch": "BDAY", "value": 5000})
    assert overview(db) == [Stock("BDAY", "generated", 50, None)]


def test_codes_have_any_letter_at_any_place() -> None:
    codes = [token(ALPHABET, 10) for _ in range(2_000)]

    assert {len(code) for code in codes} == {10}
    assert len(set(codes)) == 2_000
    assert all({code[place] for code in codes} == set(ALPHABET) for place in range(10))


def test_the_same_step_of_the_same_run_gets_the_same_code(db: Database) -> None:
    people(db, {}, {})
    one = batch(stock=3, per_contact=9)

    first = issue(db, one, [(1, 1), (2, 2)])
    again = issue(db, one, [(2, 2), (1, 1)], now=NOW + timedelta(days=1))
    other_step = issue(db, one, [(1, 1)], step="rules/r/steps/1")

    assert codes(again) == list(reversed(codes(first)))
    assert codes(other_step)[0] not in codes(first)
    assert overview(db) == [Stock("BDAY", "generated", 3, 0)]


def test_a_repeated_code_is_given_even_when_the_batch_is_used_up_or_over(db: Database) -> None:
    people(db, {})
    first = issue(db, batch(stock=1), [(1, 1)])

    assert issue(db, batch(stock=1, expires_at="2026-08-01"), [(1, 1)], now=NOW + timedelta(days=9)) == first


def test_stock_runs_out_in_the_order_of_the_people(db: Database) -> None:
    people(db, {}, {}, {})

    results = issue(db, batch(stock=2), [(3, 3), (1, 1), (2, 2)])

    assert [type(result) for result in results] == [Done, Done, Failed]
    assert results[2] == Failed(Reason.FAILED_OUT_OF_STOCK, {"batch": "BDAY"})


def test_a_pool_gives_its_codes_in_order_and_then_none(db: Database) -> None:
    people(db, {}, {}, {})
    pool = batch(kind="pool")
    fill(db, pool, "P1", "P2")

    results = issue(db, pool, [(1, 1), (2, 2), (3, 3)])

    assert codes(results) == ["P1", "P2"]
    assert reasons(results) == [Reason.FAILED_OUT_OF_STOCK]
    assert overview(db) == [Stock("BDAY", "pool", 2, 0)]


def test_the_limit_per_person_holds_within_a_batch_of_people_and_between_them(db: Database) -> None:
    people(db, {}, {})
    one = batch(per_contact=2)

    results = issue(db, one, [(1, 1), (2, 1), (3, 1), (4, 2)])
    later = issue(db, one, [(5, 1), (6, 2)])

    assert [type(r) for r in results] == [Done, Done, Failed, Done]
    assert reasons(results) == [Reason.FAILED_COUPON_LIMIT]
    assert [type(r) for r in later] == [Failed, Done]


def test_what_is_refused_for_the_limit_uses_up_no_stock(db: Database) -> None:
    people(db, {}, {})

    results = issue(db, batch(stock=2), [(1, 1), (2, 1), (3, 2)])

    assert [type(r) for r in results] == [Done, Failed, Done]
    assert overview(db) == [Stock("BDAY", "generated", 2, 0)]


@pytest.mark.parametrize(
    ("local", "issued"),
    [("2026-08-31T23:59:59", True), ("2026-09-01T00:00:00", False)],
)
def test_the_last_day_of_a_batch_is_the_local_one_and_inclusive(db: Database, local: str, issued: bool) -> None:
    people(db, {})
    now = datetime.fromisoformat(local).replace(tzinfo=ZONE)

    (result,) = issue(db, batch(expires_at="2026-08-31"), [(1, 1)], now=now)

    if issued:
        assert isinstance(result, Done)
        assert result.outputs["expires_on"] == "2026-08-31"
    else:
        assert result == Failed(Reason.FAILED_COUPON_EXPIRED, {"batch": "BDAY"})


@pytest.mark.parametrize(
    ("of_batch", "of_step", "ends", "expected"),
    [
        (None, None, None, None),
        (Duration(14, "d"), None, None, "2026-08-15"),
        (Duration(14, "d"), "3d", None, "2026-08-04"),
        (None, "12h", None, "2026-08-02"),  # 12:00 and 12 hours: the day that begins
        (None, "11h", None, "2026-08-01"),
        (Duration(14, "d"), None, "2026-08-10", "2026-08-10"),
        (Duration(14, "d"), "4w", "2026-12-31", "2026-08-29"),
    ],
)
def test_a_code_ends_with_its_term_or_with_its_batch(
    db: Database, of_batch: Duration | None, of_step: str | None, ends: str | None, expected: str | None
) -> None:
    people(db, {})
    params = {"valid_for": of_step} if of_step else {}

    (result,) = issue(db, batch(valid_for=of_batch, expires_at=ends), [(1, 1)], params=params)

    assert isinstance(result, Done)
    assert result.outputs.get("expires_on") == expected


def test_days_are_those_of_the_rules_zone(db: Database) -> None:
    """12:00 in Shanghai is still the evening before in Los Angeles."""
    people(db, {})

    (result,) = issue(db, batch(valid_for=Duration(1, "d")), [(1, 1)], zone=ZoneInfo("America/Los_Angeles"))

    assert isinstance(result, Done)
    assert result.outputs["expires_on"] == "2026-08-01"


def test_an_event_tells_of_each_code_and_a_repeat_is_the_same_event(db: Database) -> None:
    people(db, {}, {})
    one = batch(stock=1)
    with db.write() as conn:
        results, emitted = act(conn, CouponIssue, {"batch": "BDAY"}, [(7, 1), (8, 2)], known=catalogue(one))
    later = NOW + timedelta(hours=1)
    with db.write() as conn:
        _, again = act(conn, CouponIssue, {"batch": "BDAY"}, [(7, 1), (8, 2)], known=catalogue(one), now=later)

    (told,) = emitted
    code = results[0].outputs["code"]  # type: ignore[union-attr]
    assert (told.name, told.contact_id, told.source, told.message_id) == (
        "coupon.issued", 1, "automation", "7:rules/r/steps/0",
    )  # fmt: skip
    assert told.properties == {"batch": "BDAY", "code": code, "rule": "r"}
    assert again == emitted


def test_an_unknown_batch_fails_closed(db: Database) -> None:
    people(db, {})
    with db.write() as conn, pytest.raises(AutomationError) as caught:
        act(conn, CouponIssue, {"batch": "GONE"}, [(1, 1)], known=catalogue())

    assert caught.value.text("en").startswith("there is no coupon batch GONE; define it under `coupons`")
    assert "没有券批次 GONE" in caught.value.text("zh")


def test_codes_are_imported_once(db: Database) -> None:
    pool = batch(kind="pool")
    with db.write() as conn:
        coupons.sync_batches(conn, catalogue(pool), MS)
        assert coupons.import_codes(conn, "BDAY", ["A", "B", " B ", "C"]) == (3, 1)
    with db.write() as conn:
        assert coupons.import_codes(conn, "BDAY", (f"N{i}" for i in range(12_000))) == (12_000, 0)
        assert coupons.import_codes(conn, "BDAY", ["A", "D"]) == (1, 1)

    assert overview(db) == [Stock("BDAY", "pool", 0, 12_004)]


@pytest.mark.parametrize(
    ("key", "imported", "said"),
    [
        ("GONE", ["A"], "there is no coupon batch GONE"),
        ("MADE", ["A"], "the codes of the batch MADE are generated"),
        ("POOL", ["A", "  "], "code number 2 for the batch POOL is wrong"),
        ("POOL", ["x" * 81], "code number 1 for the batch POOL is wrong: expected 1 to 80 visible characters"),
    ],
)
def test_what_can_not_be_imported_is_said(db: Database, key: str, imported: list[str], said: str) -> None:
    with db.write() as conn:
        coupons.sync_batches(conn, catalogue(batch("POOL", kind="pool"), batch("MADE")), MS)
    with pytest.raises(StoreError) as caught, db.write() as conn:
        coupons.import_codes(conn, key, imported)

    assert said in caught.value.text("en")
    assert caught.value.text("zh") != caught.value.text("en")


def test_a_changed_batch_counts_what_was_issued_before_it_had_a_limit(db: Database) -> None:
    people(db, {}, {}, {})
    issue(db, batch(), [(1, 1), (2, 2)])
    with db.write() as conn:
        coupons.sync_batches(conn, catalogue(batch(stock=2)), MS)
        coupons.sync_batches(conn, catalogue(), MS)  # a batch that left the catalogue keeps its codes

    assert overview(db) == [Stock("BDAY", "generated", 2, 0)]
    assert reasons(issue(db, batch(stock=2), [(3, 3)])) == [Reason.FAILED_OUT_OF_STOCK]


def test_a_stock_that_shrinks_below_what_was_issued_gives_no_more(db: Database) -> None:
    people(db, {}, {}, {})
    issue(db, batch(stock=3), [(1, 1), (2, 2)])

    assert reasons(issue(db, batch(stock=1), [(3, 3)])) == [Reason.FAILED_OUT_OF_STOCK]
    assert codes(issue(db, batch(stock=3), [(3, 3)]))


def test_nothing_is_issued_when_the_run_rolls_back(db: Database) -> None:
    people(db, {})
    pool = batch(kind="pool")
    fill(db, pool, "P1")
    with db.engine.connect() as conn, conn.begin() as transaction:
        results, _ = act(conn, CouponIssue, {"batch": "BDAY"}, [(1, 1)], known=catalogue(pool))
        transaction.rollback()

    assert codes(list(results)) == ["P1"]
    assert overview(db) == [Stock("BDAY", "pool", 0, 1)]


@pytest.mark.parametrize("kind", ["generated", "pool"])
def test_four_issuers_at_once_give_no_code_twice_and_nothing_over_stock(postgres_db: Database, kind: str) -> None:
    """400 people, 130 codes, four threads that each ask for every hundredth in small batches."""
    one = batch(kind=kind, stock=130 if kind == "generated" else None)
    people(postgres_db, *[{}] * 400)
    if kind == "pool":
        fill(postgres_db, one, *[f"P{i}" for i in range(130)])
    answers: list[Any] = []
    start = threading.Barrier(4)

    def work(first: int) -> None:
        start.wait()
        for begin in range(first, 401, 40):
            claims = [Claim(run, run) for run in range(begin, min(begin + 10, 401))]
            with postgres_db.write() as conn:
                answers.extend(coupons.issue(conn, one, claims, step="s", now_ms=MS))

    _together(work, [1, 11, 21, 31])

    given = [answer.code for answer in answers if isinstance(answer, Issued)]
    assert len(answers) == 400
    assert len(given) == len(set(given)) == 130
    assert Counter(answer for answer in answers if not isinstance(answer, Issued)) == {Reason.FAILED_OUT_OF_STOCK: 270}
    assert overview(postgres_db) == [Stock("BDAY", kind, 130, 0)]


def test_codes_that_another_issuer_is_taking_are_passed_over(postgres_db: Database) -> None:
    people(postgres_db, {}, {})
    pool = batch(kind="pool")
    fill(postgres_db, pool, "P1", "P2")
    with postgres_db.write() as first, postgres_db.write() as second:
        second.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        (one,) = coupons.issue(first, pool, [Claim(1, 1)], step="s", now_ms=MS)
        (two,) = coupons.issue(second, pool, [Claim(2, 2)], step="s", now_ms=MS)

    assert [answer.code for answer in (one, two) if isinstance(answer, Issued)] == ["P1", "P2"]


def test_the_limit_of_a_person_waits_for_an_issuer_that_is_not_done(postgres_db: Database) -> None:
    people(postgres_db, {})
    one = batch(per_contact=1)
    with postgres_db.write() as conn:
        coupons.sync_batches(conn, catalogue(one), MS)
    answers: list[Any] = []

    def second() -> None:
        with postgres_db.write() as conn:
            answers.extend(coupons.issue(conn, one, [Claim(2, 1)], step="s", now_ms=MS))

    other = threading.Thread(target=second)
    with postgres_db.write() as conn:
        (first,) = coupons.issue(conn, one, [Claim(1, 1)], step="s", now_ms=MS)
        other.start()
        other.join(0.5)
    other.join()

    assert isinstance(first, Issued)
    assert answers == [Reason.FAILED_COUPON_LIMIT]


def test_the_number_of_statements_does_not_grow_with_the_people(db: Database) -> None:
    from sqlalchemy import event

    counts = []
    people(db, *[{}] * 301)
    one = batch(stock=1000)
    issue(db, one, [(1, 1)])
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    for who in (range(2, 3), range(3, 302)):
        statements.clear()
        with db.write() as conn:
            coupons.issue(conn, one, [Claim(i, i) for i in who], step="s", now_ms=MS)
        counts.append(len(statements))

    assert counts[0] == counts[1]


def _together(work: Any, arguments: list[int]) -> None:
    failures: list[BaseException] = []

    def guarded(argument: int) -> None:
        try:
            work(argument)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(argument,)) for argument in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
