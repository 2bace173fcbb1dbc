"""The conformance suite finds what it promises to find: each provider here breaks one promise."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import SecretStr

from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Outgoing, Provider, Sent
from automation.testing.providers import check_class, check_provider
from tests.providers.conftest import sms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from automation.providers.context import ProviderContext

SECRET = "s3cr3t-value"


class GoodParams(Params):
    """Labelled, and secret where it must be."""

    api_key: SecretStr = param(zh="密钥", en="the key")


class Good(Provider):
    """Keeps every promise."""

    type: ClassVar[str] = "good"
    title: ClassVar[Text] = Text("好", "good")
    Params: ClassVar[Any] = GoodParams
    channels: ClassVar[frozenset[str]] = frozenset({"sms"})
    max_batch: ClassVar[int] = 10

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return [self.one(message) for message in messages]

    def one(self, message: Outgoing) -> Outcome:
        fine = message.address.startswith("+")
        return Outcome.accepted(message.reference) if fine else Outcome.permanent("bad_address")


class Forgets(Good):
    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return [self.one(message) for message in messages][:-1]


class Raises(Good):
    def one(self, message: Outgoing) -> Outcome:
        if not message.address.startswith("+"):
            raise ValueError(message.address)
        return Outcome.accepted()


class Shuffles(Good):
    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return sorted((self.one(message) for message in messages), key=lambda outcome: outcome.kind)[::-1]


class Refuses(Good):
    def one(self, message: Outgoing) -> Outcome:
        return Outcome.transient("busy")


class Shows(Good):
    def __repr__(self) -> str:
        return f"Shows({self.params.api_key.get_secret_value()})"


class Logs(Good):
    def one(self, message: Outgoing) -> Outcome:
        logging.getLogger("a.client.library").debug("key %s", self.params.api_key.get_secret_value())
        return super().one(message)


class NoCode(Good):
    def one(self, message: Outgoing) -> Outcome:
        outcome = super().one(message)
        return outcome if outcome.kind == "accepted" else Outcome("permanent")


class LongId(Good):
    def one(self, message: Outgoing) -> Outcome:
        return Outcome.accepted("x" * 201)


class Denies(Good):
    can_look_up = True

    def look_up(self, messages: Sequence[Sent]) -> Sequence[Outcome | None]:
        return [Outcome.permanent("not_found") for _ in messages]


class Blames(Good):
    def one(self, message: Outgoing) -> Outcome:
        return replace(super().one(message), effect="bad_address")


def check(provider: type[Provider], context: Callable[[str], ProviderContext]) -> None:
    params = GoodParams(api_key=SecretStr(SECRET))
    check_provider(provider, lambda: provider(params, context("sms")), sms, secrets=[SECRET])


def test_a_good_provider_passes(context: Callable[[str], ProviderContext]) -> None:
    check(Good, context)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (Forgets, "5 messages, 4 outcomes"),
        (Shuffles, "the bad one being 1"),
        (Refuses, "every sample should be accepted"),
        (Shows, "a secret shows in: Shows"),
        (Logs, "a secret shows in: key …"),
        (NoCode, "permanent needs a code"),
        (LongId, "at most 200 characters"),
        (Denies, "of a message that was never sent"),
        (Blames, "only a permanent outcome has an effect"),
    ],
)
def test_a_broken_promise_is_found(
    provider: type[Provider], words: str, context: Callable[[str], ProviderContext]
) -> None:
    with pytest.raises(AssertionError, match=words):
        check(provider, context)


def test_an_exception_for_a_bad_address_is_found(context: Callable[[str], ProviderContext]) -> None:
    with pytest.raises(ValueError, match="not an address"):
        check(Raises, context)


def test_a_class_that_lacks_something_is_found() -> None:
    class OpenParams(Params):
        api_key: str = param(zh="密钥", en="the key")

    class Unlabelled(Params):
        size: int = 1

    cases: list[tuple[dict[str, Any], str]] = [
        ({"channels": frozenset({"fax"})}, "unknown channels: .*fax"),
        ({"channels": frozenset()}, "at least one channel"),
        ({"title": Text("", "good")}, "both languages"),
        ({"max_batch": 0}, "at least 1"),
        ({"Params": OpenParams}, "make it a SecretStr"),
        ({"Params": Unlabelled}, "the parameter size has no label in zh"),
    ]
    for changes, words in cases:
        with pytest.raises(AssertionError, match=words):
            check_class(type("Broken", (Good,), changes))
