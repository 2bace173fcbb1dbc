"""Coupon batches and codes."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from automation.store.schema.base import metadata
from automation.store.types import Id, Json, Millis

coupon_batch = Table(
    "coupon_batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False, unique=True),
    Column("definition", Json, nullable=False),  # as in the catalogue
    Column("issued", Integer, nullable=False),
    Column("created_at", Millis, nullable=False),
)

coupon_code = Table(
    "coupon_code",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", Id, ForeignKey("coupon_batch.id"), nullable=False),
    Column("code", String(80), nullable=False),
    Column("status", String(10), nullable=False),  # free | issued | returned | expired
    Column("contact_id", Id),
    Column("run_id", Id),
    Column("step", String(200)),
    Column("issued_at", Millis),
    Column("expires_at", Millis),
    Column("visit", Integer, nullable=False, server_default="0"),  # as the run's, when it was issued
    Column("on_failure", String(10)),  # return | keep, when no message of its run gets out
    Column("returned_at", Millis),
    UniqueConstraint("batch_id", "code"),
    UniqueConstraint("run_id", "step", "visit"),
    Index(
        "ix_coupon_code_free",
        "batch_id",
        "id",
        sqlite_where=text("status = 'free'"),
        postgresql_where=text("status = 'free'"),
    ),
    Index("ix_coupon_code_contact", "contact_id", "batch_id"),
    Index(
        "ix_coupon_code_expiry",
        "expires_at",
        sqlite_where=text("status = 'issued'"),
        postgresql_where=text("status = 'issued'"),
    ),
)
