"""Four issuers at once, both kinds of batch, people and batches shared, codes coming back all the while."""

from __future__ import annotations

import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from automation.store import coupons
from automation.store.bulk import insert_rows
from automation.store.coupons import Claim, Issued
from automation.store.database import Database
from automation.store.retry import retried
from automation.store.returning import return_unsent
from automation.store.schema import coupon_batch, coupon_code, run
from tests.actions.helpers import batch, catalogue, people

MS = 1_785_556_800_000
ISSUERS, ROUNDS, TOGETHER, STOCK, PEOPLE, LIMIT = 4, 6, 8, 70, 60, 2
MADE = batch("MADE", stock=STOCK, per_contact=LIMIT)
POOL = batch("POOL", kind="pool", per_contact=LIMIT)


def hammer(url: str, number: int) -> None:
    """One issuer: takes from both batches in one transaction, odd ones in the opposite order; returns some of it."""
    database = Database(url)
    order = (MADE, POOL) if number % 2 else (POOL, MADE)
    for turn in range(ROUNDS):
        first = (number * ROUNDS + turn) * TOGETHER + 1
        claims = [Claim(run_id, run_id * 7 % PEOPLE + 1) for run_id in range(first, first + TOGETHER)]
        retried(lambda claims=claims: _issue(database, order, claims), attempts=50)
        unsent = [claim.run_id for claim in claims if claim.run_id % 3 == 0]
        retried(lambda unsent=unsent: _give_back(database, unsent), attempts=50)
    database.close()


def _issue(database: Database, order: Sequence[object], claims: Sequence[Claim]) -> None:
    with database.write() as conn:
        for one in order:
            answers = coupons.issue(conn, one, claims, step=one.key, now_ms=MS, on_failure="return")  # type: ignore[arg-type,attr-defined]
            codes = [answer.code for answer in answers if isinstance(answer, Issued)]
            assert len(codes) == len(set(codes))


def _give_back(database: Database, run_ids: Sequence[int]) -> None:
    with database.write() as conn:
        return_unsent(conn, run_ids, MS + 1)


def processes(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=hammer, args=(url, number)) for number in range(ISSUERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * ISSUERS


def threads(url: str) -> None:
    failed: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            hammer(url, number)
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=guarded, args=(number,)) for number in range(ISSUERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert failed == []


@pytest.mark.parametrize(("kind", "together"), [("postgres_db", processes), ("sqlite_db", threads)])
def test_no_code_twice_no_stock_below_zero_no_limit_passed(
    request: pytest.FixtureRequest, kind: str, together: Callable[[str], None]
) -> None:
    # given two batches of 70 codes, 60 people who may have two of each, and 192 runs that are over
    db: Database = request.getfixturevalue(kind)
    people(db, *[{}] * PEOPLE)
    ids = range(1, ISSUERS * ROUNDS * TOGETHER + 1)
    columns = ("id", "key", "rule_id", "rule_version_id", "contact_id", "status", "position", "variables", "entered_at")
    with db.write() as conn:
        coupons.sync_batches(conn, catalogue(MADE, POOL), MS)
        coupons.import_codes(conn, "POOL", [f"P{i}" for i in range(STOCK)])
        rows = [(id_, f"k{id_}", 1, 1, id_ * 7 % PEOPLE + 1, "done", 0, "{}", MS) for id_ in ids]
        insert_rows(conn, run, columns, rows)
    # when four issuers take and give back at the same time
    together(db.url.render_as_string(hide_password=False))
    # then the books agree
    with db.read() as conn:
        c = coupon_code.c
        query = select(coupon_batch.c.key, c.code, c.status, c.contact_id, c.run_id).join(coupon_batch)
        codes = conn.execute(query).all()
        counter = conn.scalar(select(coupon_batch.c.issued).where(coupon_batch.c.key == "MADE"))
        standing = {row.key: (row.issued, row.left) for row in coupons.stock(conn)}
    issued = [row for row in codes if row.status == "issued"]
    held = Counter((row.key, row.contact_id) for row in issued)
    made = [row for row in issued if row.key == "MADE"]
    assert max(held.values()) <= LIMIT
    assert len({(row.key, row.code) for row in codes}) == len(codes)
    assert len({(row.key, row.run_id) for row in issued}) == len(issued)
    assert [row for row in issued if row.run_id % 3 == 0] == []
    assert counter == len(made) <= STOCK
    assert standing["MADE"] == (len(made), STOCK - len(made))
    pool = Counter(row.status for row in codes if row.key == "POOL")
    assert set(pool) <= {"issued", "free"}
    assert pool.total() == STOCK
    # and what came back was given again: every place that people may still take is taken
    assert standing["POOL"][1] == pool["free"]
    assert len(made) > STOCK * 0.8
