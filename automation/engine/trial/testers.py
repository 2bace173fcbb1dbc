"""Testers: how an address is written, on which channel it is reached, and whether it may be sent a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from automation.channels import CHANNELS, MESSAGE_CHANNELS
from automation.contacts.identity import IdentityError, normalise_identity
from automation.errors import AutomationError, SettingsError
from automation.templating.filters import mask

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.settings import Settings

_SHORT = {"openid": "wechat_openid"}
"""What people say for a kind of address, besides the kind itself and the channel's name."""


class Address(NamedTuple):
    """One way to one tester. `value` is normalised, as an identity holds it."""

    channel: str
    kind: str
    value: str

    @property
    def masked(self) -> str:
        return mask(self.value)


def allowed_address(text: str, channel: str | None, settings: Settings, catalogue: Catalogue) -> Address:
    """The address that `text` means. AutomationError when it is none, or is not on the list of allowed testers."""
    address = read_address(text, channel, catalogue.country)
    testers = [_tester(entry, catalogue.country) for entry in settings.testing.allowed]
    if not testers:
        raise AutomationError("trial.nobody_allowed", entry=_entry(address))
    if address not in testers:
        raise AutomationError("trial.not_allowed", to=address.masked, entry=_entry(address))
    return address


def read_address(text: str, channel: str | None, country: str) -> Address:
    """`13800138000`, `me@example.com`, `openid:o…`, `wecom:…`; with a channel, the bare value.

    AutomationError when it can't be read, or is not one of the channel's.
    """
    if channel is not None and channel not in MESSAGE_CHANNELS:
        raise AutomationError("trial.no_channel", found=channel, known=", ".join(MESSAGE_CHANNELS))
    word, colon, value = text.strip().partition(":")
    named = _channel_named(word) if colon else None
    meant = named or channel or ("email" if "@" in text else "sms")
    if channel is not None and meant != channel:
        raise AutomationError("trial.other_channel", to=mask(value), channel=channel, meant=meant)
    kind = str(CHANNELS[meant].identity)
    try:
        return Address(meant, kind, normalise_identity(kind, value if named else text, country))
    except IdentityError as error:
        raise AutomationError("trial.no_address", reason=error.text()) from None


def _tester(entry: str, country: str) -> Address:
    try:
        return read_address(entry, None, country)
    except AutomationError as error:
        raise SettingsError("trial.bad_tester", found=entry, reason=error.text()) from None


def _channel_named(word: str) -> str | None:
    """`sms`, `phone`, `openid`, `wechat_openid` …"""
    by_kind = {str(CHANNELS[name].identity): name for name in reversed(MESSAGE_CHANNELS)}
    return word if word in MESSAGE_CHANNELS else by_kind.get(_SHORT.get(word, word))


def _entry(address: Address) -> str:
    """How the address is written in the list, masked."""
    return address.masked if address.channel in ("sms", "email") else f"{address.kind}:{address.masked}"
