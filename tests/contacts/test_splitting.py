"""A merge is undone: what each of them had goes back to each, and what can't be told apart is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, load_consents, record_consent
from automation.contacts.names import ContactError
from automation.contacts.profile import add_tags, load_contacts, update_attributes
from automation.contacts.resolve import resolve
from automation.contacts.splitting import Split, take_out, undo_merge
from automation.contacts.suppression import Suppression, load_suppressed, suppress
from automation.contacts.suspects import doubled_identities, merge_by_hand, normalise_stored, suspects
from automation.store.database import Database
from automation.store.problems import Problem, load_problems, note_problems
from automation.store.schema import identity
from tests.engine.world import World

RULES = """
rules:
  - id: r
    name: 等待
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    mode: {on_again: skip, per: contact}
    steps: [{wait: 2d}, {do: contact.tag, with: {add: [done]}}]
"""


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return World(tmp_path / "project", db, RULES)


def now(world: World) -> int:
    return to_ms(world.clock.now())


def known(world: World, **identities: str) -> int:
    with world.database.write() as conn:
        found = resolve(conn, world.engine.project.catalogue, [identities], now(world), create=True, actor="test")[0]
    assert isinstance(found, int)
    return found


def pair(world: World) -> tuple[int, int]:
    """Two strangers, each with a phone, a name, a tag, an answer, an event and a run."""
    both = (
        known(world, anonymous_id="a", phone="+8613800138001"),
        known(world, wechat_openid="oB", phone="+8613800138002"),
    )
    with world.database.write() as conn:
        for id_, name, state in zip(both, ("张三", "李四"), ("granted", "denied"), strict=True):
            update_attributes(conn, {id_: {"name": name, "birthday": f"199{id_}-08-04"}}, now(world), "test")
            add_tags(conn, {id_: [f"of {name}", "both"]}, now(world))
            record_consent(conn, [ConsentChange(id_, "marketing", "*", state, "form", now(world))])
    for contact in ({"anonymous_id": "a"}, {"wechat_openid": "oB"}):
        world.event("whitepaper.downloaded", contact, title=str(contact))
    return both


def glue(world: World) -> None:
    world.clock.advance(hours(1))
    world.event("vip.welcome", {"anonymous_id": "a", "wechat_openid": "oB"}, from_rule="x")


def hours(count: float):  # type: ignore[no-untyped-def]
    from datetime import timedelta

    return timedelta(hours=count)


def undo(world: World, contact_id: int) -> Split:
    with world.database.write() as conn:
        return undo_merge(conn, world.engine.project.catalogue, contact_id, now(world), "test")


def people(world: World, ids: tuple[int, int]) -> list[dict[str, object]]:
    with world.database.read() as conn:
        profiles, consents = load_contacts(conn, ids), load_consents(conn, ids)
    hidden = ("updated_at", "created_at")
    return [
        {key: value for key, value in profiles[id_].items() if key not in hidden} | {"consents": consents[id_]}
        for id_ in ids
    ]


def test_what_is_wrong_with_an_address_goes_with_it(world: World) -> None:
    a, b = pair(world)
    bad = [Problem(a, "sms", "21211", "+8613800138001", 1), Problem(b, "sms", "21211", "+8613800138002", 1)]
    with world.database.write() as conn:
        note_problems(conn, bad)
    glue(world)
    with world.database.write() as conn:
        assert {problem.contact_id for problem in load_problems(conn, [a]).values()} == {a}
        undo_merge(conn, world.engine.project.catalogue, a, now(world), "test")
        assert sorted(load_problems(conn, [a, b]).values()) == bad


@pytest.mark.parametrize("named", [0, 1])
def test_each_has_what_was_theirs(world: World, named: int) -> None:
    both = pair(world)
    before = people(world, both)
    owners = {(row.id, row.contact_id) for row in world.table("event")}
    glue(world)
    world.run()
    assert len(people(world, both)) == 2
    assert people(world, both)[0] == people(world, both)[1]

    done = undo(world, both[named])

    assert (done.survivor, done.other) == both
    assert people(world, both) == before
    assert owners <= {(row.id, row.contact_id) for row in world.table("event")}
    assert {run.contact_id for run in world.runs()} == set(both)
    assert done.mixed == {"event": 1}
    assert done.ended_runs == 1
    assert sorted((row.field, row.contact_id) for row in world.table("contact_date")) == [
        ("birthday", both[0]), ("birthday", both[1]),
    ]  # fmt: skip
    assert [row.action for row in world.table("audit") if row.action == "contact.split"] == ["contact.split"] * 2
    with pytest.raises(ContactError) as caught:
        undo(world, both[0])
    assert "has no merge that could be undone" in caught.value.text("en")
    assert "没有可撤销的合并" in caught.value.text("zh")


def test_what_came_since_stays_and_a_denial_of_since_holds_for_both(world: World) -> None:
    both = pair(world)
    glue(world)
    world.clock.advance(hours(1))
    with world.database.write() as conn:
        update_attributes(conn, {both[0]: {"city": "上海", "name": "王五"}}, now(world), "test")
        add_tags(conn, {both[0]: ["new"]}, now(world))
        record_consent(conn, [ConsentChange(both[0], "marketing", "sms", "denied", "form", now(world))])
        suppress(conn, [Suppression("complaint", both[0])], now(world), actor="test")
    done = undo(world, both[0])
    one, other = people(world, both)
    assert (one["name"], one["city"], other["name"], other.get("city")) == ("王五", "上海", "李四", None)
    assert one["tags"] == {"of 张三", "both", "new"}
    assert other["tags"] == {"of 李四", "both"}
    assert one["consents"] == {("marketing", "*"): "granted", ("marketing", "sms"): "denied"}
    assert other["consents"] == {("marketing", "*"): "denied", ("marketing", "sms"): "denied"}
    with world.database.read() as conn:
        assert load_suppressed(conn, [(id_, "sms", None) for id_ in both], now(world)).hits == {0, 1}
    assert done.mixed == {"attributes": 2, "event": 1, "suppression": 1, "tags": 1}


def test_chains_come_apart_one_by_one(world: World) -> None:
    first, second = pair(world)
    third = known(world, mini_openid="oC")
    with world.database.write() as conn:
        merge_by_hand(conn, world.engine.project.catalogue, second, third, now(world), "test")
    glue(world)
    world.run()
    undo(world, second)
    rows = {row.id: row.merged_into for row in world.table("contact")}
    assert rows == {first: None, second: None, third: second}
    undo(world, third)
    assert {row.id: row.merged_into for row in world.table("contact")} == dict.fromkeys(rows)
    assert {row.value: row.contact_id for row in world.table("identity")}["oC"] == third


def test_what_is_nobodys_goes_with_the_split(world: World) -> None:
    one, two = known(world, phone="+8613800138001"), known(world, phone="+8613800138002")
    with world.database.write() as conn:  # as an older version took it
        conn.execute(identity.insert().values(kind="wechat_openid", value="undefined", contact_id=one, created_at=1))
        merge_by_hand(conn, world.engine.project.catalogue, one, two, now(world), "test")
        found = suspects(conn, world.engine.project.catalogue, 9)
    assert {(item.code, item.contact_id, item.other) for item in found} == {("nobody", one, None), ("glued", one, two)}
    undo(world, two)
    held = {(row.kind, row.value, row.contact_id) for row in world.table("identity")}
    assert held == {("phone", "+8613800138001", one), ("phone", "+8613800138002", two)}


def test_identities_are_taken_out_by_hand(world: World) -> None:
    one = known(world, phone="+8613800138001", anonymous_id="n")
    with world.database.write() as conn:
        record_consent(conn, [ConsentChange(one, "marketing", "*", "granted", "form", now(world))])
        record_consent(conn, [ConsentChange(one, "marketing", "sms", "denied", "form", now(world))])
        done = take_out(conn, one, [("phone", "+8613800138001")], now(world), "test")
        assert load_consents(conn, [done.other]) == {done.other: {("marketing", "sms"): "denied"}}
        for pairs in ([("email", "x@y.cn")], [("anonymous_id", "n")]):
            with pytest.raises(ContactError):
                take_out(conn, one, pairs, now(world), "test")
    assert {row.value: row.contact_id for row in world.table("identity")} == {"+8613800138001": done.other, "n": one}


def test_doubled_identities_are_listed_and_merged_by_hand(world: World) -> None:
    catalogue = world.engine.project.catalogue
    one, two, three = known(world, member_no="a19"), known(world, member_no="x"), known(world, member_no="b2")
    with world.database.write() as conn:
        conn.execute(identity.update().where(identity.c.value == "x").values(value="ａ１９"))
        conn.execute(identity.update().where(identity.c.value == "b2").values(value="ｂ２"))
        assert doubled_identities(conn, catalogue) == [(two, one)]
        renamed, doubled = normalise_stored(conn, catalogue)
        assert (renamed, [(item.contact_id, item.other) for item in doubled]) == (1, [(two, one)])
        with pytest.raises(ContactError):
            merge_by_hand(conn, catalogue, one, three, now(world), "test")
        assert merge_by_hand(conn, catalogue, two, one, now(world), "test") == (one, two)
        assert doubled_identities(conn, catalogue) == []
    assert {(row.value, row.contact_id) for row in world.table("identity")} == {("a19", one), ("b2", three)}


@settings(
    max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_merge_and_its_undoing_change_nobody(sqlite_db: Database, tmp_path: Path, data: st.DataObject) -> None:
    """Whatever the two had: merged and split again they are as they were."""
    world = _WORLDS.setdefault(tmp_path, World(tmp_path / "p", sqlite_db, RULES))
    number = len(world.table("contact"))
    ids = (known(world, anonymous_id=f"a{number}"), known(world, anonymous_id=f"b{number}"))
    with world.database.write() as conn:
        for id_ in ids:
            values = data.draw(st.dictionaries(st.sampled_from(["name", "city", "level"]), st.sampled_from("xyz")))
            update_attributes(conn, {id_: values}, now(world), "test")
            add_tags(conn, {id_: data.draw(st.sets(st.sampled_from("pqr")))}, now(world))
            answers = data.draw(st.dictionaries(st.sampled_from(["*", "sms"]), st.sampled_from(["granted", "denied"])))
            changes = [ConsentChange(id_, "marketing", c, s, "f", now(world)) for c, s in answers.items()]
            record_consent(conn, changes)
    before = people(world, ids)
    with world.database.write() as conn:
        merge_by_hand(conn, world.engine.project.catalogue, *ids, now(world), "test")
    if data.draw(st.booleans()):
        world.run()
    undo(world, ids[1])
    assert people(world, ids) == before


_WORLDS: dict[Path, World] = {}


def test_a_message_to_the_one_that_both_were_is_not_sent_for_the_other_one(db: Database, tmp_path: Path) -> None:
    rules = RULES.replace("{wait: 2d}", "{wait: 1h}, {do: sms.send, with: {template: order}}, {wait: 2d}")
    rules = rules.replace("    mode:", "    guards: {consent: transactional}\n    mode:").replace(
        "whitepaper.downloaded", "order.paid"
    )
    w = World(tmp_path / "queued", db, rules)
    one, other = (
        known(w, anonymous_id="a", phone="+8613800138001"),
        known(w, wechat_openid="oB", phone="+8613800138002"),
    )
    w.event("order.paid", {"wechat_openid": "oB"}, sku="private", amount=5)
    glue(w)
    w.engine.advance()
    ((message),) = w.messages()
    assert (message.contact_id, message.status) == (one, "queued")
    undo(w, one)
    w.go(hours=1)
    assert (w.outbox("sms"), w.messages()[0].status, w.log("skipped.ended") != []) == ([], "dropped", True)
    w.go(days=3)
    assert [(run.contact_id, run.reason) for run in w.runs()] == [(other, "completed")]
