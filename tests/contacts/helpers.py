"""People for the tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.catalogue.builtin import builtin
from automation.contacts.profile import update_attributes
from automation.contacts.resolve import Conflict, resolve
from automation.store.audit import AuditRow, read_audit

if TYPE_CHECKING:
    from automation.store.database import Database

CATALOGUE = builtin()
NOW = 1_785_556_800_000  # 2026-08-01 12:00 in Shanghai
DAY = 86_400_000


def someone(db: Database, now: int = NOW, /, **identities: str) -> int:
    """The contact with these identities, created when nobody has them."""
    (found,) = together(db, identities, now=now)
    assert isinstance(found, int)
    return found


def together(db: Database, *wanted: dict[str, str], now: int = NOW, create: bool = True) -> list[int | Conflict | None]:
    with db.write() as conn:
        return resolve(conn, CATALOGUE, wanted, now, create=create, actor="test")


def set_attributes(db: Database, contact: int, now: int = NOW, /, **attributes: Any) -> None:
    with db.write() as conn:
        update_attributes(conn, {contact: attributes}, now, "test")


def audit_of(db: Database, contact: int) -> list[AuditRow]:
    with db.read() as conn:
        return read_audit(conn, f"contact:{contact}")
