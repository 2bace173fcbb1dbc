"""What a provider may use of the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.store.database import Database


@dataclass(frozen=True)
class ProviderContext:
    """`folder` is the project's folder; `database` is shared by all processes (access tokens live there)."""

    channel: str
    folder: Path
    database: Database
    clock: Clock
    zone: tzinfo = UTC  # the project's time zone, for dates that people read
