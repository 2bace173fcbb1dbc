"""Erasing a person: nothing that names them is left anywhere, and every sum is as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from automation.clock import to_ms
from automation.contacts.erasing import Erasure, erase
from automation.contacts.names import ContactError
from automation.contacts.suppression import lift
from automation.insight.auditing import verify
from automation.insight.report import read_report
from automation.store import schema
from automation.store.contacts import merged_ids
from tests.engine.world import World
from tests.privacy.town import VALUES, build, places_of


def erased(town: World, contact_id: int, reason: str = "") -> Erasure:
    now = to_ms(town.clock.now())
    return erase(town.database, town.engine.project.catalogue, contact_id, now, actor="tester", reason=reason)


def test_no_personal_value_is_left_in_any_table(world: Any) -> None:
    town, person = build(world)
    assert {place.split(".")[0] for place in places_of(town, VALUES)} >= {
        "contact", "identity", "consent", "suppression", "event", "event_time", "message", "execution_log", "audit",
        "quarantine", "contact_problem", "daemon",
    }  # fmt: skip
    done = erased(town, person, reason="李雷雷 asked for it")
    assert places_of(town, VALUES) == []
    assert done.counts["runs"] >= 1
    # nor is it in the files, where SQLite leaves what was deleted
    if (file := town.database.file) is not None:
        for path in (file, file.with_name(file.name + "-wal")):
            data = path.read_bytes() if path.exists() else b""
            assert [value for value in VALUES if value.encode() in data] == [], path


def test_other_people_keep_everything_else(world: Any) -> None:
    town, person = build(world)
    erased(town, person)
    others = [row for row in town.table("contact") if row.attributes.get("name") == "韩梅梅"]
    assert [row.attributes["referrer"] for row in others] == ["erased"]
    orders = [row for row in town.table("event") if row.contact_id == others[0].id and row.name == "order.paid"]
    assert {row.properties.get("extra") for row in orders} == {"代 erased 购买", None}
    assert {row.properties.get("receiver") for row in orders} == {"韩梅梅", None}
    named = [row.properties["member_id"] for row in town.table("event") if row.name == "store.stock_out"]
    assert sorted(named) == [["erased", "member-9999"], ["nobody-1"]]


def test_sums_stay_and_runs_end_with_a_reason(world: Any) -> None:
    town, person = build(world)
    before, sums = report(town), counts(town)
    erased(town, person)
    after = report(town)
    for rule, was in before.items():
        assert after[rule]["entered"] == was["entered"]
        assert after[rule]["skipped"] == was["skipped"]
        new = {code: count for code, count in after[rule]["left"].items() if was["left"].get(code) != count}
        assert set(new) <= {"exited.erased"}
    assert counts(town) == sums  # messages by channel and status, coupons by batch and status, events by name
    mine = [run for run in town.runs() if run.contact_id == person]
    assert {run.reason for run in mine} == {"exited.erased", "completed"}
    assert all(run.ended_at is not None for run in mine)


def test_what_is_queued_is_dropped_and_what_is_put_off_is_forgotten(world: Any) -> None:
    town, person = build(world)
    town.event("order.paid", "member-4711", amount=3, sku="x")
    town.engine.advance()
    queued = [m.id for m in town.messages() if m.contact_id == person and m.status == "queued"]
    assert queued
    erased(town, person)
    dropped = [row.message_id for row in town.log("skipped.ended") if row.contact_id == person]
    assert [m.id for m in town.messages() if m.contact_id == person and m.status == "dropped"] == dropped == queued
    sent = len(town.outbox("sms"))
    town.go(days=40)
    assert len(town.outbox("sms")) == sent + 0
    assert [m for m in town.messages() if m.contact_id == person and m.status in ("queued", "sending")] == []


def report(town: World) -> dict[str, Any]:
    return {one.rule: one.as_dict() for one in read_report(town.database)}


def counts(town: World) -> dict[str, dict[Any, int]]:
    found = {}
    wanted = {"message": ("channel", "status"), "coupon_code": ("batch_id", "status"), "event": ("name",)}
    with town.database.read() as conn:
        for name, columns in wanted.items():
            table = schema.metadata.tables[name]
            chosen = [table.c[column] for column in columns]
            rows = conn.execute(select(*chosen, func.count()).group_by(*chosen))
            found[name] = {tuple(row[:-1]): row[-1] for row in rows}
    return found


def test_replayed_events_do_not_bring_the_person_back(world: Any) -> None:
    town, person = build(world)
    timed = town.line("order.paid", {"phone": "13812345678"}, amount=1)[:-1] + ', "message_id": "again-1"}'
    untimed = (
        '{"name": "order.paid", "contact": {"phone": "13812345678"}, "message_id": "call-13812345678",'
        ' "properties": {"amount": 5}}'
    )
    town.events([timed])
    erased(town, person)
    contacts, events = len(town.table("contact")), len(town.table("event"))
    town.clock.advance(timedelta(days=3))
    again = town.events([timed, untimed, timed])
    assert (again.duplicates, again.stored, again.quarantined) == (3, 0, 0)
    assert (len(town.table("contact")), len(town.table("event"))) == (contacts, events)
    assert places_of(town, VALUES) == []


def test_the_same_address_is_not_written_to_again_until_it_is_lifted(world: Any) -> None:
    town, person = build(world)
    erased(town, person)
    back = town.person("member-5555", phone="13812345678", name="李雷雷")
    assert back != person
    town.event("order.paid", "member-5555", amount=1, sku="x")
    town.run()
    assert [m for m in town.messages() if m.contact_id == back] == []
    assert "skipped.suppression" in str([row.detail for row in town.table("execution_log") if row.contact_id == back])
    with town.database.write() as conn:
        assert lift(conn, to_ms(town.clock.now()), actor="t", reason="r", address="+8613812345678") == 1
    town.event("order.paid", "member-5555", amount=2, sku="x")
    town.run()
    assert [m.address for m in town.messages() if m.contact_id == back] == ["+8613812345678"]


def test_the_pseudonym_stands_in_no_audience(world: Any) -> None:
    town, person = build(world)
    erased(town, person)
    with town.database.read() as conn:
        from automation.store.people import everyone

        assert person not in set(conn.scalars(everyone()))
        assert len(merged_ids(conn, person)) == 1
    (row,) = [row for row in town.table("contact") if row.id == person]
    assert (row.merged_into, row.attributes) == (person, {})


def test_it_is_audited_without_personal_data_and_the_chain_holds(world: Any) -> None:
    town, person = build(world)
    erased(town, person, reason="Art. 47 request 2026-17")
    (row,) = [row for row in town.table("audit") if row.action == "contact.erased"]
    assert (row.actor, row.subject, row.detail["reason"]) == ("tester", f"contact:{person}", "Art. 47 request 2026-17")
    verdict = verify(town.database)
    assert verdict.findings == ()


def test_errors_name_the_place_and_the_remedy(world: Any) -> None:
    town, person = build(world)
    with pytest.raises(ContactError, match="there is no contact with the id 99"):
        erased(town, 99)
    with town.database.write() as conn:
        one = conn.scalar(select(func.min(schema.message.c.id)).where(schema.message.c.contact_id == person))
        mark = update(schema.message).where(schema.message.c.id == one)
        conn.execute(mark.values(status="sending"))
    with pytest.raises(ContactError, match=f"message {one} is being sent .* nothing was erased"):
        erased(town, person)
    assert places_of(town, ("李雷雷",)) != []
    with town.database.write() as conn:
        conn.execute(mark.values(status="accepted"))
    erased(town, person)
    with pytest.raises(ContactError, match=f"the contact {person} were erased before"):
        erased(town, person)
