"""`why --at`: the same question as of another moment, with what was known then; who was considered; what is next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.profile import update_attributes
from automation.contacts.suppression import Suppression, lift, suppress
from automation.i18n import language
from automation.insight.account import Account
from automation.insight.why import why
from automation.store.problems import Problem, note_problems
from tests.engine.world import World, at

PROMO = """
rules:
  - id: promo
    trigger: {type: event, with: {name: order.paid, where: [{event.amount: {gte: 100}}]}}
    audience:
      - contact.level: 金卡
      - did: {event: whitepaper.downloaded, within: 30d}
    mode: {on_again: skip, per: contact}
    guards: {consent: marketing, cooldown: 10d, frequency_cap: [{max: 1, per: 7d}]}
    steps:
      - do: message.send
        with: {channels: [sms], template: hello}
      - wait: 1d
"""


def ask(w: World, contact: int, moment: str | None = None, rule: str = "promo") -> Account:
    with language("en"):
        return why(w.database, w.project(), rule, contact, w.clock.now(), at(moment) if moment else None)


def said(account: Account, kind: str) -> list[tuple[bool | None, str, str]]:
    return [(line.ok, line.sentence, line.seen) for line in account.lines if line.kind == kind]


def anna(w: World) -> int:
    return w.person("M1", phone="13800138001", name="安娜", level="金卡")


def test_it_names_the_moment_and_what_is_as_of_today(world: Callable[..., World]) -> None:
    w = world(PROMO)
    id_ = anna(w)
    w.to("2026-08-05 12:00")
    told = ask(w, id_, "2026-08-02 10:00")
    assert told.at == "2026-08-02T10:00:00+08:00"
    assert said(told, "asof")[0][1] == "as of 2026-08-02 10:00"
    assert said(told, "asof")[2][1].startswith("as of today: the profile")
    future = ask(w, id_, "2026-09-01 10:00")
    assert said(future, "asof")[1][1] == "the data of today, as if nothing happened until then"
    assert "at" not in ask(w, id_).as_dict()


def test_events_histories_and_the_profile_are_those_of_then(world: Callable[..., World]) -> None:
    # given: bought on the 2nd, read the paper on the 3rd, silver since the 4th
    w = world(PROMO)
    id_ = anna(w)
    w.to("2026-08-02 09:00")
    w.event("order.paid", "M1", amount=250)
    w.to("2026-08-03 09:00")
    w.event("whitepaper.downloaded", "M1", title="x")
    w.to("2026-08-04 09:00")
    with w.database.write() as conn:
        update_attributes(conn, {id_: {"level": "银卡"}}, to_ms(w.clock.now()), "test")
    # then
    assert "no event “已付款”" in ask(w, id_, "2026-08-01 13:00").conclusion
    second = ask(w, id_, "2026-08-02 10:00")
    assert [ok for ok, *_ in said(second, "audience")] == [False, True, False]
    assert said(second, "asof")[2][2] == "put back: level"
    assert said(second, "considered") == [(False, "not entered: outside the audience", "2026-08-02 09:00")]
    third = ask(w, id_, "2026-08-03 10:00")
    assert [ok for ok, *_ in said(third, "audience")] == [True, True, True]
    assert third.conclusion.endswith("would enter now, with the next such event")
    assert [ok for ok, *_ in said(ask(w, id_), "audience")] == [False, False, True]


def test_runs_cooldown_and_caps_are_those_of_then(world: Callable[..., World]) -> None:
    w = world(PROMO)
    id_ = anna(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.to("2026-08-02 09:00")
    w.event("order.paid", "M1", amount=250)
    w.run()
    w.to("2026-08-03 09:00")
    w.to("2026-08-20 09:00")
    before = ask(w, id_, "2026-08-02 08:00")
    assert all(ok for ok, *_ in said(before, "entry"))
    assert said(before, "history") == []
    inside = ask(w, id_, "2026-08-02 20:00")
    assert (False, "not entered: already inside this rule", "on_again: skip") in said(inside, "entry")
    assert inside.conclusion.startswith("entered on 2026-08-02 09:00, was inside then; ")
    assert said(inside, "history")[-1][1] == "2026-08-02 09:00  waiting"
    assert said(inside, "next") == []
    capped = [(ok, sentence) for ok, sentence, _ in said(inside, "message")]
    assert (False, "not sent: a frequency cap is reached") in capped
    cooling = ask(w, id_, "2026-08-05 09:00")
    assert (False, "not entered: still cooling down since the last entry") in [s[:2] for s in said(cooling, "entry")]
    assert (True, "not held back by being inside already") in [s[:2] for s in said(cooling, "entry")]
    assert all(ok for ok, *_ in said(ask(w, id_), "entry"))


def test_consent_and_suppression_are_those_of_then(world: Callable[..., World]) -> None:
    # given: refused on the 3rd, on the list from the 5th until it was lifted on the 7th, agreed on the 8th
    w = world(PROMO)
    id_ = anna(w)

    def answer(state: str) -> None:
        with w.database.write() as conn:
            now = to_ms(w.clock.now())
            record_consent(conn, [ConsentChange(id_, "marketing", "*", state, "test", now)])

    w.to("2026-08-03 09:00")
    answer("denied")
    w.to("2026-08-05 09:00")
    with w.database.write() as conn:
        suppress(conn, [Suppression("asked", id_)], to_ms(w.clock.now()), actor="test")
    w.to("2026-08-07 09:00")
    with w.database.write() as conn:
        lift(conn, to_ms(w.clock.now()), actor="test", reason="wrong", contact_id=id_)
    w.to("2026-08-08 09:00")
    answer("granted")

    def held(moment: str | None) -> set[str]:
        return {
            sentence for ok, sentence, _ in said(ask(w, id_, moment), "message") if ok is False and "not" in sentence
        }

    no_consent, listed = "not sent: no consent for this channel", "not sent: on the suppression list"
    assert held("2026-08-02 12:00") == set()
    assert held("2026-08-04 12:00") == {no_consent}
    assert held("2026-08-06 12:00") == {no_consent, listed}
    assert held("2026-08-07 12:00") == {no_consent}
    assert held(None) == set()


def test_the_version_that_ran_then_is_asked(world: Callable[..., World]) -> None:
    w = world(PROMO)
    id_ = anna(w)
    w.to("2026-08-03 09:00")
    w.reload(PROMO.replace("金卡", "普卡"))
    w.to("2026-08-05 09:00")
    then = ask(w, id_, "2026-08-02 09:00")
    assert said(then, "rule")[1][1] == "another version ran then; this account is about that one"
    assert said(then, "audience")[1][0] is True
    assert {line.place for line in then.lines} == {""}  # the files have another rule on those lines
    now = ask(w, id_, "2026-08-04 09:00")
    assert said(now, "rule")[1][1] == "this version ran then"
    assert said(now, "audience")[1][0] is False
    early = ask(w, id_, "2026-07-31 09:00")
    assert "the rule had not been published yet" in early.conclusion


def test_the_lines_name_their_place_in_the_file(world: Callable[..., World]) -> None:
    w = world(PROMO)
    told = ask(w, anna(w))
    text = (w.folder / "rules.yaml").read_text(encoding="utf-8").splitlines()
    places = {line.path: line.place for line in told.lines}
    shown = {path: text[int(place.removeprefix("rules.yaml:")) - 1].strip() for path, place in places.items() if place}
    assert shown["rules/promo/audience/0"] == "- contact.level: 金卡"
    assert shown["rules/promo/audience/1"].startswith("- did:")
    assert shown["rules/promo/guards/cooldown"].startswith("guards: {")
    assert shown["rules/promo/steps/0"] == "- do: message.send"


# ---------------------------------------------------------------- what the rule last made of somebody


def test_an_event_before_the_rule_was_published(world: Callable[..., World]) -> None:
    w = world("rules: []")
    id_ = anna(w)
    w.event("order.paid", "M1", amount=250)
    w.to("2026-08-02 09:00")
    w.reload(PROMO)
    told = ask(w, id_)
    assert said(told, "considered") == [
        (False, "the event came before the rule was listening", "the rule has listened since 2026-08-02 09:00")
    ]
    assert told.conclusion.startswith("the last time: the event came before the rule was listening")


def test_an_entry_that_waits_for_approval_or_for_what_must_not_follow(world: Callable[..., World]) -> None:
    w = world("""
        rules:
          - id: list
            trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
            max_audience: 1
            steps: [{do: contact.tag, with: {add: [x]}}]
          - id: later
            trigger: {type: event, with: {name: order.paid, not_followed_by: {event: vip.welcome, within: 1h}}}
            steps: [{do: contact.tag, with: {add: [x]}}]
    """)
    id_ = anna(w)
    w.person("M2")
    w.event("store.stock_out", member_id=["M1", "M2"], sku="A")
    w.event("order.paid", "M1", amount=1)
    held, later = ask(w, id_, rule="list"), ask(w, id_, rule="later")
    assert said(held, "considered")[0][:2] == (False, "held for approval: it would reach more people than allowed")
    assert held.conclusion.startswith("the last time: held for approval")
    assert said(later, "considered")[0][:2] == (None, "the entry is decided later")
    assert "due_at=2026-08-01 13:00" in later.conclusion


CLOCK = """
rules:
  - id: daily
    trigger: {type: schedule, with: {cron: "0 13 * * *"}}
    audience: [{contact.level: 金卡}]
    steps: [{do: contact.tag, with: {add: [x]}}]
  - id: birthday
    trigger: {type: anniversary, with: {field: contact.birthday, at: "13:00"}}
    steps: [{do: contact.tag, with: {add: [x]}}]
"""


def test_firings_let_in_counted_passed_over_and_missed(world: Callable[..., World]) -> None:
    # given: silver until the 2nd, gold since
    w = world(CLOCK)
    id_ = w.person("M1", level="银卡", birthday="1990-08-02")
    w.to("2026-08-01 13:00")
    w.to("2026-08-02 12:00")
    with w.database.write() as conn:
        update_attributes(conn, {id_: {"level": "金卡"}}, to_ms(w.clock.now()), "test")
    w.to("2026-08-02 13:00")
    w.to("2026-08-09 12:00")
    # then the newest come first
    told = said(ask(w, id_, "2026-08-03 00:00", rule="daily"), "considered")
    assert [(ok, sentence) for ok, sentence, _ in told] == [
        (True, "the firing of 2026-08-02 13:00: let this person in"),
        (False, "the firing of 2026-08-01 13:00: looked at this person, and counted only"),
    ]
    assert told[1][2] == "not entered: outside the audience (of all: skipped.audience 1)"
    missed = said(ask(w, id_, rule="daily"), "considered")
    assert (False, "the firing of 2026-08-05 13:00: was missed", "too old when it was found") in said(
        ask(w, id_, "2026-08-05 14:00", rule="daily"), "considered"
    )
    assert missed[0][1] == "the firing of 2026-08-08 13:00: let this person in"
    birthday = said(ask(w, id_, "2026-08-02 14:00", rule="birthday"), "considered")
    assert [(ok, sentence.partition(": ")[2]) for ok, sentence, _ in birthday] == [
        (True, "let this person in"),
        (False, "it was not this person's turn (by the data of today)"),
    ]


# ---------------------------------------------------------------- the path taken, and what comes next

PATH = """
rules:
  - id: path
    trigger: {type: event, with: {name: order.paid}}
    steps:
      - if: [{contact.level: 金卡}]
        then:
          - split: {name: half, arms: [{arm: A, weight: 1, steps: [{do: contact.tag, with: {add: [a]}}]}]}
      - wait: 1d
      - do: contact.tag
        with: {add: [x]}
      - wait_for: {event: vip.welcome, within: 2d}
      - if: [{contact.level: 金卡}]
        then: [{stop: true}]
"""


def test_the_path_with_its_turns_and_the_steps_ahead(world: Callable[..., World]) -> None:
    w = world(PATH)
    id_ = anna(w)
    w.event("order.paid", "M1", amount=1)
    w.run()
    told = ask(w, id_, rule="path")
    history = {line.path.removeprefix("rules/path/"): (line.sentence, line.seen) for line in told.lines
               if line.kind == "history"}  # fmt: skip
    assert history["steps/0"][1] == "the condition held: then"
    assert history["steps/0/then/0"][1] == "half: arm A"
    assert history["steps/1"] == ("2026-08-01 12:00  waiting", "until=2026-08-02 12:00")
    ahead = [(line.sentence, line.path.removeprefix("rules/path/")) for line in told.lines if line.kind == "next"]
    assert ahead == [
        ("goes on at 2026-08-02 12:00", "run 1"),
        ("does contact.tag", "steps/2"),
        ("waits for the event vip.welcome, for 2 days at most", "steps/3"),
    ]
    w.go(days=1)
    w.event("vip.welcome", "M1", from_rule="x")
    then = [line.sentence for line in ask(w, id_, rule="path").lines if line.kind == "next"]
    assert then[0].startswith("goes on at 2026-08-02 12:00")
    assert then[1].startswith("asks whether ")
    w.run()
    assert [line for line in ask(w, id_, rule="path").lines if line.kind == "next"] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_languages_tell_all_of_it(world: Callable[..., World], lang: Any) -> None:
    w = world(PATH)
    id_ = anna(w)
    w.event("order.paid", "M1", amount=1)
    w.run()
    with language(lang):
        account = why(w.database, w.project(), "path", id_, w.clock.now())
    assert not [line for line in account.lines if "why." in line.sentence]


@pytest.mark.parametrize("what", ["consent", "list", "address"])
def test_who_could_be_reached_then(world: Callable[..., World], what: str) -> None:
    text = PROMO.replace("      - contact.level: 金卡\n", "      - reachable: sms\n")
    w = world(text.replace("      - did: {event: whitepaper.downloaded, within: 30d}\n", ""))
    anna = w.person("M1", phone="13800138001", name="安娜")

    def met(moment: str | None) -> bool | None:
        return next(ok for ok, *_ in said(ask(w, anna, moment), "audience"))

    w.to("2026-08-02 12:00")
    now = to_ms(w.clock.now())
    with w.database.write() as conn:
        if what == "consent":
            record_consent(conn, [ConsentChange(anna, "marketing", "*", "denied", "app", now)], actor="test")
        elif what == "list":
            suppress(conn, [Suppression("投诉", address="+8613800138001", channel="sms")], now, actor="test")
        else:
            note_problems(conn, [Problem(anna, "sms", "21211", "+8613800138001", now)])
    w.to("2026-08-03 12:00")
    assert (met("2026-08-01 13:00"), met("2026-08-02 13:00"), met(None)) == (True, False, False)
    with w.database.write() as conn:
        if what == "consent":
            now = to_ms(w.clock.now())
            record_consent(conn, [ConsentChange(anna, "marketing", "*", "granted", "app", now)], actor="test")
    if what == "consent":
        w.to("2026-08-04 12:00")
        assert (met("2026-08-02 13:00"), met(None)) == (False, True)
