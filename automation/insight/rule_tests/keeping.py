"""Providers that accept everything and keep it, so that a test can look at what would have gone out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from automation.insight.rehearsal.accepting import Accepting, AcceptingProviders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from automation.clock import Clock
    from automation.providers.accounts import Account
    from automation.providers.base import Outcome, Outgoing
    from automation.providers.context import ProviderContext
    from automation.rules.project import Project
    from automation.store.database import Database


class _Keeping(Accepting):
    """`kept` is shared by all channels."""

    def __init__(self, context: ProviderContext, kept: list[Outgoing]) -> None:
        super().__init__(Accepting.Params(), context)
        self._kept = kept

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        self._kept += messages
        return super().send(messages)


class KeepingProviders(AcceptingProviders):
    """One account on every channel; `kept` is what they all were given."""

    def __init__(self, project: Project, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        super().__init__(project, database, clock, zone)
        self.kept: list[Outgoing] = []

    def _make_all(self, channel: str) -> list[Account]:
        return [
            replace(account, provider=_Keeping(account.provider.context, self.kept))
            for account in super()._make_all(channel)
        ]
