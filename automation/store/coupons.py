"""Coupons: batches as the catalogue defines them, pools of imported codes, and issuing, never twice and never over stock.

What keeps the promises when several processes issue at once: free codes of a pool are taken with SKIP LOCKED; the
stock of generated codes is a counter whose row is locked; the limit per person holds because the people are locked;
(run, step) is unique, so the same step of the same run gets the same code again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sqlalchemy import case, func, select, update

from automation.clock import token
from automation.errors import StoreError
from automation.reasons import Reason
from automation.store.bulk import insert_rows, to_json, update_rows
from automation.store.contacts import lock_contacts
from automation.store.expressions import among
from automation.store.schema import coupon_batch, coupon_code

if TYPE_CHECKING:
    from sqlalchemy import Connection

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is mistaken for something else when read aloud
MAX_CODE = 80
_CHUNK = 5000


class Definition(Protocol):
    """What a batch of the catalogue says (`automation.catalogue.model.CouponBatchDef`)."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def stock(self) -> int | None: ...
    @property
    def per_contact(self) -> int: ...
    @property
    def prefix(self) -> str: ...
    @property
    def length(self) -> int: ...
    @property
    def valid_for(self) -> Any: ...
    @property
    def expires_at(self) -> str | None: ...
    @property
    def value(self) -> int | None: ...
    @property
    def currency(self) -> str: ...


class _Catalogue(Protocol):
    @property
    def coupons(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Claim:
    """One run that asks for a code for its person."""

    run_id: int
    contact_id: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A code that now belongs to the run. Times in milliseconds UTC; the code is valid before `expires_at`."""

    code: str
    issued_at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Stock:
    """How a batch stands. `left` is None where there is no limit."""

    key: str
    kind: str
    issued: int
    left: int | None


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
) -> list[Answer]:
    """One answer per claim, in order: a code, or why there is none. The same run and step get the same code again.

    `expires_at` is when the new codes end; `expired`: the batch has ended, nothing new is issued.
    A constant number of queries, whatever the number of claims.
    """
    if not claims:
        return []
    lock_contacts(conn, sorted({claim.contact_id for claim in claims}))
    batch_id = _batch_id(conn, batch, now_ms)
    answers: dict[int, Answer] = dict(_issued_before(conn, claims, step))
    wanting = _within_limit(conn, batch_id, batch, claims, answers, expired)
    take = _from_pool if batch.kind == "pool" else _generated
    answers.update(take(conn, batch_id, batch, wanting, _Terms(step, now_ms, expires_at)))
    return [answers.get(claim.run_id, Reason.FAILED_OUT_OF_STOCK) for claim in claims]


def sync_batches(conn: Connection, catalogue: _Catalogue, now_ms: int) -> None:
    """Store the batches of the catalogue. A batch that is no longer there stays, with its codes."""
    known = {row.key: row for row in conn.execute(select(coupon_batch.c.id, coupon_batch.c.key, _DEFINITION))}
    new = [batch for key, batch in catalogue.coupons.items() if key not in known]
    _insert_batches(conn, new, now_ms)
    for key, batch in catalogue.coupons.items():
        if key in known and known[key].definition != _as_json(batch):
            limited_anew = batch.stock is not None and known[key].definition.get("stock") is None
            _change(conn, known[key].id, batch, recount=limited_anew)


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
            func.sum(case((coupon_code.c.status == "free", 0), else_=1)).label("issued"),
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


# ---------------------------------------------------------------- issuing


@dataclass(frozen=True, slots=True)
class _Terms:
    step: str
    now_ms: int
    expires_at: int | None


def _issued_before(conn: Connection, claims: Sequence[Claim], step: str) -> Iterator[tuple[int, Issued]]:
    c = coupon_code.c
    rows = conn.execute(
        select(c.run_id, c.code, c.issued_at, c.expires_at).where(
            among(c.run_id, [claim.run_id for claim in claims]), c.step == step
        )
    )
    return ((row.run_id, Issued(row.code, row.issued_at, row.expires_at)) for row in rows)


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
    """How many codes of the batch each person has."""
    c = coupon_code.c
    rows = conn.execute(
        select(c.contact_id, func.count())
        .where(among(c.contact_id, sorted(contact_ids)), c.batch_id == batch_id)
        .group_by(c.contact_id)
    )
    return Counter({contact_id: count for contact_id, count in rows})


def _from_pool(
    conn: Connection, batch_id: int, batch: Definition, claims: Sequence[Claim], terms: _Terms
) -> dict[int, Answer]:
    """Free codes, oldest first. Codes that another transaction is taking are passed over, not waited for."""
    c = coupon_code.c
    free = conn.execute(
        select(c.id, c.code)
        .where(c.batch_id == batch_id, c.status == "free")
        .order_by(c.id)
        .limit(len(claims))
        .with_for_update(skip_locked=True)
    ).all()
    given = list(zip(claims, free, strict=False))
    update_rows(
        conn,
        coupon_code,
        ("status", "contact_id", "run_id", "step", "issued_at", "expires_at"),
        [
            (row.id, "issued", claim.contact_id, claim.run_id, terms.step, terms.now_ms, terms.expires_at)
            for claim, row in given
        ],
    )
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
            (batch_id, batch.prefix + token(ALPHABET, batch.length), "issued", claim.contact_id, claim.run_id,
             terms.step, terms.now_ms, terms.expires_at)
            for claim in todo
        ]  # fmt: skip
        written = insert_rows(conn, coupon_code, _ISSUED_COLUMNS, rows, skip_existing=True)
        if written == len(rows):
            found |= {row[4]: Issued(row[1], terms.now_ms, terms.expires_at) for row in rows}
        else:
            found |= dict(_issued_before(conn, todo, terms.step))
        todo = [claim for claim in todo if claim.run_id not in found]
    return found


def _reserve(conn: Connection, batch_id: int, limit: int, wanted: int) -> int:
    """Take up to `wanted` from the stock; the batch's row stays locked until the transaction ends."""
    c = coupon_batch.c
    issued = conn.scalars(select(c.issued).where(c.id == batch_id).with_for_update()).one()
    taken = max(0, min(wanted, limit - issued))
    if taken:
        conn.execute(update(coupon_batch).where(c.id == batch_id).values(issued=c.issued + taken))
    return taken


def _batch_id(conn: Connection, batch: Definition, now_ms: int) -> int:
    query = select(coupon_batch.c.id).where(coupon_batch.c.key == batch.key)
    found = conn.scalar(query)
    if found is None:
        _insert_batches(conn, [batch], now_ms)
        found = conn.scalars(query).one()
    return found


# ---------------------------------------------------------------- batches

_DEFINITION = coupon_batch.c.definition
_ISSUED_COLUMNS = ("batch_id", "code", "status", "contact_id", "run_id", "step", "issued_at", "expires_at")


def _insert_batches(conn: Connection, batches: Iterable[Definition], now_ms: int) -> None:
    rows = [(batch.key, to_json(_as_json(batch)), 0, now_ms) for batch in batches]
    insert_rows(conn, coupon_batch, ("key", "definition", "issued", "created_at"), rows, skip_existing=True)


def _change(conn: Connection, batch_id: int, batch: Definition, *, recount: bool) -> None:
    c = coupon_batch.c
    values: dict[str, Any] = {"definition": _as_json(batch)}
    if recount:
        # Codes without a limit are not counted as they are issued. Locking the row waits for those under way,
        # because each code's foreign key holds it.
        conn.execute(select(c.id).where(c.id == batch_id).with_for_update())
        values["issued"] = conn.scalar(select(func.count()).where(coupon_code.c.batch_id == batch_id))
    conn.execute(update(coupon_batch).where(c.id == batch_id).values(values))


def _as_json(batch: Definition) -> dict[str, Any]:
    return {
        "kind": batch.kind,
        "stock": batch.stock,
        "per_contact": batch.per_contact,
        "valid_for": str(batch.valid_for) if batch.valid_for else None,
        "expires_at": batch.expires_at,
        "prefix": batch.prefix,
        "length": batch.length,
        "value": batch.value,
        "currency": batch.currency,
    }


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
