"""Access tokens that all processes share, and the lease by which one of them at a time fetches a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select, update

from automation.store.bulk import insert_rows
from automation.store.schema import provider_token

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class StoredToken:
    """`token` is sealed, and "" until the first one was fetched. Times are milliseconds UTC."""

    token: str
    expires_at: int


def read_token(conn: Connection, account: str) -> StoredToken | None:
    columns = provider_token.c.token, provider_token.c.expires_at
    row = conn.execute(select(*columns).where(provider_token.c.account == account)).one_or_none()
    return StoredToken(row.token, row.expires_at) if row else None


def claim_refresh(conn: Connection, account: str, seen: str, now: int, until: int) -> bool:
    """Take the right to fetch a new token in place of `seen`, until `until`.

    False when somebody else has it, or has already put another token in its place.
    """
    insert_rows(
        conn, provider_token, ("account", "token", "expires_at"), [(account, "", 0)], skip_existing=True
    )  # fmt: skip
    free = or_(provider_token.c.leased_until.is_(None), provider_token.c.leased_until <= now)
    same = and_(provider_token.c.account == account, provider_token.c.token == seen)
    return conn.execute(update(provider_token).where(same, free).values(leased_until=until)).rowcount == 1


def store_token(conn: Connection, account: str, token: str, expires_at: int) -> None:
    """The new token; the lease ends."""
    values = {"token": token, "expires_at": expires_at, "leased_until": None}
    conn.execute(update(provider_token).where(provider_token.c.account == account).values(values))


def release_refresh(conn: Connection, account: str, until: int) -> None:
    """Give the lease that ends at `until` back without a new token."""
    own = and_(provider_token.c.account == account, provider_token.c.leased_until == until)
    conn.execute(update(provider_token).where(own).values(leased_until=None))
