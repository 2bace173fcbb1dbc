"""Issuing coupons: never one code twice, never over stock, never over the limit per person.

What keeps it so when several processes issue at once: free codes of a pool are taken with SKIP LOCKED; the stock of
generated codes is a counter whose row is locked; the limit per person holds because the people are locked; (run, step,
visit) is unique, so the same step in the same round of the same run gets the same code again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import func, select, update

from automation.clock import token
from automation.reasons import Reason
from automation.store.batches import Definition, insert_batches
from automation.store.bulk import insert_rows, update_rows
from automation.store.contacts import lock_contacts
from automation.store.expressions import among, constant
from automation.store.schema import coupon_batch, coupon_code

if TYPE_CHECKING:
    from sqlalchemy import Connection

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is mistaken for something else when read aloud
_GIVEN = ("status", "contact_id", "run_id", "step", "visit", "issued_at", "expires_at", "on_failure")
_COLUMNS = ("batch_id", "code", *_GIVEN)


@dataclass(frozen=True, slots=True)
class Claim:
    """One run that asks for a code for its person. `visit`: how many rounds its loops have begun."""

    run_id: int
    contact_id: int
    visit: int = 0


@dataclass(frozen=True, slots=True)
class Issued:
    """A code that now belongs to the run. Times in milliseconds UTC; the code is valid before `expires_at`."""

    code: str
    issued_at: int
    expires_at: int | None


Answer: TypeAlias = Issued | Reason


def issue(
    conn: Connection,
    batch: Definition,
    claims: Sequence[Claim],
    *,
    step: str,
    now_ms: int,
    expires_at: int | None = None,
    expired: bool = False,
    on_failure: str = "keep",
) -> list[Answer]:
    """One answer per claim, in order: a code, or why there is none. The same run, step and visit get the same code.

    `expires_at` is when the new codes end; `expired`: the batch has ended, nothing new is issued. `on_failure`: keep,
    or return when no message of the run gets out (see returning.py).
    A constant number of queries, whatever the number of claims.
    """
    if not claims:
        return []
    lock_contacts(conn, sorted({claim.contact_id for claim in claims}))
    batch_id = _batch_id(conn, batch, now_ms)
    answers: dict[int, Answer] = dict(_issued_before(conn, claims, step))
    wanting = _within_limit(conn, batch_id, batch, claims, answers, expired)
    take = _from_pool if batch.kind == "pool" else _generated
    answers.update(take(conn, batch_id, batch, wanting, _Terms(step, now_ms, expires_at, on_failure)))
    return [answers.get(claim.run_id, Reason.FAILED_OUT_OF_STOCK) for claim in claims]


@dataclass(frozen=True, slots=True)
class _Terms:
    step: str
    now_ms: int
    expires_at: int | None
    on_failure: str

    def given(self, claim: Claim) -> tuple[Any, ...]:
        """What a code becomes, in the order of `_GIVEN`."""
        return (
            "issued", claim.contact_id, claim.run_id, self.step, claim.visit, self.now_ms, self.expires_at,
            self.on_failure,
        )  # fmt: skip


def _issued_before(conn: Connection, claims: Sequence[Claim], step: str) -> Iterator[tuple[int, Issued]]:
    c = coupon_code.c
    visits = {claim.run_id: claim.visit for claim in claims}
    rows = conn.execute(
        select(c.run_id, c.visit, c.code, c.issued_at, c.expires_at).where(
            among(c.run_id, list(visits)), c.step == step
        )
    )
    mine = (row for row in rows if row.visit == visits[row.run_id])
    return ((row.run_id, Issued(row.code, row.issued_at, row.expires_at)) for row in mine)


def _within_limit(
    conn: Connection,
    batch_id: int,
    batch: Definition,
    claims: Sequence[Claim],
    answers: dict[int, Answer],
    expired: bool,
) -> list[Claim]:
    """The claims that may have a new code; the others get their answer."""
    fresh = [claim for claim in claims if claim.run_id not in answers]
    held = _held(conn, batch_id, {claim.contact_id for claim in fresh})
    wanting = []
    for claim in fresh:
        if expired:
            answers[claim.run_id] = Reason.FAILED_COUPON_EXPIRED
        elif held[claim.contact_id] >= batch.per_contact:
            answers[claim.run_id] = Reason.FAILED_COUPON_LIMIT
        else:
            held[claim.contact_id] += 1
            wanting.append(claim)
    return wanting


def _held(conn: Connection, batch_id: int, contact_ids: set[int]) -> Counter[int]:
    """How many codes of the batch each person has had, but for those that were returned."""
    c = coupon_code.c
    rows = conn.execute(
        select(c.contact_id, func.count().label("held"))
        .where(among(c.contact_id, sorted(contact_ids)), c.batch_id == batch_id, c.status != "returned")
        .group_by(c.contact_id)
    )
    return Counter({row.contact_id: row.held for row in rows})


def _from_pool(
    conn: Connection, batch_id: int, batch: Definition, claims: Sequence[Claim], terms: _Terms
) -> dict[int, Answer]:
    """Free codes, oldest first. Codes that another transaction is taking are passed over, not waited for."""
    c = coupon_code.c
    free = conn.execute(
        select(c.id, c.code)
        .where(c.batch_id == batch_id, c.status == constant("free"))
        .order_by(c.id)
        .limit(len(claims))
        .with_for_update(skip_locked=True)
    ).all()
    given = list(zip(claims, free, strict=False))
    update_rows(conn, coupon_code, _GIVEN, [(row.id, *terms.given(claim)) for claim, row in given])
    return {claim.run_id: Issued(row.code, terms.now_ms, terms.expires_at) for claim, row in given}


def _generated(
    conn: Connection, batch_id: int, batch: Definition, claims: Sequence[Claim], terms: _Terms
) -> dict[int, Answer]:
    """New codes, as many as the stock allows. A code that exists already is replaced by another."""
    todo = list(claims)
    if batch.stock is not None:
        todo = todo[: _reserve(conn, batch_id, batch.stock, len(todo))]
    found: dict[int, Answer] = {}
    while todo:
        rows = [
            (batch_id, batch.prefix + token(ALPHABET, batch.length), *terms.given(claim)) for claim in todo
        ]  # fmt: skip
        written = insert_rows(conn, coupon_code, _COLUMNS, rows, skip_existing=True)
        if written == len(rows):
            issued = zip(todo, rows, strict=True)
            found |= {claim.run_id: Issued(row[1], terms.now_ms, terms.expires_at) for claim, row in issued}
        else:
            found |= dict(_issued_before(conn, todo, terms.step))
        todo = [claim for claim in todo if claim.run_id not in found]
    return found


def _reserve(conn: Connection, batch_id: int, limit: int, wanted: int) -> int:
    """Take up to `wanted` from the stock; the batch's row stays locked until the transaction ends."""
    c = coupon_batch.c
    issued = conn.scalars(select(c.issued).where(c.id == batch_id).with_for_update()).one()
    taken: int = max(0, min(wanted, limit - issued))
    if taken:
        conn.execute(update(coupon_batch).where(c.id == batch_id).values(issued=c.issued + taken))
    return taken


def _batch_id(conn: Connection, batch: Definition, now_ms: int) -> int:
    query = select(coupon_batch.c.id).where(coupon_batch.c.key == batch.key)
    found: int | None = conn.scalar(query)
    if found is not None:
        return found
    insert_batches(conn, [batch], now_ms)
    return int(conn.scalars(query).one())
