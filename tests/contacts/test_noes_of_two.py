"""A source's no without a date is no new answer when it is repeated: of the same person, and of nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, allows, load_consents, record_consent
from automation.contacts.merging import united_noes
from automation.contacts.splitting import take_out, undo_merge
from automation.contacts.suspects import merge_by_hand
from automation.store.consent import ConsentRow
from tests.contacts.test_splitting import known, world
from tests.engine.world import World

__all__ = ["world"]
KEY = ("marketing", "sms", "crm")


def says(w: World, contact_id: int, state: str, *, crm: bool = False) -> None:
    w.clock.advance(timedelta(hours=1))
    now = to_ms(w.clock.now())
    with w.database.write() as conn:
        given_at, source = (None, "crm") if crm else (now, "form")
        record_consent(conn, [ConsentChange(contact_id, "marketing", "sms", state, source, given_at, now)])


def allowed(w: World, contact_id: int) -> bool:
    with w.database.read() as conn:
        return allows(load_consents(conn, [contact_id])[contact_id], "marketing", "sms")


def one(w: World, contact_id: int, other: int) -> None:
    with w.database.write() as conn:
        merge_by_hand(conn, w.engine.project.catalogue, contact_id, other, to_ms(w.clock.now()), "test")


def two_again(w: World, contact_id: int, how: str) -> None:
    with w.database.write() as conn:
        catalogue, now = w.engine.project.catalogue, to_ms(w.clock.now())
        if how == "undone":
            undo_merge(conn, catalogue, contact_id, now, "test")
        else:
            take_out(conn, contact_id, [("wechat_openid", "oB")], now, "test")


def pair(w: World) -> tuple[int, int]:
    """The file said no of the second one, who has said yes since."""
    first, second = known(w, phone="+8613800138001"), known(w, wechat_openid="oB")
    says(w, second, "denied", crm=True)
    says(w, second, "granted")
    says(w, second, "denied", crm=True)
    assert allowed(w, second)  # the same as last night
    return first, second


@pytest.mark.parametrize("how", ["merged", "undone", "taken_out"])
@pytest.mark.parametrize("known_to_crm", [True, False])
def test_the_first_no_of_one_is_heard_though_the_other_had_said_it(world: World, how: str, known_to_crm: bool) -> None:
    first, second = pair(world)
    if known_to_crm:
        says(world, first, "granted", crm=True)
    one(world, first, second)
    if how != "merged":
        two_again(world, first, how)
        says(world, first, "granted")
    says(world, first, "denied", crm=True)
    assert allowed(world, first) is (how == "merged" and not known_to_crm)


def test_who_is_split_off_keeps_the_memory_of_what_the_file_had_said(world: World) -> None:
    first, second = pair(world)
    one(world, first, second)
    says(world, first, "granted")
    two_again(world, first, "undone")
    says(world, second, "denied", crm=True)
    assert allowed(world, second)


def test_a_no_said_of_both_while_they_were_one_is_new_of_each(world: World) -> None:
    first, second = known(world, phone="+8613800138001"), known(world, wechat_openid="oB")
    one(world, first, second)
    says(world, first, "denied", crm=True)
    two_again(world, first, "undone")
    for person in (first, second):
        says(world, person, "granted")
        says(world, person, "denied", crm=True)
        assert not allowed(world, person)


noes = st.dictionaries(st.just(KEY), st.integers(0, 9), max_size=1)
answers = st.dictionaries(st.just(KEY[:2]), st.just(ConsentRow("granted", "form", 1, 1, 1)), max_size=1)


@settings(max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(said=st.tuples(noes, noes), given_=st.tuples(answers, answers))
def test_nothing_is_remembered_that_the_other_one_may_not_have_heard(said, given_) -> None:  # type: ignore[no-untyped-def]
    one_way = united_noes((1, 2), {1: said[0], 2: said[1]}, {1: given_[0], 2: given_[1]})
    other_way = united_noes((2, 1), {1: said[0], 2: said[1]}, {1: given_[0], 2: given_[1]})
    assert one_way.keys() == other_way.keys()
    for mine, theirs, answered in ((*said, given_[1]), (*said[::-1], given_[0])):
        if KEY in mine and KEY not in theirs and answered:
            assert KEY not in one_way
