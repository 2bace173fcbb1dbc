"""Project folders with real daemons, as the daemon's own tests have them."""

from __future__ import annotations

from tests.daemon.conftest import postgres_shop, sqlite_shop

__all__ = ["postgres_shop", "sqlite_shop"]
