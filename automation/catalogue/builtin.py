"""What every project knows without a catalogue file: some contact fields, the identities, the product's own events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.catalogue.model import Catalogue, EventDef, FieldDef, FieldType
from automation.channels import IDENTITY_KINDS, SINGLE_IDENTITIES
from automation.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT = FieldType.TEXT

_FIELDS = (
    FieldDef("name", _TEXT, Text("姓名", "name"), personal=True),
    FieldDef("gender", _TEXT, Text("性别", "gender")),
    FieldDef("birthday", FieldType.DATE, Text("生日", "birthday"), personal=True),
    FieldDef("city", _TEXT, Text("城市", "city")),
    FieldDef("language", _TEXT, Text("语言", "language")),
    FieldDef("timezone", _TEXT, Text("时区", "time zone")),
    FieldDef("do_not_disturb", _TEXT, Text("免打扰时段", "do-not-disturb time"), form="windows"),
    FieldDef("tags", FieldType.LIST, Text("标签", "tags"), storage="tags"),
    FieldDef("created_at", FieldType.DATETIME, Text("建档时间", "creation time"), storage="column"),
    FieldDef("updated_at", FieldType.DATETIME, Text("更新时间", "last change"), storage="column"),
)

_RULE = FieldDef("rule", _TEXT, Text("规则", "rule"))
_CHANNEL = FieldDef("channel", _TEXT, Text("渠道", "channel"))
_PURPOSE = FieldDef("purpose", _TEXT, Text("用途", "purpose"))

_EVENTS = (
    ("contact.unsubscribed", Text("退订", "unsubscribed"), (_CHANNEL, _PURPOSE)),
    (
        "coupon.issued",
        Text("已发券", "coupon issued"),
        (
            FieldDef("batch", _TEXT, Text("券批次", "coupon batch")),
            FieldDef("code", _TEXT, Text("券码", "coupon code")),
            _RULE,
        ),
    ),
    (
        "coupon.expired",
        Text("券已过期", "coupon expired"),
        (
            FieldDef("batch", _TEXT, Text("券批次", "coupon batch")),
            FieldDef("code", _TEXT, Text("券码", "coupon code")),
        ),
    ),
)


def identity_field(kind: str, label: Text) -> FieldDef:
    """The contact field that shows a person's oldest identity of a kind."""
    return FieldDef(kind, _TEXT, label, personal=True, storage="identity")


def event_def(name: str, label: Text, properties: Iterable[FieldDef]) -> EventDef:
    return EventDef(name, label, {item.name: item for item in properties})


def builtin() -> Catalogue:
    """A catalogue of the built-ins alone."""
    fields = {item.name: item for item in _FIELDS}
    fields |= {kind: identity_field(kind, label) for kind, label in IDENTITY_KINDS.items()}
    return Catalogue(
        fields=fields,
        events={name: event_def(name, label, properties) for name, label, properties in _EVENTS},
        identity_kinds=dict(IDENTITY_KINDS),
        single_identities=SINGLE_IDENTITIES,
    )
