"""What every provider test needs: a context of its channel, and messages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from automation.providers import http
from automation.providers.base import Content, Outgoing
from automation.providers.context import ProviderContext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from automation.clock import ManualClock
    from automation.store.database import Database


@pytest.fixture
def context(tmp_path: Path, sqlite_db: Database, clock: ManualClock) -> Callable[[str], ProviderContext]:
    """The context of a channel: `context("sms")`."""
    zone = ZoneInfo("Asia/Shanghai")
    return lambda channel: ProviderContext(channel, tmp_path, sqlite_db, clock, zone)


def sms(number: int, to: str | None = None, **options: Any) -> Outgoing:
    address = to or f"+86138{number:08d}"
    return Outgoing(f"m-{number}", "sms", address, Content(text=f"【商城】第 {number} 张券"), **options)


def email(number: int, to: str | None = None, **content: str) -> Outgoing:
    parts = {"subject": "生日快乐", "text": "送您一张券", "html": "<p>送您一张券</p>", **content}
    return Outgoing(f"m-{number}", "email", to or f"p{number}@example.com", Content(**parts))


@pytest.fixture(autouse=True)
def unpinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that silences a library's logger does so for the process: each test begins with it audible."""
    for name in ("urllib3.connectionpool", "python_http_client.client"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "filters", [one for one in logger.filters if one is not http._loud])
