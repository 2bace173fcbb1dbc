"""What is null in an event is as if it were not there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.world import World

RULES = """
rules:
  - {id: thanks, trigger: {type: event, with: {name: order.paid}}, steps: [{wait: 1d}]}
"""


@pytest.mark.parametrize(
    "event",
    [
        {"contact": {"member_no": "M1", "phone": None}},
        {"contact": {"phone": None, "member_no": "M1", "email": None}, "properties": None},
        {"contact": "M1", "source": None, "channel": None, "occurred_at": None, "message_id": None},
        {"contact": "M1", "properties": {"amount": None, "sku": None, "else": None}},
    ],
)
def test_a_null_says_nothing_and_keeps_nobody_out(world: Callable[..., World], event: dict[str, Any]) -> None:
    w = world(RULES)
    anna = w.person("M1")
    result = w.events([json.dumps({"name": "order.paid", **event})])
    assert (result.stored, result.quarantined, result.entered) == (1, 0, 1)
    assert [row.contact_id for row in w.table("event")] == [anna]
    assert [(row.kind, row.value) for row in w.table("identity")] == [("member_no", "M1")]


def test_who_is_named_by_nulls_alone_is_nobody(world: Callable[..., World]) -> None:
    w = world(RULES)
    result = w.events([json.dumps({"name": "order.paid", "contact": {"phone": None}})])
    assert (result.stored, result.quarantined, result.entered, w.table("contact")) == (1, 0, 0, [])
