"""Which of a person's addresses a message goes to: the one stated last that works. A no to one is a no to all."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from automation.clock import to_ms
from automation.contacts.identify import identify
from automation.contacts.suppression import Suppression, suppress
from automation.store.problems import Problem, note_problems
from tests.engine.world import World

RULES = """
rules:
  - id: hello
    name: 问候
    trigger: {type: event, with: {name: order.paid}}
    audience: [{reachable: sms}]
    steps: [{do: sms.send, with: {template: hello}}]
  - id: daily
    name: 每日
    trigger: {type: schedule, with: {every: 1d, at: "10:00"}}
    audience: [{reachable: sms}]
    steps: [{do: contact.tag, with: {add: [可达]}}]
"""
A, B, C = (f"+861380013800{n}" for n in (1, 2, 3))


def says(w: World, source: str, **values: Any) -> None:
    """What a source has on record of M1."""
    with w.database.write() as conn:
        said = [{"member_no": "M1", "contact.name": "安娜", "consent.marketing.*": "yes", **values}]
        outcomes = identify(
            conn, w.engine.project.catalogue, said, to_ms(w.clock.now()), w.engine.project.settings.timezone, source
        )
    assert outcomes[0] in ("created", "updated", "unchanged"), outcomes
    w.go(minutes=1)


def sent_to(w: World) -> list[str]:
    """Where a message goes now; what the condition says of it agrees, in Python and in SQL."""
    before = len(w.messages())
    w.event("order.paid", "M1", amount=1)
    w.run()
    found = [message.address for message in w.messages()[before:] if message.status == "accepted"]
    w.to("2026-08-02 10:00" if w.clock.now().day == 1 else f"2026-08-{w.clock.now().day + 1:02} 10:00")
    tagged = {tag.tag for tag in w.table("contact_tag")}
    with w.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM contact_tag")
    assert ("可达" in tagged) == bool(found)
    return found


def listed(w: World, address: str, reason: str) -> None:
    with w.database.write() as conn:
        suppress(conn, [Suppression(reason, address=address, channel="sms")], to_ms(w.clock.now()), actor="test")


def test_a_new_phone_in_the_record_takes_the_place_of_the_old_one(world: Callable[..., World]) -> None:
    w = world(RULES)
    says(w, "import:crm", phone=A)
    assert sent_to(w) == [A]
    says(w, "import:crm", phone=B)
    assert sent_to(w) == [B]
    says(w, "import:crm", phone=A)  # the person came back to it
    assert sent_to(w) == [A]


def test_a_list_that_repeats_itself_every_night_takes_nothing_back(world: Callable[..., World]) -> None:
    w = world(RULES)
    says(w, "import:crm", phone=A)
    says(w, "import:shop", phone=B)
    for _ in range(2):
        says(w, "import:crm", phone=A)
        assert sent_to(w) == [B]
        says(w, "import:shop", phone=B)
        assert sent_to(w) == [B]
    says(w, "import:crm", phone=C)
    says(w, "import:shop", phone=B)
    assert sent_to(w) == [C]


def test_what_an_event_mentions_stands_behind_the_record(world: Callable[..., World]) -> None:
    """The phone on an order may be that of whoever fetches it."""
    w = world(RULES)
    says(w, "import:crm", phone=B)
    w.event("whitepaper.downloaded", {"member_no": "M1", "phone": A})
    assert sent_to(w) == [B]


@pytest.mark.parametrize("order", list(permutations("ABC")))
def test_the_first_that_works_is_taken_and_the_others_are_not_forgotten(
    world: Callable[..., World], order: tuple[str, ...]
) -> None:
    w = world(RULES)
    phones = dict(zip("ABC", (A, B, C), strict=True))
    for name in "CBA":  # A was named last
        says(w, "import:crm", phone=phones[name])
    left = [A, B, C]
    for name in order:
        with w.database.write() as conn:
            note_problems(conn, [Problem(1, "sms", "21211", phones[name], to_ms(w.clock.now()))])
        left.remove(phones[name])
        assert sent_to(w) == left[:1]
    assert {problem.value for problem in w.table("contact_problem")} == {A, B, C}
    assert w.codes(1)[-1] == "skipped.audience"


def test_out_of_reach_for_a_while_is_another_ones_turn_but_a_no_is_a_no_to_all(world: Callable[..., World]) -> None:
    w = world(RULES)
    says(w, "import:crm", phone=A)
    says(w, "import:crm", phone=B)
    listed(w, B, "provider:not_reachable:43004")
    assert sent_to(w) == [A]
    listed(w, A, "投诉")
    assert sent_to(w) == []
    says(w, "import:crm", phone=C)  # a new number is no new answer
    assert sent_to(w) == []


def test_what_waits_in_the_queue_goes_to_the_phone_of_today(world: Callable[..., World]) -> None:
    w = world(RULES)
    says(w, "import:crm", phone=A)
    w.event("order.paid", "M1", amount=1)
    while w.engine.advance():
        pass
    assert [(message.status, message.address) for message in w.messages()] == [("queued", A)]
    says(w, "import:crm", phone=B)
    assert [(message.status, message.address) for message in w.messages()] == [("accepted", B)]


def test_of_two_people_who_are_one_the_later_statement_counts(world: Callable[..., World]) -> None:
    w = world(RULES)
    says(w, "import:crm", phone=A)
    other = [{"email": "a@example.com", "phone": B}]
    with w.database.write() as conn:
        identify(
            conn, w.engine.project.catalogue, other, to_ms(w.clock.now()), w.project().settings.timezone, "import:x"
        )
    assert sent_to(w) == [A]
    says(w, "import:crm", phone=A, email="a@example.com")  # which merges them
    assert len({row.contact_id for row in w.table("identity")}) == 1
    assert sent_to(w) == [B]


def test_a_phone_that_only_an_order_mentions_never_stands_in(world: Callable[..., World]) -> None:
    """It may be that of whoever fetches the order, whatever becomes of the person's own."""
    w = world(RULES)
    says(w, "import:crm", phone=A)
    w.event("whitepaper.downloaded", {"member_no": "M1", "phone": B})
    assert sent_to(w) == [A]
    with w.database.write() as conn:
        note_problems(conn, [Problem(1, "sms", "21211", A, to_ms(w.clock.now()))])
    assert sent_to(w) == []
    says(w, "import:crm", phone=B)  # the record names it
    assert sent_to(w) == [B]


def test_what_was_queued_to_a_phone_that_an_order_mentioned_goes_to_the_one_of_the_record(
    world: Callable[..., World],
) -> None:
    w = world(RULES)
    w.person("M1", phone=A)  # which no record states
    w.event("order.paid", "M1", amount=1)
    while w.engine.advance():
        pass
    assert [(message.status, message.address) for message in w.messages()] == [("queued", A)]
    says(w, "import:crm", phone=B)
    assert [(message.status, message.address) for message in w.messages()] == [("accepted", B)]


@pytest.mark.parametrize(
    "name", ["crm-20260801.csv", "crm_2026-08-01.csv", "2026_08_01_crm.csv", "crm20260801T2300.csv"]
)
def test_the_export_of_each_night_is_of_one_system_whatever_day_its_name_bears(
    world: Callable[..., World], name: str
) -> None:
    w = world(RULES)
    says(w, f"import:{name}", phone=A)
    says(w, "app", phone=B)
    says(w, "import:" + name.replace("01", "02"), phone=A)
    assert sent_to(w) == [B]
    says(w, "import:" + name.replace("01", "03"), phone=C)
    says(w, "import:" + name.replace("01", "04"), phone=A)  # it came back
    assert sent_to(w) == [A]
