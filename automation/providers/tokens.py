"""An access token that every process of one account shares, because fetching a new one makes the old one useless."""

from __future__ import annotations

import hashlib
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from automation.clock import monotonic, to_ms
from automation.providers.base import Outcome
from automation.providers.http import NO_TOKEN
from automation.store.tokens import claim_refresh, read_token, release_refresh, store_token

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.store.database import Database

EARLY = timedelta(minutes=5)  # so long before its end a token is replaced; WeChat keeps the old one alive as long
POLL_S = 0.05


class NoToken(Exception):
    """There is no token now. `outcome` is what that means for a message: transient, for nothing was sent."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


@dataclass(frozen=True)
class Fetched:
    """What the service answered. `lifetime` is in seconds."""

    token: str = field(repr=False)
    lifetime: float


@dataclass(frozen=True)
class _Token:
    """A token and the form in which the database has it."""

    token: str = field(repr=False)
    sealed: str
    expires_at: int  # milliseconds UTC


_NONE = _Token("", "", 0)


class SharedToken:
    """The token of `account`, kept in the database, sealed with the account's secret.

    One process at a time fetches a new one: it takes a lease in a row, calls the service outside of any transaction,
    and writes the answer back. Meanwhile the others go on with the old token while it lives, or wait.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        account: str,
        secret: str,
        fetch: Callable[[], Fetched],
        patience: float = 15.0,
    ) -> None:
        """`fetch` raises NoToken. `patience`: seconds that a fetch may take, and that others wait for it."""
        self._database = database
        self._clock = clock
        self._account = account
        self._seal = Seal(secret)
        self._fetch = fetch
        self._patience = patience
        self._known = _NONE  # what this process saw last; read by many threads, replaced as a whole

    def get(self, refused: str | None = None) -> str:
        """A token that should be good; not `refused`, which the service has just turned down. NoToken."""
        if self._is_fresh(self._known, refused):
            return self._known.token
        deadline = monotonic() + self._patience
        while True:
            stored = self._known = self._read()
            if self._is_fresh(stored, refused):
                return stored.token
            lease = self._claim(stored)
            if lease is not None:
                return self._replace(stored, lease, refused)
            if self._is_alive(stored, refused):
                return stored.token
            if monotonic() >= deadline:
                raise NoToken(Outcome.transient(NO_TOKEN))
            threading.Event().wait(POLL_S)

    def _read(self) -> _Token:
        with self._database.read() as conn:
            stored = read_token(conn, self._account)
        return _Token(self._seal.open(stored.token), stored.token, stored.expires_at) if stored else _NONE

    def _claim(self, seen: _Token) -> int | None:
        """The end of our lease; None when it is somebody else's turn."""
        now = self._clock.now()
        until = to_ms(now + timedelta(seconds=self._patience))
        with self._database.write() as conn:
            return until if claim_refresh(conn, self._account, seen.sealed, to_ms(now), until) else None

    def _replace(self, old: _Token, lease: int, refused: str | None) -> str:
        try:
            fetched = self._fetch()
        except NoToken:
            if self._is_alive(old, refused):
                return old.token  # and the lease stays, so that the next try comes when it has run out
            self._release(lease)
            raise
        except BaseException:
            self._release(lease)
            raise
        expires_at = to_ms(self._clock.now() + timedelta(seconds=fetched.lifetime))
        new = _Token(fetched.token, self._seal.close(fetched.token), expires_at)
        with self._database.write() as conn:
            store_token(conn, self._account, new.sealed, expires_at)
        self._known = new
        return new.token

    def _release(self, lease: int) -> None:
        with self._database.write() as conn:
            release_refresh(conn, self._account, lease)

    def _is_fresh(self, stored: _Token, refused: str | None) -> bool:
        return self._is_alive(stored, refused, EARLY)

    def _is_alive(self, stored: _Token, refused: str | None, early: timedelta = timedelta()) -> bool:
        ends = stored.expires_at > to_ms(self._clock.now() + early)
        return bool(stored.token) and stored.token != refused and ends


class Seal:
    """Hides a token where others look: in the database and its backups, and in the database driver's debug log."""

    def __init__(self, secret: str) -> None:
        from cryptography.fernet import Fernet

        digest = hashlib.sha256(f"provider_token {secret}".encode()).digest()
        self._fernet = Fernet(urlsafe_b64encode(digest))

    def close(self, token: str) -> str:
        return self._fernet.encrypt(token.encode()).decode()

    def open(self, sealed: str) -> str:
        """The token; "" when there is none, or it was sealed with another secret."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed.encode()).decode() if sealed else ""
        except InvalidToken:
            return ""
