"""Providers that take every message and reach nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from automation import plugin
from automation.channels import CHANNELS
from automation.i18n import Text
from automation.providers.accounts import Account
from automation.providers.base import Outcome, Provider
from automation.providers.context import ProviderContext
from automation.providers.loader import Providers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from automation.clock import Clock
    from automation.providers.base import Outgoing
    from automation.rules.project import Project
    from automation.store.database import Database

ACCOUNT = "rehearsal"


class Accepting(Provider):
    """Accepts at once."""

    type: ClassVar[str] = ACCOUNT
    title: ClassVar[Text] = Text("演练", "rehearsal")
    channels: ClassVar[frozenset[str]] = frozenset(CHANNELS)
    max_batch: ClassVar[int] = 1_000

    class Params(plugin.Params):
        """None."""

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return [Outcome.accepted(message.reference) for message in messages]


class AcceptingProviders(Providers):
    """One accepting account on every channel, whatever the settings name: no rate, no breaker, nothing to log in to."""

    def __init__(self, project: Project, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        super().__init__(project.settings, project.registry, database, clock)
        self._context = project.settings.folder, database, clock, zone

    def _make_all(self, channel: str) -> list[Account]:
        folder, database, clock, zone = self._context
        params: Any = Accepting.Params()
        provider = Accepting(params, ProviderContext(channel, folder, database, clock, zone))
        return [Account(f"{channel}:{ACCOUNT}", ACCOUNT, provider, None, None)]
