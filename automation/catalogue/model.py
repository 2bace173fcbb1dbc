"""The catalogue: every contact field, event, event property and coupon batch that rules may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Literal

from automation.calendars.duration import Duration
from automation.i18n import Text


class FieldType(StrEnum):
    """How a value is normalised, stored in JSON, and compared."""

    TEXT = "text"  # JSON string
    INTEGER = "integer"  # JSON number without a fraction
    NUMBER = "number"  # JSON number, compared as a double
    MONEY = "money"  # JSON number: an integer of the currency's minor unit. Rules and files write major units: 59.90
    BOOLEAN = "boolean"  # JSON true/false
    DATE = "date"  # "1990-08-04"
    DATETIME = "datetime"  # "2026-08-04T10:00:00.000Z", UTC, always this width
    LIST = "list"  # JSON array of strings


@dataclass(frozen=True)
class FieldDef:
    """A contact field or an event property."""

    name: str
    type: FieldType
    label: Text
    choices: tuple[str, ...] = ()
    personal: bool = False  # personal data: masked in listings
    currency: str = "CNY"  # of a money field
    identity: str | None = (
        None  # of an event property: the identity kind its value(s) hold; a LIST holds several people
    )
    required: bool = False  # of an event property: an event without it is quarantined
    storage: Literal["attribute", "identity", "tags", "column", "none"] = "attribute"  # of a contact field
    form: Literal["windows"] | None = None  # of a text: what it must look like


EVENT_FIELDS: Mapping[str, FieldDef] = {
    "occurred_at": FieldDef("occurred_at", FieldType.DATETIME, Text("发生时间", "time"), storage="column"),
    "channel": FieldDef("channel", FieldType.TEXT, Text("渠道", "channel"), storage="column"),
    "source": FieldDef("source", FieldType.TEXT, Text("来源", "source"), storage="column"),
}
"""What every event has besides its properties (see event_fields.py), with the columns of its table as names."""


@dataclass(frozen=True)
class EventDef:
    name: str
    label: Text
    properties: Mapping[str, FieldDef] = field(default_factory=dict)

    @cached_property
    def fields(self) -> Mapping[str, FieldDef]:
        """What `event.…` may name: its properties, and what every event has."""
        return {**EVENT_FIELDS, **self.properties}


@dataclass(frozen=True)
class CouponBatchDef:
    """A batch of coupons: codes imported into a pool, or generated on issue."""

    key: str
    label: Text
    kind: Literal["pool", "generated"]
    stock: int | None = None  # of generated codes; None: unlimited. A pool's stock is its free codes
    per_contact: int = 1
    valid_for: Duration | None = None  # from the issue; a step's `valid_for` replaces it
    expires_at: str | None = None  # local date after which nothing is issued and no code is valid
    prefix: str = ""
    length: int = 10  # of the generated part
    value: int | None = None  # face value in the minor unit
    currency: str = "CNY"


@dataclass(frozen=True)
class SourceDef:
    """A system that sends events.

    `time`: seconds, milliseconds, microseconds, or a pattern of strptime; None: ISO 8601, or seconds or milliseconds as
    the number's size tells. `fields` are {its field: ours}, `events` {its name of an event: ours}.
    """

    key: str
    label: Text
    time: str | None = None
    zone: str | None = None  # where times without an offset are meant; None: that of the project
    fields: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """What a project knows. Built-in contact fields and events are always present."""

    fields: Mapping[str, FieldDef] = field(default_factory=dict)  # by name, without "contact."
    events: Mapping[str, EventDef] = field(default_factory=dict)
    coupons: Mapping[str, CouponBatchDef] = field(default_factory=dict)
    sources: Mapping[str, SourceDef] = field(default_factory=dict)
    identity_kinds: Mapping[str, Text] = field(default_factory=dict)
    single_identities: frozenset[str] = frozenset()
    caseless_identities: frozenset[str] = frozenset()  # capitals and small letters are the same
    nobody: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by kind: values that name nobody
    default_identity: str = "member_no"  # what a bare `contact: "M001"` in an event means
    country: str = "CN"  # of phone numbers written without a country code
    strict_events: bool = True  # an event that is not in the catalogue is quarantined
