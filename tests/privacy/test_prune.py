"""Retention: what is older than the settings keep goes, in short transactions, and nothing that is still needed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import update

from automation.clock import to_ms
from automation.engine import retention
from automation.engine.retention import Pruning, RetentionError
from automation.store import schema
from automation.store.bulk import insert_rows
from automation.store.events import NewEvent, store_new_events
from automation.store.pruning import PRUNABLE, id_range, next_keys, prune_range
from automation.store.quarantine import Rejected, store_rejected
from automation.store.sent_tests import NewTest, begin_test, end_test
from tests.engine.world import World
from tests.store.plans import plans_of, recording
from tests.store.town import DAY

KEEP = """
[retention]
events = "400d"
log = "400d"
content = "90d"
messages = "400d"
quarantine = "30d"
event_times = "800d"
merges = "400d"
"""
RULES = """
    timezone: Asia/Shanghai
    rules:
      - id: thanks
        trigger: {type: event, with: {name: order.paid}}
        audience: [{did_not: {event: order.paid, where: {sku: never}, within: 365d}}]
        guards: {consent: marketing, frequency_cap: [{max: 9, per: 30d}]}
        steps: [{do: message.send, with: {channels: [sms], template: hello}}]
      - id: slow
        trigger: {type: event, with: {name: whitepaper.downloaded}}
        guards: {consent: marketing}
        steps: [{wait: 900d}]
    """


def pruned(town: World, **options: Any) -> dict[str, int]:
    done = Pruning(town.database, town.project(), town.clock).run(actor="tester", **options)
    return {one.what: one.rows for one in done}


def test_what_is_old_goes_and_what_is_needed_stays(world: Any) -> None:
    town = world(RULES, settings=KEEP)
    anna = town.person("M1", phone="13800000001", name="安娜")
    town.event("order.paid", "M1", amount=1, sku="a")
    town.event("whitepaper.downloaded", "M1", title="t")  # somebody is inside by it
    with town.database.write() as conn:
        store_rejected(conn, [Rejected("x", "ingest.nul", {}, "{}")], to_ms(town.clock.now()))
    town.run()
    town.clock.advance(timedelta(days=100))
    due = {"events": 0, "log": 0, "content": 1, "messages": 0, "quarantine": 1, "event_times": 0, "merges": 0}
    assert pruned(town, dry_run=True) == due
    assert len(town.table("quarantine")) == 1
    assert pruned(town) == due
    (message,) = town.messages()
    assert (message.status, message.variables, message.payload) == ("accepted", None, None)
    town.clock.advance(timedelta(days=400))
    town.event("order.paid", "M1", amount=2, sku="b")
    found = pruned(town)
    assert (found["events"], found["messages"]) == (0, 1)  # all events since she entered `slow` are hers to keep
    with town.database.write() as conn:
        conn.execute(update(schema.run).values(status="done", ended_at=1, due_at=None))
    assert pruned(town)["events"] == 2
    assert [row.properties["sku"] for row in town.table("event")] == ["b"]
    assert {row.code for row in town.table("execution_log") if row.contact_id == anna and row.at < 1} == set()
    audited = [row.detail for row in town.table("audit") if row.action == "retention.pruned"]
    assert audited[0]["content"]["rows"] == 1
    assert [row.actor for row in town.table("audit") if row.action == "retention.pruned"] == ["tester"] * 3


def test_an_event_that_was_pruned_is_not_taken_for_a_new_one(world: Any) -> None:
    town = world(RULES, settings=KEEP)
    town.person("M1", phone="13800000001", name="安娜")
    timed = town.line("order.paid", "M1", amount=1, sku="a")
    untimed = '{"name": "order.paid", "contact": "M1", "message_id": "u1", "properties": {"amount": 1}}'
    assert town.events([timed, untimed]).stored == 2
    town.run()
    town.clock.advance(timedelta(days=401))
    assert pruned(town)["events"] == 2
    again = town.events([timed, untimed, untimed.replace("u1", "u2")])
    assert (again.stored, again.quarantined) == (1, 2)
    assert again.reasons[0].code == "ingest.too_old"


def test_a_time_that_was_given_outlives_its_event_and_then_goes(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)  # so that there are pages
    town = world(RULES, settings=KEEP)
    anna = town.person("M1", phone="13800000001", name="安娜")
    names = [f"u{i}" for i in range(5)]
    untimed = [f'{{"name": "vip.welcome", "contact": "M1", "message_id": "{name}"}}' for name in names]
    town.events(untimed)
    town.clock.advance(timedelta(days=700))
    assert town.events([untimed[0].replace("u0", "young")]).stored == 1
    assert [pruned(town)[what] for what in ("events", "event_times")] == [5, 0]
    # when the times are old enough, and somebody inside still keeps one of the events
    town.clock.advance(timedelta(days=101))
    with town.database.write() as conn:
        kept = NewEvent("vip.welcome", anna, town.table("event_time")[0].occurred_at, *key_of(town, "u3"), {})
        store_new_events(conn, [kept], to_ms(town.clock.now()) - 1)
        inside = ("id", "key", "rule_id", "rule_version_id", "contact_id", "status", "position", "variables",
                  "entered_at")  # fmt: skip
        insert_rows(conn, schema.run, inside, [(1, "e0", 1, 1, anna, "held", 0, "{}", 0)])
    assert pruned(town, dry_run=True)["event_times"] == 4
    assert pruned(town)["event_times"] == 4
    # then that one stays, and the young one
    assert sorted(row.message_id for row in town.table("event_time")) == ["u3", "young"]
    # and who comes without a time again is new
    assert town.events([untimed[1]]).stored == 1
    (audited,) = [row.detail for row in town.table("audit") if row.action == "retention.pruned"][-1:]
    assert audited["event_times"]["rows"] == 4


def test_what_people_were_before_they_were_merged_goes_once_the_engine_has_seen_to_it(world: Any) -> None:
    town = world(RULES, settings=KEEP)
    town.person("M1", phone="13800000001", name="安娜")
    town.event("vip.welcome", {"email": "anna@example.com"})
    town.event("vip.welcome", {"email": "anna@example.com", "member_no": "M1"})
    assert len(town.table("contact_merge")) == 1
    town.run()
    town.clock.advance(timedelta(days=399))
    assert pruned(town)["merges"] == 0
    town.clock.advance(timedelta(days=2))
    assert pruned(town)["merges"] == 1
    assert town.table("contact_merge") == []
    assert sorted(row.kind for row in town.table("identity")) == ["email", "member_no", "phone"]


def key_of(town: World, message_id: str) -> tuple[str, str]:
    (row,) = [row for row in town.table("event_time") if row.message_id == message_id]
    return row.source, row.message_id


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (
            'event_times = "800d"',
            r"event_times = 800d is shorter than events are kept \(for ever\); nothing was pruned",
        ),
        ('events = "400d"\nevent_times = "57w"', r"event_times = 57w is shorter than events are kept \(400d\)"),
        ('events = "400d"\nevent_times = "400d"', ""),
        ('events = "400d"', ""),
    ],
)
def test_times_that_go_before_their_events_are_refused(tmp_path: Any, sqlite_db: Any, kept: str, message: str) -> None:
    town = World(tmp_path, sqlite_db, RULES, settings=f"[retention]\n{kept}\n")
    if message:
        with pytest.raises(RetentionError, match=message):
            pruned(town)
    else:
        assert pruned(town)["events"] == 0
    town.engine.close()


def test_test_sends_go_with_the_messages(world: Any) -> None:
    town = world(RULES, settings=KEEP)
    anna = town.person("M1", phone="13800000001", name="安娜")
    old = to_ms(town.clock.now())
    statuses = ("accepted", "failed", "unknown", "sending")
    with town.database.write() as conn:
        ids = [begin_test(conn, new_test(anna, old)) for _ in statuses]
        for id_, status in zip(ids[:3], statuses, strict=False):
            end_test(conn, id_, status, None, "code", "the text said 安娜", old)
    town.clock.advance(timedelta(days=91))
    with town.database.write() as conn:
        begin_test(conn, new_test(anna, to_ms(town.clock.now())))
    # when the content is due
    assert pruned(town, dry_run=True)["content"] == 3
    assert pruned(town)["content"] == 3
    # then what was said is gone, but not of the test that is being sent, nor of the young one
    told = [(row.status, row.payload, row.variables, row.outcome_detail) for row in in_order(town)]
    assert told[:3] == [(status, None, None, None) for status in statuses[:3]]
    assert [row[0] for row in told if row[2] == {"name": "安娜"} and row[1] == {"a": 1}] == ["sending", "sending"]
    # when the tests themselves are
    town.clock.advance(timedelta(days=310))
    assert pruned(town)["messages"] == 3
    assert len(in_order(town)) == 2
    (audited,) = [row.detail for row in town.table("audit") if row.action == "retention.pruned"][-1:]
    assert audited["messages"]["rows"] == 3


def new_test(contact_id: int, sent_at: int) -> NewTest:
    said = '{"a": 1}', '{"name": "安娜"}'
    return NewTest(
        "tester", contact_id, None, None, None, "sms", "13900000009", "hello", None, *said, "", sent_at, sent_at,
        "outbox", "outbox",
    )  # fmt: skip


def in_order(town: World) -> list[Any]:
    return sorted(town.table("test_message"), key=lambda row: row.id)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "audience: [{did: {event: order.paid, within: 500d}}]",
            r"events = 400d is shorter than the 500d .* rule old ",
        ),
        ("audience: [{did: {event: order.paid}}]", r"shorter than the whole history .* rule old "),
        ("guards: {frequency_cap: [{max: 1, per: 500d}]}", r"messages = 400d is shorter .* \(rules/old/guards/freq"),
        ("goal: {event: order.paid, within: 500d}", r"rules/old/goal"),
        ("exit_when: [{did: {event: order.paid, since: entry}}]", ""),
    ],
)
def test_a_retention_that_is_too_short_for_a_rule_is_refused(
    tmp_path: Any, sqlite_db: Any, rule: str, message: str
) -> None:
    rules = f"""
    timezone: Asia/Shanghai
    rules:
      - id: old
        trigger: {{type: event, with: {{name: store.stock_out}}}}
        {rule}
        steps: [{{do: contact.tag, with: {{add: [a]}}}}]
    """
    town = World(tmp_path, sqlite_db, rules, settings=KEEP)
    town.person("M1")
    if message:
        with pytest.raises(RetentionError, match=message):
            pruned(town)
        with pytest.raises(RetentionError, match="nothing was pruned"):
            pruned(town, dry_run=True)
    else:
        assert pruned(town)["events"] == 0
    town.engine.close()


def test_many_rows_go_in_small_transactions(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "REST_S", 0.0)
    town = world(RULES, settings=KEEP)
    now = to_ms(town.clock.now())
    old = [(now - 500 * DAY + i, "entered", i % 7) for i in range(5_500)]
    with town.database.write() as conn:
        insert_rows(conn, schema.execution_log, ("at", "code", "contact_id"), [*old, (now, "entered", 1)])
    deleted: list[int] = []

    @sqlalchemy_event.listens_for(town.database.engine, "commit")
    def _committed(conn: Any) -> None:
        left = conn.exec_driver_sql("SELECT count(*) FROM execution_log").scalar()
        deleted.append(left)

    assert pruned(town)["log"] == 5_500
    steps = [before - after for before, after in zip([5_501, *deleted], deleted, strict=False)]
    assert max(steps) <= retention.BATCH
    assert sum(steps) == 5_500
    assert len([step for step in steps if step]) >= 5


@pytest.mark.parametrize("kind", PRUNABLE, ids=lambda kind: f"{kind.what}-{kind.table}")
def test_pruning_reads_ranges_only(db: Any, kind: Any) -> None:
    from tests.store import town as rows

    rows.build(db)
    database = recording(db.url.render_as_string(hide_password=False))
    before = rows.NOW - 30 * DAY
    after, upto = ((100,), (200,)) if kind.written else (("s", "u100"), ("s", "u200"))
    ranges = plans_of(
        database,
        lambda conn: id_range(conn, kind, before) if kind.written else next_keys(conn, kind, after, 100),
    )
    removing = plans_of(database, lambda conn: prune_range(conn, kind, after, upto, before))
    database.close()
    told = "\n".join("\n".join((plan.sql, *plan.lines)) for plan in (*ranges, *removing))
    sqlite_key = "USING INTEGER PRIMARY KEY" if kind.written else f"{kind.table} USING PRIMARY KEY"
    looked_at = removing if kind.written else [*ranges, *removing]
    assert [scan for plan in looked_at for scan in plan.scans] == [], told
    assert (sqlite_key if db.is_sqlite else f"pk_{kind.table}") in told, told


def test_without_settings_nothing_is_pruned(world: Any) -> None:
    town = world(RULES)
    assert pruned(town) == {}
