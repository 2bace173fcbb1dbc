"""The conformance suite for provider plugins: run it under pytest on your own provider.

    def test_it_keeps_the_contract(server):
        check_provider(MyProvider, lambda: MyProvider(params, context), sample, secrets=["s3cr3t"])

`make` gives a fresh provider that talks to a fake or a test account; `sample(n)` the n-th of any number of messages
that it accepts. Each check is a function of its own, should you want to see them one by one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from automation.channels import CHANNELS
from automation.i18n import LANGS, Text
from automation.plugin import Params, check_shape
from automation.providers.base import About, Effect, Outcome, Outgoing, Provider, Sent

if TYPE_CHECKING:
    from collections.abc import Iterator

Make: TypeAlias = Callable[[], Provider]
Sample: TypeAlias = Callable[[int], Outgoing]

KINDS = ("accepted", "permanent", "transient", "unknown")
BAD_ADDRESS = "not an address\r\nBcc: everyone@example.com"


def check_provider(
    provider_class: type[Provider], make: Make, sample: Sample, secrets: Sequence[str] = (), bad: str = BAD_ADDRESS
) -> None:
    """Every check, in turn. `secrets` are the values that must show nowhere; `bad` an address that nobody has."""
    check_class(provider_class)
    with heard() as records:
        check_empty_batch(make)
        check_order(make, sample)
        check_bad_address(make, sample, bad)
        check_look_up(make, sample)
        check_secrets(make, secrets, records)


def check_class(provider_class: type[Provider]) -> None:
    """The class names itself, in both languages, with known channels and labelled parameters."""
    check_shape(provider_class)
    assert provider_class.kind == "provider", "a provider's `kind` is provider"
    assert isinstance(provider_class.title, Text), "`title` is a Text with both languages"
    assert all(provider_class.title), "`title` is written in both languages"
    assert provider_class.channels, "`channels` names at least one channel"
    assert provider_class.channels <= CHANNELS.keys(), f"unknown channels: {provider_class.channels - CHANNELS.keys()}"
    assert provider_class.max_batch >= 1, "`max_batch` is at least 1"
    assert issubclass(provider_class.Params, Params), "`Params` is a subclass of automation.plugin.Params"
    for name, field in provider_class.Params.model_fields.items():
        check_parameter(name, field)


def check_parameter(name: str, field: FieldInfo) -> None:
    """A label in both languages, and a secret is a SecretStr."""
    extra: Any = field.json_schema_extra or {}
    for lang in LANGS:
        assert extra.get(lang), f"the parameter {name} has no label in {lang}; write it with `param(zh=…, en=…)`"
    if any(word in name for word in ("password", "secret", "token", "api_key")):
        assert "SecretStr" in str(field.annotation), f"the parameter {name} looks like a secret; make it a SecretStr"


def check_empty_batch(make: Make) -> None:
    """No messages, no outcomes, no trouble; closing twice is no trouble either."""
    provider = make()
    assert list(provider.send([])) == [], "an empty batch has no outcomes"
    provider.close()
    provider.close()


def check_order(make: Make, sample: Sample) -> None:
    """One outcome per message, in order: each accepted, each one's id its own place."""
    provider = make()
    messages = [sample(number) for number in range(min(provider.max_batch, 5))]
    outcomes = send(provider, messages)
    refused = [f"{m.reference}: {o}" for m, o in zip(messages, outcomes, strict=True) if o.kind != "accepted"]
    assert not refused, f"every sample should be accepted, but: {refused}"
    provider.close()


def check_bad_address(make: Make, sample: Sample, bad: str = BAD_ADDRESS) -> None:
    """A bad address is an outcome, not an exception and never "unknown", and harms only its own message."""
    provider = make()
    count = min(provider.max_batch, 3)
    messages = [sample(number) for number in range(count)]
    broken = count // 2
    messages[broken] = replace(messages[broken], address=bad)
    for place, outcome in enumerate(send(provider, messages)):
        fine = outcome.kind != "unknown" if place == broken else outcome.kind == "accepted"
        assert fine, f"message {place} of {count}, the bad one being {broken}, came to {outcome}"
    provider.close()


def check_look_up(make: Make, sample: Sample) -> None:
    """Of what nobody sent, nobody can tell anything: that it was not found proves nothing."""
    provider = make()
    assert list(provider.look_up([])) == [], "no messages to look up have no outcomes"
    never = [sent(sample(number + 1000), provider) for number in range(2)]
    assert list(provider.look_up(never)) == [None, None], "of a message that was never sent, `look_up` can't tell: None"
    message = sample(0)
    [outcome] = send(provider, [message])
    [found] = provider.look_up([replace(sent(message, provider), provider_id=outcome.provider_id)])
    assert found is None or found.kind == "accepted", f"an accepted message was looked up as {found}"
    assert provider.can_look_up or found is None, "`can_look_up` is false, but something was found"
    if found is not None:
        check_outcome(found)
    provider.close()


def sent(message: Outgoing, provider: Provider) -> Sent:
    """A message as it is looked up when the answer to its sending was lost."""
    now = provider.context.clock.now()
    return Sent(message.reference, message.channel, message.address, None, now, message.content)


def check_secrets(make: Make, secrets: Sequence[str], records: Sequence[logging.LogRecord] = ()) -> None:
    """No secret in `repr` of the provider or its parameters, nor in what was logged at DEBUG level."""
    provider = make()
    params = provider.params
    shown = [repr(provider), str(provider), repr(params), str(params), params.model_dump_json()]
    shown += [record.getMessage() for record in records]
    for secret in secrets:
        for text in shown:
            assert secret not in text, f"a secret shows in: {text.replace(secret, '…')}"
    hidden = [value for _, value in params if isinstance(value, SecretStr)]
    assert all(value.get_secret_value() for value in hidden), "a secret parameter is empty"
    provider.close()


def send(provider: Provider, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
    """`provider.send`, with the form of what it returns checked."""
    outcomes = provider.send(messages)
    assert len(outcomes) == len(messages), f"{len(messages)} messages, {len(outcomes)} outcomes"
    for outcome in outcomes:
        check_outcome(outcome)
    return outcomes


def check_outcome(outcome: Outcome) -> None:
    """An outcome that the ledger can keep."""
    assert isinstance(outcome, Outcome), f"not an Outcome: {outcome!r}"
    assert outcome.kind in KINDS, f"not a kind of outcome: {outcome.kind}"
    assert outcome.provider_id is None or len(outcome.provider_id) <= 200, "a provider_id has at most 200 characters"
    assert outcome.effect is None or outcome.kind == "permanent", "only a permanent outcome has an effect on the person"
    assert outcome.effect in (None, *get_args(Effect)), f"not an effect: {outcome.effect}"
    assert outcome.about in (None, *get_args(About)), f"not whom an outcome can be about: {outcome.about}"
    assert outcome.kind != "permanent" or outcome.about != "account", (
        "what is said of the account fails nobody: transient"
    )
    assert outcome.kind == "accepted" or outcome.code, f"{outcome.kind} needs a code"
    assert outcome.code is None or len(outcome.code) <= 80, "a code has at most 80 characters"
    assert outcome.retry_after is None or outcome.retry_after >= 0, "retry_after is in seconds from now"


@contextmanager
def heard() -> Iterator[list[logging.LogRecord]]:
    """Everything that anyone logs inside the block, down to DEBUG."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[assignment,method-assign]
    root = logging.getLogger()
    loggers = [one for one in (root, *root.manager.loggerDict.values()) if isinstance(one, logging.Logger)]
    levels = [one.level for one in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.removeHandler(handler)
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
