"""Coupons: pools of imported codes, and how every batch stands. Batches are in batches.py, issuing in issuing.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from automation.errors import StoreError
from automation.store.batches import Definition, sync_batches
from automation.store.bulk import insert_rows
from automation.store.issuing import Answer, Claim, Issued, issue
from automation.store.schema import coupon_batch, coupon_code

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Answer", "Claim", "Definition", "Issued", "Stock", "import_codes", "issue", "stock", "sync_batches"]

MAX_CODE = 80
_CHUNK = 5000
_DEFINITION = coupon_batch.c.definition


@dataclass(frozen=True, slots=True)
class Stock:
    """How a batch stands. `left` is None where there is no limit. What was returned is not issued, what expired is."""

    key: str
    kind: str
    issued: int
    left: int | None


def import_codes(conn: Connection, batch_key: str, codes: Iterable[str]) -> tuple[int, int]:
    """Add codes to a pool. Gives how many were added, and how many were there already (or came twice).

    StoreError when there is no such pool, or when a code is empty or too long; nothing is added then.
    """
    row = conn.execute(select(coupon_batch.c.id, _DEFINITION).where(coupon_batch.c.key == batch_key)).one_or_none()
    if row is None:
        raise StoreError("actions.no_batch", batch=batch_key)
    if row.definition["kind"] != "pool":
        raise StoreError("actions.not_a_pool", batch=batch_key)
    added = seen = 0
    for chunk in _chunks(_checked(codes, batch_key)):
        rows = [(row.id, code, "free") for code in chunk]
        added += insert_rows(conn, coupon_code, ("batch_id", "code", "status"), rows, skip_existing=True)
        seen += len(rows)
    return added, seen - added


def stock(conn: Connection) -> list[Stock]:
    """Every batch, in the order of the keys."""
    counted = (
        select(
            coupon_code.c.batch_id,
            func.sum(case((coupon_code.c.status.in_(("free", "returned")), 0), else_=1)).label("issued"),
            func.sum(case((coupon_code.c.status == "free", 1), else_=0)).label("free"),
        )
        .group_by(coupon_code.c.batch_id)
        .subquery()
    )
    rows = conn.execute(
        select(coupon_batch.c.key, _DEFINITION, counted.c.issued, counted.c.free)
        .outerjoin(counted, counted.c.batch_id == coupon_batch.c.id)
        .order_by(coupon_batch.c.key)
    )
    return [_stock_of(row.key, row.definition, int(row.issued or 0), int(row.free or 0)) for row in rows]


def _stock_of(key: str, definition: Mapping[str, Any], issued: int, free: int) -> Stock:
    if definition["kind"] == "pool":
        return Stock(key, "pool", issued, free)
    limit = definition["stock"]
    return Stock(key, "generated", issued, None if limit is None else max(0, limit - issued))


def _checked(codes: Iterable[str], batch_key: str) -> Iterator[str]:
    for number, code in enumerate(codes, start=1):
        text = code.strip()
        if not text or len(text) > MAX_CODE or not text.isprintable():
            raise StoreError("actions.bad_code", batch=batch_key, number=number, max=MAX_CODE)
        yield text


def _chunks(codes: Iterator[str]) -> Iterator[list[str]]:
    while chunk := list(islice(codes, _CHUNK)):
        yield chunk
