"""The accounts of providers as all processes see them: one row each, with its breaker and its bucket of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from automation.store.schema import provider_account

if TYPE_CHECKING:
    from sqlalchemy import Connection

_COLUMNS = ("account", "failures", "open_until", "probing_until", "tokens", "tokens_at", "last_code", "changed_at")


class AccountState(NamedTuple):
    """One row. `failures` are in a row; times are milliseconds UTC."""

    account: str
    failures: int
    open_until: int | None
    probing_until: int | None
    tokens: float
    tokens_at: int
    last_code: str | None
    changed_at: int


def load_states(conn: Connection) -> dict[str, AccountState]:
    """Every account that has met trouble or has a rate, by its key."""
    rows = conn.execute(select(*(provider_account.c[name] for name in _COLUMNS)).order_by(provider_account.c.account))
    return {row.account: AccountState(*row) for row in rows}


def lock_state(conn: Connection, fresh: AccountState) -> AccountState:
    """The account's row, locked until the transaction ends; `fresh` is written where there is none yet."""
    own = provider_account.c.account == fresh.account
    query = select(*(provider_account.c[name] for name in _COLUMNS)).where(own).with_for_update()
    row = conn.execute(query).one_or_none()
    if row is None:
        _insert(conn, fresh)
        row = conn.execute(query).one()
    return AccountState(*row)


def write_state(conn: Connection, state: AccountState) -> None:
    """The row as it is from now on. It must be locked."""
    own = provider_account.c.account == state.account
    conn.execute(update(provider_account).where(own).values(state._asdict()))


def forget_failures(conn: Connection, account: str, below: int) -> None:
    """A success: failures are no longer in a row. A breaker that is open (`below` or more) stays as it is."""
    count = provider_account.c.failures
    own = provider_account.c.account == account
    conn.execute(update(provider_account).where(own, count > 0, count < below).values(failures=0))


def _insert(conn: Connection, state: AccountState) -> None:
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    conn.execute(make(provider_account).values(state._asdict()).on_conflict_do_nothing())
