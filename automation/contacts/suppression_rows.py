"""One row of a do-not-contact list: whom it names, on which channel, why, and until when.

When in doubt nothing is sent: a channel that can't be read is all of them, an end that can't be read is never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.catalogue.dates import moment_of, read_datetime
from automation.channels import CHANNELS
from automation.clock import to_ms
from automation.contacts.cells import split_cell
from automation.contacts.columns import OWN_COLUMNS
from automation.contacts.consent import EVERY_CHANNEL
from automation.contacts.headers import header_keys, key_of, plain_header
from automation.contacts.identity import normalise_identity
from automation.contacts.names import ContactError
from automation.contacts.rows import told_together
from automation.csvfiles import is_blank, read_cell
from automation.errors import AutomationError
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue
    from automation.contacts.reading import Record, Survey
    from automation.store.identities import Pair

ADDRESS_KINDS = frozenset(channel.identity for channel in CHANNELS.values() if channel.reaches_person)
"""The identity kinds that messages are sent to; every other kind names a person."""
_OWN = {
    "contact": "contact 联系人身份", "address": "address 地址", "channel": "channel 渠道 通道",
    "reason": "reason 原因 理由", "source": "source 来源", "since": "since createdat 加入时间 起始时间 登记时间",
    "until": "until expiresat 到期 到期时间 截止时间",
}  # fmt: skip
_HEADERS = {plain_header(name): key for key, names in _OWN.items() for name in names.split()}
_CHANNEL_NAMES = {
    plain_header(name): channel.name for channel in CHANNELS.values() for name in (channel.name, *channel.title)
} | {plain_header(name): EVERY_CHANNEL for name in ("全部", "所有", "所有渠道", "all")}


@dataclass
class Entry:
    """Either addresses, or a person by any of `pairs`, or both."""

    record: Record
    addresses: list[str] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    reason: str = ""
    source: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    left_out: list[str] = field(default_factory=list)


def list_keys(catalogue: Catalogue) -> list[str]:
    """What a column can be: a key of ours, or an identity kind."""
    return [*_OWN, *catalogue.identity_kinds]


def list_columns(catalogue: Catalogue, columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """{column: key} of those that are known; what the catalogue knows besides says nothing here, which is ""."""
    keys, ours = header_keys(catalogue), list_keys(catalogue)
    found = {column: key for key, column in mapping.items()}
    for column in columns:
        key = _HEADERS.get(plain_header(column)) or key_of(keys, column)
        if column not in found and (key is not None or column in OWN_COLUMNS):
            found[column] = key if key in ours else ""
    return found


class EntryReader:
    """Reads the records of one file. A record that names nobody raises AutomationError with all that is wrong."""

    def __init__(self, catalogue: Catalogue, columns: Mapping[str, str], found: Survey, zone: ZoneInfo) -> None:
        self._country = catalogue.country
        self._columns = columns
        self._zone = zone
        self._csv = found.csv is not None
        self._as_it_is = found.raw or not self._csv

    def read(self, record: Record) -> Entry:
        if record.problem is not None:
            raise record.problem
        entry = Entry(record)
        for column, key in self._columns.items():
            try:
                for text in self._texts(key, record.values.get(column)):
                    self._take(entry, key, text)
            except AutomationError as error:
                entry.channels = [EVERY_CHANNEL] if key == "channel" else entry.channels
                entry.left_out.append(say("contacts.in_column", column=column, reason=error.text()))
        if not entry.addresses and not entry.pairs:
            nobody = say("contacts.no_identity", known=", ".join(self._columns))
            raise ContactError("contacts.rejected", reasons=told_together([*entry.left_out, nobody]))
        return entry

    def _texts(self, key: str, value: Any) -> list[str]:
        """Several people, addresses and channels may stand in one cell."""
        if isinstance(value, str) and not self._as_it_is:
            value = "" if is_blank(value) else read_cell(value)
        several = self._csv and isinstance(value, str) and key not in ("reason", "source", "since", "until")
        items = split_cell(value) if several else value if isinstance(value, list) else [value]
        return [str(item) for item in items if item not in (None, "")]

    def _take(self, entry: Entry, key: str, text: str) -> None:
        if key == "contact":
            kind, colon, value = text.partition(":")
            if not colon:
                raise ContactError("contacts.no_kind", found=text[:60])
            entry.pairs.append((kind, normalise_identity(kind, value, self._country)))
        elif key == "address":
            entry.addresses.append(self._address(text))
        elif key == "channel":
            entry.channels.append(_channel(text))
        elif key in ("since", "until"):
            moment = read_datetime(text, self._zone)
            if moment is None:
                raise ContactError("contacts.bad_time", found=text[:60])
            setattr(entry, f"{key}_ms", to_ms(moment_of(moment)))
        elif key in ("reason", "source"):
            setattr(entry, key, text)
        elif key in ADDRESS_KINDS:
            entry.addresses.append(normalise_identity(key, text, self._country))
        else:
            entry.pairs.append((key, normalise_identity(key, text, self._country)))

    def _address(self, text: str) -> str:
        """As an identity holds it, of whatever kind it looks like."""
        if "@" in text:
            return normalise_identity("email", text, self._country)
        try:
            return normalise_identity("phone", text, self._country)
        except AutomationError:
            return normalise_identity("address", text, self._country)


def _channel(text: str) -> str:
    channel = EVERY_CHANNEL if text == EVERY_CHANNEL else _CHANNEL_NAMES.get(plain_header(text))
    if channel is None:
        raise ContactError("contacts.bad_channel", found=text, known=", ".join([EVERY_CHANNEL, *CHANNELS]))
    return channel
