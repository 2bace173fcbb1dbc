"""A run over which the program stumbles waits, and is told; nobody else waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from tests.engine.world import World

RULES = """
rules:
  - id: tagged
    trigger: {type: event, with: {name: order.paid}}
    steps: [{wait: 1d}, {do: contact.tag, with: {add: [done]}}]
"""


def damage(w: World, run_id: int, variables: str) -> None:
    cast = "::jsonb" if w.database.dialect == "postgresql" else ""
    with w.database.write() as conn:
        conn.exec_driver_sql(f"UPDATE run SET variables = '{variables}'{cast} WHERE id = {run_id}")


@pytest.mark.parametrize("damaged", [1, 3, 5])
def test_a_damaged_run_stops_nobody(
    world: Callable[..., World], damaged: int, caplog: pytest.LogCaptureFixture
) -> None:
    w = world(RULES)
    for number in range(1, 6):
        w.person(f"M{number}")
        w.event("order.paid", f"M{number}", amount=1)
    w.run()
    damage(w, damaged, "[1]")
    with caplog.at_level(logging.ERROR):
        w.go(days=1)
    others = {1, 2, 3, 4, 5} - {damaged}
    assert {tag.contact_id for tag in w.table("contact_tag")} == others
    (told,) = w.log("held.fault")
    assert (told.run_id, told.contact_id, told.detail["error"]) == (damaged, damaged, "TypeError")
    assert [record for record in caplog.records if f"run {damaged} (TypeError)" in record.getMessage()]
    # it is tried again, and goes on once it is put right
    w.go(minutes=59)
    assert len(w.log("held.fault")) == 1
    damage(w, damaged, "{}")
    w.go(minutes=2)
    assert {tag.contact_id for tag in w.table("contact_tag")} == {1, 2, 3, 4, 5}
    assert {run.reason for run in w.runs()} == {"completed"}


SENT = """
rules:
  - id: sent
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional}
    steps: [{do: sms.send, with: {template: hello}}]
"""


@pytest.mark.parametrize("damaged", [1, 3, 5])
def test_a_damaged_message_stops_nobody(
    world: Callable[..., World], damaged: int, caplog: pytest.LogCaptureFixture
) -> None:
    w = world(SENT)
    for number in range(1, 6):
        w.person(f"M{number}", phone=f"1380013800{number}", name="安娜")
        w.event("order.paid", f"M{number}", amount=1)
    while w.engine.advance():
        pass
    damage(w, damaged, "[1]")  # what its template would name
    with caplog.at_level(logging.ERROR):
        w.run()
    assert [m.status for m in w.messages() if m.run_id != damaged] == ["accepted"] * 4
    (told,) = w.log("held.fault")
    assert (told.message_id, told.contact_id) == (damaged, damaged)
    assert [record for record in caplog.records if f"m{damaged} (" in record.getMessage()]
    damage(w, damaged, "{}")
    w.go(minutes=61)
    assert [m.status for m in w.messages()] == ["accepted"] * 5
    assert len(w.outbox("sms")) == 5
