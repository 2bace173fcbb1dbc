"""What talks to the outside: a provider takes a batch of rendered messages and says what became of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from automation.plugin import Kind, Plugin
from automation.templating.content import Content as Content

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from automation.providers.codes import Code
    from automation.providers.context import ProviderContext


NOT_TRIED = "not_tried"
"""The code of a transient outcome: an earlier message of the batch met trouble, and this one was never begun."""


@dataclass(frozen=True)
class Outgoing:
    """One message on its way. `reference` is our own id for it, the same in every attempt."""

    reference: str
    channel: str
    address: str
    content: Content
    payload: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1


@dataclass(frozen=True)
class Sent:
    """A message whose outcome nobody knows: what a look-up has to go by.

    `content` is what was handed over, where it can still be shown. `taken` are the provider's ids of other messages
    of ours to the same person: they are not this one.
    """

    reference: str
    channel: str
    address: str
    provider_id: str | None
    sent_at: datetime
    content: Content | None = None
    taken: frozenset[str] = frozenset()


Effect: TypeAlias = Literal["opted_out", "bad_address", "not_reachable"]
"""What a permanent refusal says of the person on this channel, beyond the one message.

opted_out: the person said no. bad_address: nobody can be reached there. not_reachable: not now, for example because
the person does not follow the account.
"""


About: TypeAlias = Literal["person", "message", "account"]
"""Whom a refusal is about: the person or their address, this one message, or our account and its settings."""


@dataclass(frozen=True)
class Outcome:
    """What became of one message.

    accepted: the provider has it. permanent: it never will (bad number, opted out). transient: not now, and it is
    certain that nothing was sent. unknown: it may or may not have been sent (a time-out after the request went out).
    `code` and `detail` are the provider's own words, without secrets. `retry_after` is in seconds. `effect` goes with
    permanent refusals, and only where the provider's answer is certain about it. `about`: a transient answer about the
    person or the message never counts against the account, one about the account uses up no attempt of the message;
    without it a transient outcome counts for both, as a broken connection does.
    """

    kind: Literal["accepted", "permanent", "transient", "unknown"]
    provider_id: str | None = None
    code: str | None = None
    detail: str | None = None
    retry_after: float | None = None
    effect: Effect | None = None
    about: About | None = None

    @classmethod
    def accepted(cls, provider_id: str | None = None) -> Outcome:
        return cls("accepted", provider_id=provider_id)

    @classmethod
    def permanent(
        cls, code: str, detail: str | None = None, effect: Effect | None = None, about: About | None = None
    ) -> Outcome:
        return cls("permanent", code=code, detail=detail, effect=effect, about=about)

    @classmethod
    def transient(
        cls, code: str, detail: str | None = None, retry_after: float | None = None, about: About | None = None
    ) -> Outcome:
        return cls("transient", code=code, detail=detail, retry_after=retry_after, about=about)

    @classmethod
    def unknown(cls, code: str, detail: str | None = None) -> Outcome:
        return cls("unknown", code=code, detail=detail)


class Provider(Plugin):
    """A provider plugin. `Params` are its settings: a table `[providers.<channel>]` in automation.toml.

    Secrets are `pydantic.SecretStr`; they come from the environment or a file (see settings.py) and never appear in
    logs, errors or `repr`. One instance serves one channel of one process; `send` may be called from several threads.
    """

    kind: ClassVar[Kind] = "provider"
    channels: ClassVar[frozenset[str]]
    max_batch: ClassVar[int] = 1
    """How many messages one `send` takes at most."""
    one_service: ClassVar[bool] = True
    """Whether all messages of an account go to one service, which can be down as a whole. False where each address is
    a service of its own (webhooks): then one that fails must not stop the others."""

    codes: ClassVar[Mapping[str, Code]] = {}
    """What its own codes say, about whom, by which source. The reference lists them."""

    def __init__(self, params: Any, context: ProviderContext) -> None:
        self.params = params
        self.context = context

    concurrency: ClassVar[int] = 1
    """How many `send` calls may run at the same time, in threads. A crash leaves at most this many batches in doubt."""

    @abstractmethod
    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        """One Outcome per message, in order. Raising makes the batch `unknown`: nothing is sent again by itself."""

    can_look_up: bool = False
    """Whether `look_up` may find something; an instance may say it by its settings."""

    def look_up(self, messages: Sequence[Sent]) -> Sequence[Outcome | None]:
        """What became of messages whose outcome is unknown: accepted or permanent, in order; None: can't tell yet.

        That nothing was found proves nothing, so it is None. Raising is None for all of them.
        """
        return [None] * len(messages)

    def close(self) -> None:
        """Let go of connections."""
