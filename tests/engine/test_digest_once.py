"""digest: an event is told in one digest at most, and where nothing is left to tell nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete

from automation.clock import to_ms
from automation.contacts.erasing import erase
from automation.contacts.splitting import undo_merge
from automation.engine.backfill.backfill import Backfill, Backfilled
from automation.engine.engine import Engine
from automation.engine.journey.manual import Because
from automation.engine.retention import Pruning
from automation.engine.versions import Versions
from automation.store import schema
from tests.engine.test_digest import TEMPLATE, begun, buys, digest
from tests.engine.world import TEMPLATES, World, at

SINGLE = {"single.sms.j2": "【店】{{ event.sku }}，拒收请回复R"}
SKIP = "{per: contact, on_again: skip}"
KEEP = '[retention]\nevents = "2d"\nlog = "2d"\n'


def backfill(w: World, since: str) -> Backfilled:
    return Backfill(w.database, w.clock, w.engine.book, Versions(w.engine.book))("daily", at(since), "tester")


def forget(w: World, *skus: str) -> None:
    """Events go that no pruning would take: by another's hand, or by a restored copy."""
    event = schema.event
    gone = [row.id for row in w.table("event") if row.properties.get("sku") in skus]
    with w.database.write() as conn:
        conn.execute(delete(event).where(event.c.id.in_(gone)))


def texts(w: World) -> list[str]:
    """What was told, in short: "2 A B"."""
    return [" ".join(text.split("】")[1].split("拒收")[0].replace("单：", " ").split()) for text in w.outbox("sms")]


# ---------------------------------------------------------------- nothing is left, or not all


def test_a_digest_of_events_that_are_all_gone_sends_nothing_and_says_so(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    for sku in "AB":
        buys(w, sku)
    buys(w, "X", "M2")
    forget(w, "A", "B")
    w.to("2026-08-01 18:00")
    assert texts(w) == ["1 X"]
    (row,) = w.log("exited.empty_digest")
    assert (row.step, row.detail) == ("rules/daily/digest", {"missing": 2})
    assert [(run.status, run.reason) for run in w.runs()] == [("exited", "exited.empty_digest"), ("done", "completed")]
    buys(w, "C")
    w.to("2026-08-02 18:00")
    assert texts(w) == ["1 X", "1 C"]  # the place was left


def test_a_digest_counts_what_it_can_tell_and_the_log_says_how_much_is_missing(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    for sku in "ABC":
        buys(w, sku)
    forget(w, "B")
    w.to("2026-08-01 18:00")
    assert texts(w) == ["2 A C"]
    assert [row.detail for row in w.log("step.done") if row.step.endswith("digest")] == [{"events": 2, "missing": 1}]


def test_pruning_takes_no_event_that_a_digest_still_collects_however_old(world: Callable[..., World]) -> None:
    w = world(digest(at="").replace("for: 1d", "for: 9d"), templates=TEMPLATES | TEMPLATE, settings=KEEP)
    w.person("M1", phone="13800138001")
    buys(w, "A")
    buys(w, "old", when="2026-07-30 13:00")
    buys(w, "free", when="2026-07-30 13:00")
    w.event("whitepaper.downloaded", "M1", when="2026-07-30 13:00", title="t")  # nobody asks for it
    w.go(days=5)
    pruned = {one.what: one.rows for one in Pruning(w.database, w.project(), w.clock).run(actor="tester")}
    assert pruned["events"] == 1
    w.go(days=4)
    assert texts(w) == ["3 old free A"]
    w.go(days=3)
    assert {one.what: one.rows for one in Pruning(w.database, w.project(), w.clock).run(actor="t")}["events"] == 3


def test_who_is_erased_while_events_are_collected_is_told_nothing(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    for sku in "AB":
        buys(w, sku)
    erase(w.database, w.engine.project.catalogue, 1, to_ms(w.clock.now()), actor="tester")
    w.to("2026-08-03 18:00")
    assert (texts(w), [run.reason for run in w.runs()]) == ([], ["exited.erased"])
    assert w.runs()[0].variables == {}


# ---------------------------------------------------------------- once at most


def test_a_backfill_tells_of_nothing_that_a_digest_has_told_or_will(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    for sku in "AB":
        buys(w, sku)
    w.to("2026-08-01 18:00")
    for sku in "CD":
        buys(w, sku)
    w.reload(digest().replace("每日汇总", "新版本"))  # another version knows nothing of what the first has decided
    assert backfill(w, "2026-07-01 00:00").skipped == {"known": 4}
    w.to("2026-08-04 18:00")
    assert texts(w) == ["2 A B", "2 C D"]


def test_a_backfill_into_a_digest_under_way_adds_what_was_never_told(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    w.reload("rules: []")
    buys(w, "before")
    w.reload(digest())
    buys(w, "A")
    w.go(minutes=1)
    assert backfill(w, "2026-07-01 00:00").skipped == {"known": 1, "skipped.collected": 1}
    assert backfill(w, "2026-07-01 00:00").skipped == {"known": 2}
    w.to("2026-08-04 18:00")
    assert texts(w) == ["2 before A"]


def test_a_replayed_batch_and_a_restart_tell_nothing_twice(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    lines = [w.line("order.paid", "M1", sku=sku, amount=5) for sku in "AB"]
    for _ in range(2):
        w.events(lines)
        w.engine.close()
        w.engine = Engine(w.project(), w.database, w.clock)
        w.run()
    w.to("2026-08-01 18:00")
    w.events(lines)
    w.to("2026-08-03 18:00")
    assert texts(w) == ["2 A B"]


def test_nobody_is_let_in_by_hand_with_an_event_that_was_told(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    for sku in "AB":
        buys(w, sku)
    for told in ("skipped.repeated", "skipped.repeated"):
        entry = w.engine.runs_by_hand.enter((1,), "daily", Because("ops", "again"))
        assert entry.code == told
        w.to("2026-08-01 18:00")
    w.to("2026-08-03 18:00")
    assert texts(w) == ["2 A B"]


def test_the_digests_of_two_who_are_one_person_are_one(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    w.event("vip.welcome", {"anonymous_id": "tablet"}, from_rule="x")
    buys(w, "A")
    w.go(minutes=1)
    for sku in "BC":
        buys(w, sku, {"anonymous_id": "tablet"})
    w.event("vip.welcome", {"member_no": "M1", "anonymous_id": "tablet"}, from_rule="y")
    w.to("2026-08-01 18:00")
    assert texts(w) == ["3 A B C"]
    (row,) = w.log("exited.merged")
    assert row.detail == {"because": "mode", "kept": 1, "collected_by": 1, "events": 2}


def test_after_a_split_each_is_told_of_their_own_events_alone(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    w.event("vip.welcome", {"anonymous_id": "tablet"}, from_rule="x")
    buys(w, "A")
    buys(w, "B", {"anonymous_id": "tablet"})
    w.event("vip.welcome", {"member_no": "M1", "anonymous_id": "tablet"}, from_rule="y")
    w.run()
    with w.database.write() as conn:
        undo_merge(conn, w.engine.project.catalogue, 1, to_ms(w.clock.now()), "tester")
    assert backfill(w, "2026-07-01 00:00").entered == 0  # what was collected while they were one is not told again
    w.to("2026-08-01 18:00")
    assert texts(w) == ["1 A"]
    assert [row.detail for row in w.log("step.done") if row.step.endswith("digest")] == [{"events": 1, "missing": 1}]


# ---------------------------------------------------------------- edits


def moved(w: World) -> list[Any]:
    return [(row.code, row.detail) for code in ("moved", "not_moved") for row in w.log(code) if row.run_id]


@pytest.mark.parametrize(
    ("edit", "ends"),
    [(digest(at=""), "2026-08-02 10:00"), (digest(at=', at: "21:00"'), "2026-08-01 21:00"),
     (digest(at="").replace("1d", "1h"), "2026-08-01 12:00")],
)  # fmt: skip
def test_who_collects_comes_along_and_the_new_version_says_when_it_ends(
    world: Callable[..., World], edit: str, ends: str
) -> None:
    w = begun(world, digest())
    buys(w, "A")
    w.to("2026-08-01 12:00")
    w.reload(edit.replace("    guards", "    on_change: move\n    guards"))
    w.run()
    assert moved(w) == [("moved", {"from": 1, "to": 0})]
    if ends != "2026-08-01 12:00":  # else it had ended by then
        buys(w, "B")
        assert [to_ms(at(ends))] == [run.due_at for run in w.runs()]
    w.to(ends)
    assert texts(w) == (["1 A"] if ends == "2026-08-01 12:00" else ["2 A B"])


def test_who_is_due_when_the_digest_was_made_longer_goes_on_collecting(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    buys(w, "A")
    w.clock.set(at("2026-08-01 18:30"))  # nobody was there at 18:00
    w.reload(digest(at="").replace("    guards", "    on_change: move\n    guards"))
    w.engine.advance()  # before the portion of that run
    w.run()
    assert texts(w) == []
    buys(w, "B")
    w.to("2026-08-02 10:00")
    assert texts(w) == ["2 A B"]


def test_who_collects_keeps_the_place_that_it_was_given(world: Callable[..., World]) -> None:
    w = begun(world, digest())
    buys(w, "A")
    w.reload(digest(per="[contact, event.sku]").replace("    guards", "    on_change: move\n    guards"))
    w.run()
    w.go(minutes=1)
    buys(w, "A")
    w.to("2026-08-01 18:00")
    assert texts(w) == ["1 A", "1 A"]


@pytest.mark.parametrize("how", ["move", "finish"])
def test_where_the_digest_is_taken_out_what_it_has_begun_to_collect_goes_out_by_the_old_version(
    world: Callable[..., World], how: str
) -> None:
    w = world(digest(), templates=TEMPLATES | TEMPLATE | SINGLE, now="2026-08-01 10:00")
    w.person("M1", phone="13800138001")
    buys(w, "A")
    edited = digest().replace('    digest: {for: 1d, at: "18:00"}\n', f"    on_change: {how}\n")
    edited = edited.replace("{per: contact}", "{per: contact, on_again: skip}").replace(
        "template: digest", "template: single"
    )
    w.reload(edited)
    buys(w, "B")  # the digest holds the place: it is told there
    w.to("2026-08-01 18:00")
    buys(w, "C")
    assert texts(w) == ["2 A B", "C，"]
    assert moved(w) == ([("not_moved", {"reason": "digest"})] if how == "move" else [])


def test_nobody_comes_into_steps_that_tell_of_a_digest_without_one(world: Callable[..., World]) -> None:
    plain = digest(more="      - wait: 2d\n        id: calm").replace('    digest: {for: 1d, at: "18:00"}\n', "")
    plain = plain.replace("{per: contact}", "{per: contact, on_again: skip}").replace(
        "template: digest", "template: single"
    )
    w = world(plain, templates=TEMPLATES | TEMPLATE | SINGLE, now="2026-08-01 10:00")
    w.person("M1", phone="13800138001")
    buys(w, "A")
    w.reload(digest(more="      - wait: 2d\n        id: calm").replace("    guards", "    on_change: move\n    guards"))
    w.run()
    assert moved(w) == [("not_moved", {"reason": "digest"})]
    buys(w, "B")  # somebody is inside who collects nothing
    assert w.codes()[-1] == "skipped.already_inside"
