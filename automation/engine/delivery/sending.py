"""The call to the outside: a batch in the provider's own portions, several at a time where the provider allows it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.providers.base import NOT_TRIED, Outcome, Outgoing

if TYPE_CHECKING:
    from automation.providers.base import Provider

_log = logging.getLogger(__name__)


def batch_limit(provider: Provider, at_most: int) -> int:
    """How many messages are marked as sending at once: no more than are in flight, for a crash leaves them in doubt."""
    return min(provider.max_batch * provider.concurrency, at_most)


def send_all(provider: Provider, messages: Sequence[Outgoing], ours: Callable[[], bool]) -> list[Outcome]:
    """One outcome per message, in order. `ours` says whether we may still send them: see `_send`."""
    size = provider.max_batch
    portions = [messages[start : start + size] for start in range(0, len(messages), size)]
    if len(portions) == 1 or provider.concurrency == 1:
        answers = [_send(provider, portion, ours) for portion in portions]
    else:
        with ThreadPoolExecutor(provider.concurrency) as pool:
            answers = list(pool.map(lambda portion: _send(provider, portion, ours), portions))
    return [outcome for outcomes in answers for outcome in outcomes]


def _send(provider: Provider, messages: Sequence[Outgoing], ours: Callable[[], bool]) -> Sequence[Outcome]:
    """A provider that raises, or answers for too few, leaves every outcome of the portion unknown.

    A process that slept since the messages were marked does not send what others may have given up, and sent again.
    """
    if not ours():
        return [Outcome.transient(NOT_TRIED, "the lease was over before the provider was called")] * len(messages)
    try:
        outcomes = provider.send(messages)
        if len(outcomes) == len(messages):
            return outcomes
        detail = f"{len(outcomes)} outcomes for {len(messages)} messages"
    except Exception as error:  # fail closed: it may or may not have sent them; its words may hold a secret
        detail = type(error).__name__
    _log.error(say("daemon.provider_failed", provider=provider.type, reason=detail))
    return [Outcome.unknown("provider_failed", detail)] * len(messages)
