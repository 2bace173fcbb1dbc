"""People who are merged are one person everywhere: for those inside, in the queue, in caps, limits, goals and waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.resolve import resolve
from automation.contacts.share import Share
from tests.engine.world import World

PHONE = "+8613800138000"
TEMPLATES = {"plain.sms.j2": "【店】您好，拒收请回复R"}
SMS = "{do: sms.send, with: {template: plain}}"


def rules(steps: str, *, mode: str = "skip", more: str = "", trigger: str = "") -> str:
    return f"""
    rules:
      - id: cart
        name: 购物车
        trigger: {trigger or "{type: event, with: {name: whitepaper.downloaded}}"}
        mode: {{on_again: {mode}, per: contact}}
        guards: {{consent: marketing, frequency_cap: [{{max: 1, per: 7d}}]{", " + more if more else ""}}}
        steps: {steps}
    """


def made_by(world: Callable[..., World], text: str, **options: Any) -> World:
    return world(text, templates=TEMPLATES, **options)


def known(world: World, **identities: str) -> int:
    """A person who agreed to everything."""
    now = to_ms(world.clock.now())
    with world.database.write() as conn:
        found = resolve(conn, world.engine.project.catalogue, [identities], now, create=True, actor="test")[0]
        assert isinstance(found, int)
        record_consent(conn, [ConsentChange(found, "marketing", "*", "granted", "test", now)])
    return found


def pair(world: World) -> tuple[int, int]:
    return known(world, anonymous_id="a", phone=PHONE), known(world, anonymous_id="b", email="b@example.com")


def merge(world: World, how: str = "event") -> None:
    """By an event that names both, or by an import in another process, of which the engine hears nothing."""
    if how == "event":
        world.event("vip.welcome", {"anonymous_id": "a", "email": "b@example.com"}, from_rule="x")
        return
    both = {"anonymous_id": "a", "email": "b@example.com"}
    with world.database.write() as conn:
        resolve(conn, world.engine.project.catalogue, [both], to_ms(world.clock.now()), create=True, actor="import")


def enter(world: World, *people: str) -> None:
    for person in people:
        world.event("whitepaper.downloaded", {"anonymous_id": person}, title=person)


@pytest.mark.parametrize("how", ["event", "import"])
@pytest.mark.parametrize("mode", ["skip", "restart", "queue", "parallel"])
def test_two_entries_of_one_person_send_as_often_as_the_cap_allows(
    world: Callable[..., World], mode: str, how: str
) -> None:
    made = made_by(world, rules(f"[{{wait: 2d}}, {SMS}]", mode=mode))
    survivor, _ = pair(made)
    enter(made, "a", "b")
    made.go(days=1)

    merge(made, how)
    made.go(days=2)

    assert [row.contact_id for row in made.messages()] == [survivor]
    assert {run.contact_id for run in made.runs()} == {survivor}
    told = made.log("skipped.frequency_cap" if mode == "parallel" else "exited.merged")
    assert [row.contact_id for row in told] == [survivor]


def test_an_entry_that_has_not_begun_stands_in_the_queue(world: Callable[..., World]) -> None:
    made = made_by(world, rules("[{wait: 2d}, {do: contact.tag, with: {add: [x]}}]", mode="queue"))
    survivor, _ = pair(made)
    enter(made, "a")
    made.run()
    enter(made, "b")  # due, and nobody has moved it
    merge(made, "import")
    made.run()
    assert sorted(run.status for run in made.runs()) == ["active", "queued"]
    made.go(days=4)
    made.go(days=4)
    assert [run.reason for run in made.runs()] == ["completed", "completed"]
    assert {run.contact_id for run in made.runs()} == {survivor}


@pytest.mark.parametrize("payer", ["a", "b"])
@pytest.mark.parametrize("before", [True, False])
def test_what_either_did_ends_goals_exits_and_waits_of_both(
    world: Callable[..., World], payer: str, before: bool
) -> None:
    made = made_by(
        world,
        f"""
        rules:
          - id: by_exit
            name: 退出
            trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
            mode: {{on_again: parallel, per: contact}}
            exit_when: [{{did: {{event: order.paid, since: entry}}}}]
            steps: [{{wait: 2d}}, {SMS}]
          - id: by_goal
            name: 目标
            trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
            mode: {{on_again: skip, per: contact}}
            goal: {{event: order.paid, within: 5d}}
            steps: [{{wait: 2d}}, {SMS}]
          - id: by_wait
            name: 等待
            trigger: {{type: event, with: {{name: whitepaper.downloaded}}}}
            mode: {{on_again: parallel, per: contact}}
            steps:
              - wait_for: {{event: order.paid, within: 2d}}
                then: [{{do: contact.tag, with: {{add: [付款]}}}}]
                else: [{SMS}]
        """,
    )
    pair(made)
    enter(made, "a", "b")
    made.go(hours=1)

    if before:
        made.event("order.paid", {"anonymous_id": payer}, amount=5, sku="s")
    merge(made)
    if not before:
        made.event("order.paid", {"anonymous_id": payer}, amount=5, sku="s")
    made.go(days=3)

    assert made.messages() == []
    keys = {row.id: row.key for row in made.table("rule")}
    ended = sorted((keys[run.rule_id], run.reason) for run in made.runs())
    other = "exited.goal" if before else "exited.merged"
    assert ended == [
        ("by_exit", "exited.condition"), ("by_exit", "exited.condition"), ("by_goal", "exited.goal"),
        ("by_goal", other), ("by_wait", "completed"), ("by_wait", "completed"),
    ]  # fmt: skip
    assert len(made.log("waiting.event_came")) == 2


def test_the_limit_of_coupons_sees_one_person(world: Callable[..., World]) -> None:
    coupon = "{do: coupon.issue, with: {batch: BDAY}}"
    made = made_by(world, rules(f"[{coupon}, {{wait: 2d}}, {coupon}]", mode="parallel"))
    pair(made)
    enter(made, "a")
    made.run()
    merge(made, "import")
    enter(made, "b")
    made.go(days=3)
    assert [row.status for row in made.table("coupon_code")] == ["issued"]


def test_messages_that_wait_in_the_queue_are_one_too_many(world: Callable[..., World]) -> None:
    hours = 'quiet_hours: {from: "21:00", to: "09:00", then: delay}'
    made = made_by(world, rules(f"[{SMS}]", mode="parallel", more=hours), now="2026-08-01 12:00")
    known(made, anonymous_id="a", phone=PHONE)
    known(made, anonymous_id="b", email="b@example.com", phone="+8613900139000")
    enter(made, "a", "b")
    while made.engine.fire() + made.engine.advance():
        pass
    assert [row.status for row in made.messages()] == ["queued", "queued"]
    merge(made, "import")
    made.run()
    assert sorted(row.status for row in made.messages()) == ["accepted", "dropped"]
    assert len(made.log("skipped.frequency_cap")) == 1


@pytest.mark.parametrize("scope", ["rule", "all"])
def test_messages_in_the_queue_that_pass_a_limit_are_dropped(world: Callable[..., World], scope: str) -> None:
    limit = f"limit: {{max: 1, per: 7d, of: messages, scope: {scope}}}"
    hours = f'quiet_hours: {{from: "21:00", to: "09:00", then: delay}}, {limit}'
    text = rules(f"[{SMS}]", mode="parallel", more=hours).replace("max: 1, per: 7d}}]", "max: 9, per: 7d}}]")
    made = made_by(world, text.replace("frequency_cap: [{max: 1", "frequency_cap: [{max: 9"), now="2026-08-01 12:00")
    known(made, anonymous_id="a", phone=PHONE)
    known(made, anonymous_id="b", email="b@example.com", phone="+8613900139000")
    enter(made, "a", "b")
    while made.engine.fire() + made.engine.advance():
        pass
    merge(made, "import")
    made.run()
    assert sorted(row.status for row in made.messages()) == ["accepted", "dropped"]
    assert [row.detail["counted"] for row in made.log("skipped.limit")] == [1]


def test_one_payment_meets_the_goal_of_one_run(world: Callable[..., World]) -> None:
    goal = rules("[{wait: 2d}]", mode="parallel").replace(
        "steps:", "goal: {event: order.paid, within: 5d}\n        steps:"
    )
    made = made_by(world, goal)
    pair(made)
    enter(made, "a", "b")
    made.go(hours=1)
    made.event("order.paid", {"anonymous_id": "a"}, amount=1)
    made.go(hours=1)
    merge(made, "import")
    made.go(days=3)
    assert [(run.reason, run.goal_at is not None) for run in made.runs()] == [
        ("exited.goal", True),
        ("exited.goal", False),
    ]
    assert len(made.log("goal.met")) == 1


def test_the_same_occurrence_lets_one_person_in_once(world: Callable[..., World]) -> None:
    schedule = '{type: schedule, with: {cron: "0 10 * * *"}}'
    made = made_by(
        world,
        rules(f"[{{wait: 2d}}, {SMS}]", mode="parallel", trigger=schedule), now="2026-08-01 09:00",
    )  # fmt: skip
    survivor, _ = pair(made)
    made.to("2026-08-01 10:00")
    merge(made)
    made.to("2026-08-01 11:00")
    assert [run.reason for run in made.runs()] == [None, "exited.merged"]
    assert {run.contact_id for run in made.runs()} == {survivor}
    assert made.log("exited.merged")[0].detail == {"because": "occurrence", "kept": made.runs()[0].id}


def test_a_cooldown_that_would_have_kept_the_later_one_out(world: Callable[..., World]) -> None:
    made = made_by(
        world,
        rules(f"[{SMS}]", mode="parallel", more="cooldown: 30d").replace("max: 1, per: 7d", "max: 9, per: 7d")
        .replace(f"[{SMS}]", f"[{{wait: 1d}}, {SMS}]"),
    )  # fmt: skip
    pair(made)
    enter(made, "a")
    made.go(days=2)  # the older one has been through
    enter(made, "b")
    merge(made)
    made.go(days=2)
    assert len(made.messages()) == 1
    assert [row.detail["because"] for row in made.log("exited.merged")] == ["cooldown"]


def test_whoever_is_of_the_control_group_stays_in_it(world: Callable[..., World]) -> None:
    group = Share.named("holdout:cart", 5000)
    held = [id_ for id_ in range(1, 12) if group.holds(id_)]
    first = next(id_ for id_ in held if not group.holds(id_ + 1))
    made = made_by(world, rules(f"[{{wait: 1d}}, {SMS}]", more="holdout: 50%"))
    for number in range(1, first):
        known(made, anonymous_id=f"n{number}")
    assert pair(made)[0] == first
    enter(made, "a", "b")
    assert len(made.runs()) == 1
    merge(made)
    made.go(days=2)
    assert made.messages() == []
    assert [row.detail["because"] for row in made.log("exited.merged")] == ["holdout"]


def test_merges_of_before_are_seen_to_once(world: Callable[..., World]) -> None:
    made = made_by(world, rules(f"[{{wait: 1d}}, {SMS}]"))
    pair(made)
    merge(made, "import")
    assert [row.settled_at for row in made.table("contact_merge")] == [None]
    made.event("vip.welcome", {"anonymous_id": "a"}, from_rule="x")
    assert [row.settled_at for row in made.table("contact_merge")] == [to_ms(made.clock.now())]


def test_an_entry_that_is_decided_later_is_the_survivors(world: Callable[..., World]) -> None:
    waits = "{type: event, with: {name: whitepaper.downloaded, not_followed_by: {event: order.paid, within: 2h}}}"
    made = made_by(world, rules("[{do: contact.tag, with: {add: [x]}}]", trigger=waits))
    survivor, _ = pair(made)
    enter(made, "b")
    merge(made)
    made.event("order.paid", {"anonymous_id": "a"}, amount=5, sku="s")
    made.go(hours=3)
    assert made.runs() == []
    assert [row.contact_id for row in made.log("skipped.sequence")] == [survivor]
