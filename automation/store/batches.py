"""Coupon batches as the catalogue defines them, kept in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import func, select, update

from automation.store.bulk import insert_rows, to_json
from automation.store.schema import coupon_batch, coupon_code

if TYPE_CHECKING:
    from sqlalchemy import Connection


_DEFINITION = coupon_batch.c.definition


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


def sync_batches(conn: Connection, catalogue: _Catalogue, now_ms: int) -> None:
    """Store the batches of the catalogue. A batch that is no longer there stays, with its codes."""
    known = {row.key: row for row in conn.execute(select(coupon_batch.c.id, coupon_batch.c.key, _DEFINITION))}
    new = [batch for key, batch in catalogue.coupons.items() if key not in known]
    insert_batches(conn, new, now_ms)
    for key, batch in catalogue.coupons.items():
        if key in known and known[key].definition != _as_json(batch):
            limited_anew = batch.stock is not None and known[key].definition.get("stock") is None
            _change(conn, known[key].id, batch, recount=limited_anew)


def insert_batches(conn: Connection, batches: Iterable[Definition], now_ms: int) -> None:
    rows = [(batch.key, to_json(_as_json(batch)), 0, now_ms) for batch in batches]
    insert_rows(conn, coupon_batch, ("key", "definition", "issued", "created_at"), rows, skip_existing=True)


def _change(conn: Connection, batch_id: int, batch: Definition, *, recount: bool) -> None:
    c = coupon_batch.c
    values: dict[str, Any] = {"definition": _as_json(batch)}
    if recount:
        # Codes without a limit are not counted as they are issued. Locking the row waits for those under way,
        # because each code's foreign key holds it.
        conn.execute(select(c.id).where(c.id == batch_id).with_for_update())
        given = coupon_code.c.batch_id == batch_id, coupon_code.c.status.in_(("issued", "expired"))
        values["issued"] = conn.scalar(select(func.count()).where(*given))
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
