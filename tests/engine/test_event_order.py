"""Events of one person are decided in their order: what one has caused is there when the next one is decided.

In one batch as in many, whether a daemon came between them or not, in one process and in several.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.clock import to_ms
from automation.contacts.profile import load_contacts
from automation.engine.backfill.backfill import Backfill
from automation.engine.engine import Engine
from automation.engine.switches import pause, target_of
from automation.engine.versions import Versions
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database
from tests.engine.world import World

CATALOG = """
contact:
  points: {type: integer}
events:
  order.paid: {label: 已付款, properties: {amount: {type: money}, sku: text}}
  member.joined: {label: 入会}
  vip.welcome: {label: 欢迎}
  whitepaper.downloaded: {label: 下载}
  store.stock_out: {label: 缺货, properties: {member_id: {type: list, identity: member_no}}}
coupons:
  MANY: {label: 券, kind: generated, per_contact: 100, valid_for: 14d, prefix: M}
"""
REFERRAL = """
rules:
  - id: joined
    trigger: {type: event, with: {name: member.joined}}
    steps: [{do: contact.tag, with: {add: [会员]}}, {do: event.emit, with: {name: vip.welcome}}]
  - id: welcomed
    trigger: {type: event, with: {name: vip.welcome}}
    steps: [{do: contact.tag, with: {add: [欢迎过]}}]
  - id: referral
    trigger: {type: event, with: {name: order.paid}}
    audience: [{contact.tags: {has: 会员}}, {contact.tags: {has: 欢迎过}}]
    steps: [{do: contact.tag, with: {add: [推荐奖]}}]
"""
TEN = """
rules:
  - id: ten
    trigger: {type: event, with: {name: order.paid}}
    audience: [{did_not: {event: coupon.issued, at_least: 10, within: 30d}}]
    steps: [{do: coupon.issue, with: {batch: MANY}}]
"""


def profile(w: World, contact_id: int) -> dict[str, Any]:
    with w.database.read() as conn:
        return load_contacts(conn, [contact_id])[contact_id]


def orders(w: World, times: int, *members: str) -> list[str]:
    return [w.line("order.paid", {"member_no": m}, sku=f"{m}-{i}") for i in range(times) for m in members]


def in_parts(w: World, lines: Sequence[str], size: int, *, daemon: bool = False) -> None:
    for start in range(0, len(lines), size):
        w.events(lines[start : start + size])
        while daemon and w.engine.advance():
            pass


@pytest.mark.parametrize(("size", "daemon"), [(9, False), (1, False), (1, True)])
def test_a_first_order_in_the_same_file_finds_what_joining_has_caused(
    world: Callable[..., World], size: int, daemon: bool
) -> None:
    # given: tags, and an emitted event that another rule answers, come before the order; of bob, after it
    w = world(REFERRAL, catalog=CATALOG)
    anna, bob = w.person("M1"), w.person("M2")
    lines = [
        w.line("member.joined", {"member_no": "M1"}),
        *orders(w, 1, "M2"),
        *orders(w, 1, "M1"),
        w.line("member.joined", {"member_no": "M2"}),
    ]
    # when
    in_parts(w, lines, size, daemon=daemon)
    w.run()
    # then
    assert profile(w, anna)["tags"] == {"会员", "欢迎过", "推荐奖"}
    assert profile(w, bob)["tags"] == {"会员", "欢迎过"}
    assert w.codes(bob)[0] == "skipped.audience"


@pytest.mark.parametrize(("size", "daemon"), [(24, False), (1, False), (5, True)])
def test_a_limit_as_a_condition_about_history_holds(world: Callable[..., World], size: int, daemon: bool) -> None:
    w = world(TEN, catalog=CATALOG)
    people = [w.person("M1"), w.person("M2")]

    in_parts(w, orders(w, 12, "M1", "M2"), size, daemon=daemon)
    w.run()

    assert Counter(row.contact_id for row in w.table("coupon_code")) == dict.fromkeys(people, 10)
    assert [w.codes(one).count("skipped.audience") for one in people] == [2, 2]


def test_it_holds_under_several_processes(world: Callable[..., World]) -> None:
    w = world(TEN, catalog=CATALOG)
    people = [w.person("M1"), w.person("M2")]
    engines = [Engine(Project.load(Settings.load(w.folder)), w.database, w.clock) for _ in range(3)]
    lines = orders(w, 12, "M1", "M2")

    def work(engine: Engine, mine: Sequence[str]) -> None:
        for line in mine:
            engine.ingest([line])
            engine.advance()

    workers = [threading.Thread(target=work, args=(e, lines[i::3])) for i, e in enumerate(engines)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    w.run()

    assert Counter(row.contact_id for row in w.table("coupon_code")) == dict.fromkeys(people, 10)


def test_it_holds_where_entries_were_put_off_and_come_due_together(world: Callable[..., World]) -> None:
    put_off = "name: order.paid, not_followed_by: {event: vip.welcome, within: 1h}"
    w = world(TEN.replace("name: order.paid", put_off), catalog=CATALOG)
    one = w.person("M1")

    w.events(orders(w, 12, "M1"))
    w.go(hours=2)

    assert len(w.table("coupon_code")) == 10
    assert w.codes(one).count("skipped.audience") == 2


def test_it_holds_in_a_backfill(world: Callable[..., World]) -> None:
    # given
    w = world("rules: []", catalog=CATALOG)
    w.person("M1")
    since = w.clock.now() - timedelta(days=1)
    w.events(orders(w, 12, "M1"))
    w.clock.advance(timedelta(minutes=1))
    w.reload(TEN)
    # when
    book = w.engine.book
    made = Backfill(w.database, w.clock, book, Versions(book))("ten", since, "test")
    w.run()
    # then
    assert (made.entered, len(w.table("coupon_code"))) == (10, 10)


def test_people_whom_events_name_are_taken_in_order_too(world: Callable[..., World]) -> None:
    w = world(TEN.replace("name: order.paid", "name: store.stock_out, contact: event.member_id"), catalog=CATALOG)
    people = [w.person("M1"), w.person("M2")]

    w.events([w.line("store.stock_out", None, member_id=["M1", "M2", "M9"]) for _ in range(12)])
    w.run()

    assert Counter(row.contact_id for row in w.table("coupon_code")) == dict.fromkeys(people, 10)


def test_what_comes_later_in_the_file_is_not_known_yet(world: Callable[..., World]) -> None:
    w = world(TEN.replace("coupon.issued, at_least: 10", "whitepaper.downloaded, at_least: 1"), catalog=CATALOG)
    anna, bob = w.person("M1"), w.person("M2")
    reads = [w.line("whitepaper.downloaded", {"member_no": m}) for m in ("M1", "M2")]

    w.events([*orders(w, 1, "M1"), *reads, *orders(w, 1, "M2")])

    assert (w.codes(anna), w.codes(bob)) == (["entered"], ["skipped.audience"])


def test_a_paused_rule_stands_still_in_between_too(world: Callable[..., World]) -> None:
    w = world(REFERRAL, catalog=CATALOG)
    anna = w.person("M1")
    with w.database.write() as conn:
        pause(conn, target_of(conn, "joined"), "出错", "ops", to_ms(w.clock.now()))

    w.events([w.line("member.joined", {"member_no": "M1"}), *orders(w, 1, "M1")])

    assert w.codes(anna) == ["entered", "held.paused", "skipped.audience"]


def test_a_run_that_can_not_be_saved_costs_nobody_their_event(
    sqlite_db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # given: a run whose end the database refuses
    w = World(tmp_path / "project", sqlite_db, REFERRAL, catalog=CATALOG)
    anna = w.person("M1")
    w.event("member.joined", {"member_no": "M1"})
    with sqlite_db.write() as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE UPDATE ON run WHEN NEW.status = 'done' "
            "BEGIN SELECT RAISE(ABORT, 'no end'); END"
        )
    # when
    result = w.events(orders(w, 1, "M1"))
    # then
    assert (result.stored, result.quarantined) == (1, 0)
    assert w.codes(anna) == ["entered", "skipped.audience"]
    assert "到期" in caplog.text or "stay due" in caplog.text
    w.engine.close()


MIXED = (
    REFERRAL
    + """
  - id: points
    trigger: {type: event, with: {name: order.paid}}
    audience: [{contact.tags: {has: 会员}}]
    steps: [{do: contact.update, with: {set: {points: "{{ contact.points|default(0) + 10 }}"}}}]
  - id: rich
    trigger: {type: segment, with: {name: rich}}
    steps: [{do: coupon.issue, with: {batch: MANY}}]
  - id: reader
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    audience: [{contact.points: {gte: 20}}, {did_not: {event: coupon.issued, at_least: 2}}]
    exit_when: [{did: {event: vip.welcome, since: entry}}]
    steps:
      - wait_for: {event: order.paid, within: 1h}
        else: [{stop: late}]
      - do: coupon.issue
        with: {batch: MANY}
segments:
  rich: [{contact.points: {gte: 20}}]
"""
)
NAMES = ("member.joined", "order.paid", "whitepaper.downloaded", "vip.welcome")


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all examples; each has people of its own."""
    folder = tmp_path_factory.mktemp("order")
    database = Database(f"sqlite:///{folder / 'automation.db'}")
    database.migrate()
    w = World(folder / "project", database, MIXED, catalog=CATALOG)
    w.run()
    yield w
    w.engine.close()
    database.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(NAMES), min_size=2, max_size=9), data=st.data())
def test_one_batch_or_many_come_to_the_same(shared: World, names: list[str], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(names)), label="batch size without a daemon")
    outcomes = []
    for kind, batch, daemon in (("alone", 1, True), ("parts", size, False), ("once", len(names), False)):
        member = f"{kind}{shared.clock.now():%d%H%M%S}"
        contact_id = shared.person(member)
        lines = [shared.line(name, {"member_no": member}) for name in names]
        lines = [line.replace('"properties"', f'"message_id": "{member}-{i}", "properties"')
                 for i, line in enumerate(lines)]  # fmt: skip
        in_parts(shared, lines, batch, daemon=daemon)
        while shared.engine.advance():
            pass
        known = profile(shared, contact_id)
        outcomes.append((known["tags"], known.get("points"), Counter(shared.codes(contact_id))))
    shared.clock.advance(timedelta(seconds=1))
    assert outcomes[0] == outcomes[1] == outcomes[2]
