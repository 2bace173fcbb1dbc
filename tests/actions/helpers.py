"""People, a catalogue, and one action at work on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from automation.actions.base import Action, ActionContext, Item, Result
from automation.actions.item_params import run_action
from automation.catalogue.builtin import builtin
from automation.catalogue.model import Catalogue, CouponBatchDef, EventDef, FieldDef, FieldType
from automation.clock import to_ms
from automation.contacts.profile import load_contacts
from automation.i18n import Text
from automation.rules.conditions.facts import Facts
from automation.store.bulk import insert_rows
from automation.store.database import Database
from automation.store.events import NewEvent
from automation.store.schema import contact

NOW = datetime(2026, 8, 1, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
ZONE = ZoneInfo("Asia/Shanghai")
LABEL = Text("标签", "label")


def batch(key: str = "BDAY", **changes: Any) -> CouponBatchDef:
    return CouponBatchDef(**{"key": key, "label": LABEL, "kind": "generated", **changes})


def catalogue(*batches: CouponBatchDef) -> Catalogue:
    base = builtin()
    fields = {
        "level": FieldDef("level", FieldType.TEXT, LABEL, choices=("银卡", "金卡")),
        "last_sku": FieldDef("last_sku", FieldType.TEXT, LABEL),
        "last_spent": FieldDef("last_spent", FieldType.MONEY, LABEL),
        "visits": FieldDef("visits", FieldType.INTEGER, LABEL),
    }
    properties = {
        "sku": FieldDef("sku", FieldType.TEXT, LABEL),
        "amount": FieldDef("amount", FieldType.MONEY, LABEL),
        "count": FieldDef("count", FieldType.INTEGER, LABEL),
    }
    return Catalogue(
        fields={**base.fields, **fields},
        events={**base.events, "cart.rescued": EventDef("cart.rescued", LABEL, properties)},
        coupons={one.key: one for one in batches},
        identity_kinds=base.identity_kinds,
    )


def people(db: Database, *profiles: Mapping[str, Any]) -> list[int]:
    """Contacts with these attributes; their ids."""
    from automation.store.bulk import to_json

    with db.write() as conn:
        rows = [(i, to_json(dict(profile)), to_ms(NOW), to_ms(NOW)) for i, profile in enumerate(profiles, start=1)]
        insert_rows(conn, contact, ("id", "attributes", "created_at", "updated_at"), rows)
    return [row[0] for row in rows]


def act(
    conn: Connection,
    action: type[Action],
    params: Mapping[str, Any],
    who: Sequence[tuple[int, int]],
    *,
    known: Catalogue | None = None,
    now: datetime = NOW,
    zone: ZoneInfo = ZONE,
    event: Mapping[str, Any] | None = None,
    variables: Mapping[str, Mapping[str, Any]] | None = None,
    step: str = "rules/r/steps/0",
) -> tuple[Sequence[Result], list[NewEvent]]:
    """What the action answers for (run, contact) pairs, and what it emits."""
    profiles = load_contacts(conn, sorted({contact_id for _, contact_id in who}))
    items = [
        Item(run_id, contact_id, Facts(profiles.get(contact_id, {}), to_ms(now), zone, event or {}, variables or {}))
        for run_id, contact_id in who
    ]
    emitted: list[NewEvent] = []
    context = ActionContext(
        conn, now, zone, "r", step, known or catalogue(), emitted.extend, rule_name="规则", brand={"name": "示例"}
    )
    return run_action(action(), action.Params.model_validate(dict(params)), items, context), emitted
