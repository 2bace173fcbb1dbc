"""`why` tells what the engine decides: the same functions, asked for one person, nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.identify import identify
from automation.contacts.names import ContactError
from automation.contacts.suppression import Suppression, suppress
from automation.errors import AutomationError
from automation.i18n import language
from automation.insight.account import Account, Line
from automation.insight.why import why
from automation.store import schema
from automation.store.problems import Problem, note_problems
from tests.engine.world import World

PROMO = """
{top}
rules:
  - id: promo
    name: 促销
    {enabled}
    trigger: {{type: event, with: {{name: order.paid, where: [{{event.amount: {{gte: 100}}}}]}}}}
    audience:
      - contact.level: [银卡, 金卡]
      - did: {{event: whitepaper.downloaded, within: 30d}}
    mode: {mode}
    guards: {{{guards}}}
    steps:
      - do: message.send
        with: {{channels: [sms, email], template: hello}}
      - wait: 1d
"""


def promo(guards: str = "consent: marketing", *, mode: str = "{}", top: str = "", enabled: str = "") -> str:
    return PROMO.format(guards=guards, mode=mode, top=top, enabled=enabled)


def ask(w: World, rule: str, contact: int, lang: Any = "en") -> Account:
    with language(lang):
        return why(w.database, w.project(), rule, contact, w.clock.now())


def lines(account: Account, kind: str) -> list[tuple[bool | None, str, str]]:
    return [(line.ok, line.sentence, line.seen) for line in account.lines if line.kind == kind]


def customer(w: World, number: str = "M1", **values: Any) -> int:
    given = {"phone": "13800138001", "name": "安娜", "level": "金卡"} | values
    return w.person(number, **given)


# ---------------------------------------------------------------- the way in


def test_nobody_has_done_anything_yet(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    account = ask(w, "promo", anna)
    assert (account.rule, account.contact) == ("promo", anna)
    assert lines(account, "trigger") == [(False, "this person has no event “已付款”", "")]
    assert account.conclusion == "the first thing that stands in the way: this person has no event “已付款”"


def test_the_latest_event_does_not_fit(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    w.event("order.paid", "M1", amount=250)
    w.go(minutes=1)
    w.event("order.paid", "M1", amount=59.90)
    account = ask(w, "promo", anna)
    assert [line[0] for line in lines(account, "trigger")] == [True, False, False]
    assert lines(account, "trigger")[0][2].startswith("2026-08-01 12:01")
    assert "59.90" in account.conclusion
    assert "the latest event doesn't fit the trigger" in account.conclusion


def test_each_condition_with_the_value_seen(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w, level="普卡")
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    account = ask(w, "promo", anna)
    audience = [line for line in account.lines if line.kind == "audience"]
    assert [(line.ok, line.seen, line.path) for line in audience] == [
        (False, "1 of 2 hold", "rules/promo/audience"),
        (False, "普卡", "rules/promo/audience/0"),
        (True, "counted 1", "rules/promo/audience/1"),
    ]
    assert account.conclusion.startswith("the first thing that stands in the way: not entered: outside the audience")
    assert account.conclusion.endswith("seen: 普卡)")
    assert ask(w, "promo", anna, "zh").conclusion.startswith("现在最先拦住的是：未进入：不符合人群条件")


def test_would_enter_now(world: Callable[..., World]) -> None:
    w = world("rules: []")
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    w.write_rules(promo())  # written, and never published
    account = ask(w, "promo", anna)
    assert account.conclusion == "would enter now, with the next such event"
    assert (None, "no engine has loaded this rule yet", "") in lines(account, "rule")
    assert all(ok for ok, *_ in lines(account, "entry"))


def test_entered_and_inside(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    w.run()
    account = ask(w, "promo", anna)
    assert account.conclusion == (
        "entered on 2026-08-01 12:00, under way, goes on at 2026-08-02 12:00; would enter now, with the next such event"
    )
    path = [(line.depth, line.sentence.split("  ")[-1], line.path) for line in account.lines if line.kind == "history"]
    assert path == [
        (0, "entered on 2026-08-01 12:00", "run 1"),
        (1, "entered the rule", ""),
        (1, "the message is queued", "rules/promo/steps/0"),
        (1, "the provider accepted the message", "rules/promo/steps/0"),
        (1, "waiting", "rules/promo/steps/1"),
    ]
    w.go(days=1, minutes=1)
    done = ask(w, "promo", anna).conclusion
    assert done.startswith("entered on 2026-08-01 12:00, ended on 2026-08-02 12:01: reached the end; ")
    assert done.endswith("would enter now, with the next such event")


def test_cooldown_tells_the_last_entry(world: Callable[..., World]) -> None:
    w = world(promo("cooldown: 30d"))
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    w.go(days=2)
    account = ask(w, "promo", anna)
    assert (False, "not entered: still cooling down since the last entry",
            "cooldown 30 days, last entry 2026-08-01 12:00") in lines(account, "entry")  # fmt: skip
    assert "stands in the way of entering again: not entered: still cooling down" in account.conclusion


def test_already_inside(world: Callable[..., World]) -> None:
    w = world(promo(mode="{on_again: skip, per: contact}"))
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    w.run()
    account = ask(w, "promo", anna)
    assert (False, "not entered: already inside this rule", "on_again: skip") in lines(account, "entry")


def test_the_control_group(world: Callable[..., World]) -> None:
    w = world(promo("holdout: 100%"))
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    account = ask(w, "promo", anna)
    assert (False, "not entered: in the control group", "this rule 100%, all rules 0%") in lines(account, "entry")
    history = [line.sentence.split("  ")[-1] for line in account.lines if line.kind == "history"]
    assert history == ["not entered: in the control group"]


# ---------------------------------------------------------------- the rule's state


def test_a_disabled_rule_is_still_explained(world: Callable[..., World]) -> None:
    w = world(promo(enabled="enabled: false"))
    anna = customer(w)
    account = ask(w, "promo", anna)
    assert lines(account, "rule")[0][:2] == (False, "the rule is disabled (enabled: false)")
    assert lines(account, "audience")
    assert account.conclusion.startswith("the first thing that stands in the way: the rule is disabled")


def test_a_broken_rule_names_its_mistake(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    w.write_rules(promo().replace("contact.level", "contact.levle"))
    with language("zh"):
        from automation.rules.project import Project
        from automation.settings import Settings

        account = why(w.database, Project.load(Settings.load(w.folder)), "promo", anna, w.clock.now())
    ((ok, sentence, seen),) = lines(account, "rule")
    assert (ok, sentence) == (False, "规则有错误，未运行")
    assert "contact.levle" in seen
    assert account.conclusion == "现在最先拦住的是：规则有错误，未运行"


def test_a_removed_rule_keeps_its_history(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    w.run()
    w.reload("rules: []")
    assert "held" in ask(w, "promo", anna).conclusion
    w.go(days=1)
    account = ask(w, "promo", anna)
    assert lines(account, "rule") == [(False, "the rule is no longer in the files", "")]
    assert "left: the rule was removed" in account.conclusion


def test_a_changed_file_that_is_not_loaded_yet(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    w.write_rules(promo("cooldown: 1d"))
    assert lines(ask(w, "promo", anna), "rule")[1][1] == "the database has it otherwise, until the next reload"


def test_unknown_names(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    with pytest.raises(AutomationError, match=r"there is no rule promotion; did you mean promo\?"):
        ask(w, "promotion", anna)
    with pytest.raises(ContactError, match="there is no contact with the id 999"):
        ask(w, "promo", 999)


# ---------------------------------------------------------------- clock and named people

CLOCK = """
rules:
  - id: birthday
    trigger: {type: anniversary, with: {field: contact.birthday, offset: -3d, at: "10:00"}}
    steps: [{do: contact.tag, with: {add: [x]}}]
  - id: weekly
    trigger: {type: schedule, with: {cron: "0 9 * * mon"}}
    steps: [{do: contact.tag, with: {add: [x]}}]
  - id: lost
    trigger: {type: inactivity, with: {event: order.paid, for: 90d, at: "10:00"}}
    steps: [{do: contact.tag, with: {add: [x]}}]
"""


def test_the_clock_tells_when_a_persons_turn_comes(world: Callable[..., World]) -> None:
    w = world(CLOCK)
    anna = customer(w, birthday="1990-08-20")
    account = ask(w, "birthday", anna)
    assert lines(account, "trigger") == [
        (True, "the next firing", "2026-08-02 10:00"),
        (True, "this person's own turn", "2026-08-17 10:00"),
    ]
    assert account.conclusion == "would enter at the next turn, on 2026-08-17 10:00"
    w.to("2026-08-17 10:00")
    assert ask(w, "birthday", anna).conclusion.startswith("entered on 2026-08-17 10:00")


def test_a_person_without_a_birthday_never_has_a_turn(world: Callable[..., World]) -> None:
    w = world(CLOCK)
    account = ask(w, "birthday", customer(w))
    assert (
        account.conclusion
        == "the first thing that stands in the way: this person's turn never comes (a value is missing)"
    )
    assert ask(w, "weekly", 1).conclusion == "would enter at the next turn, on 2026-08-03 09:00"


def test_an_event_that_names_its_people(world: Callable[..., World]) -> None:
    w = world("""
        rules:
          - id: rescue
            trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
            audience: [{event.sku: A1}]
            steps: [{do: contact.tag, with: {add: [x]}}]
    """)
    anna = customer(w)
    assert "no event “缺货” that fits the trigger has named this person" in ask(w, "rescue", anna).conclusion
    w.event("store.stock_out", member_id=["M1", "M2"], sku="B2")
    assert "seen: B2" in ask(w, "rescue", anna).conclusion


# ---------------------------------------------------------------- messages


def test_every_guard_of_every_channel(world: Callable[..., World]) -> None:
    # given no consent for SMS, a suppression, and quiet hours
    w = world(promo("quiet_hours: {from: '11:00', to: '13:00'}"))
    anna = customer(w, email="a@example.com", consent=["email"])
    with w.database.write() as conn:
        suppress(conn, [Suppression("asked", anna, channel="sms")], to_ms(w.clock.now()), actor="test")
    # when
    account = ask(w, "promo", anna)
    # then each guard has its own answer, also after the first ✗
    told = [(line.depth, line.ok, line.sentence) for line in account.lines if line.kind == "message"]
    sms, email = told[:11], told[11:]
    assert [ok for _, ok, _ in sms] == [False, True, True, True, False, False, True, True, False, True, True]
    assert [ok for _, ok, _ in email] == [False, True, True, True, True, True, True, True, False, True, True]
    assert (1, False, "not sent: on the suppression list") in sms
    assert (1, False, "not sent: no consent for this channel") in sms
    assert (1, False, "held back: quiet hours") in email
    quiet = next(line for line in account.lines if line.sentence == "held back: quiet hours")
    assert quiet.seen == "until=2026-08-01 13:00, zone=Asia/Shanghai"


def test_who_would_enter_but_gets_nothing(world: Callable[..., World]) -> None:
    w = world("rules: []")
    anna = customer(w, consent=())
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    w.write_rules(promo())
    assert ask(w, "promo", anna).conclusion == (
        "would enter now, with the next such event; "
        "but the message of rules/promo/steps/0 could not go now: not sent: no consent for this channel"
    )


def test_a_frequency_cap_counts_what_was_sent(world: Callable[..., World]) -> None:
    w = world(promo("frequency_cap: [{max: 1, per: 7d, channel: sms}]"))
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    w.run()
    capped = [line for line in ask(w, "promo", anna).lines if line.sentence == "not sent: a frequency cap is reached"]
    assert len(capped) == 1
    assert "max=1, per=7d, channel=sms" in capped[0].seen


# ---------------------------------------------------------------- it agrees, and changes nothing

SITUATIONS = {
    "fits": {},
    "wrong level": {"level": "普卡"},
    "no level": {"level": None},
    "no download": {"download": False},
    "too small": {"amount": 99.99},
    "just enough": {"amount": 100},
    "entered before": {"before": True},
}


@pytest.mark.parametrize("guards", ["cooldown: 30d", "consent: marketing", "holdout: 50%"])
def test_the_answer_is_what_the_engine_then_does(world: Callable[..., World], guards: str) -> None:
    w = world(promo(guards))
    for number, (name, situation) in enumerate(SITUATIONS.items()):
        # given a person in this situation, whose last event is like the one that will come
        member, amount = f"P{number}", situation.get("amount", 250)
        level = {"level": situation.get("level", "金卡")} if situation.get("level", "金卡") else {}
        person = w.person(member, phone=f"1380013{8100 + number}", name="某", **level)
        if situation.get("download", True):
            w.event("whitepaper.downloaded", member, title=name)
        w.event("order.paid", member, amount=amount)
        if not situation.get("before"):
            _forget_runs(w, person)
        # when
        expected = "would enter now" in ask(w, "promo", person).conclusion
        before = _entries(w, person)
        w.event("order.paid", member, when="2026-08-01 12:00:01", amount=amount)
        # then
        assert (_entries(w, person) > before) is expected, f"{name} with {guards}"


def test_asking_changes_nothing(world: Callable[..., World]) -> None:
    w = world(promo())
    anna = customer(w)
    w.event("whitepaper.downloaded", "M1", title="x")
    w.event("order.paid", "M1", amount=250)
    before = _everything(w)
    w.write_rules(promo("cooldown: 1d", enabled="enabled: false"))
    ask(w, "promo", anna)
    assert _everything(w) == before


def test_an_account_for_programs(world: Callable[..., World]) -> None:
    w = world(promo())
    told = ask(w, "promo", customer(w)).as_dict()
    assert list(told) == ["rule", "contact", "lines", "conclusion"]
    assert list(told["lines"][0]) == ["kind", "ok", "sentence", "seen", "path", "depth", "place"]
    assert isinstance(Line(**told["lines"][0]), Line)


def test_a_merged_person_is_one(world: Callable[..., World]) -> None:
    from automation.contacts.resolve import resolve

    w = world(promo())
    first, second = w.person("M1", level="金卡"), None
    with w.database.write() as conn:
        given = [{"phone": "+8613800138009"}]
        second = resolve(conn, w.engine.project.catalogue, given, to_ms(w.clock.now()), create=True, actor="t")[0]
    assert isinstance(second, int)
    w.event("order.paid", {"phone": "13800138009"}, amount=250)  # skipped: outside the audience
    with w.database.write() as conn:
        now = to_ms(w.clock.now())
        both = [{"phone": "+8613800138009", "member_no": "M1"}]
        resolve(conn, w.engine.project.catalogue, both, now, create=True, actor="t")
        record_consent(conn, [ConsentChange(first, "marketing", "*", "granted", "t", now)])
    account = ask(w, "promo", second)
    assert account.contact == first
    assert [line.sentence.split("  ")[-1] for line in account.lines if line.kind == "history"] == [
        "not entered: outside the audience"
    ]


def test_of_several_phones_it_says_where_the_message_goes_and_why_not_elsewhere(world: Callable[..., World]) -> None:
    w = world(promo())
    phones = [f"+861380013800{n}" for n in (1, 2, 3)]
    with w.database.write() as conn:
        zone, now = w.engine.project.settings.timezone, to_ms(w.clock.now())
        for minute, phone in enumerate(phones[:2]):
            said = [{"member_no": "M1", "phone": phone}]
            identify(conn, w.engine.project.catalogue, said, now + minute, zone, "crm")
    person = w.person("M1", level="金卡")
    w.event("order.paid", {"member_no": "M1", "phone": phones[2]}, amount=250)
    told_ = [line.seen for line in ask(w, "promo", person).lines if "138****8002" in line.seen]
    assert told_ == [
        "goes to 138****8002; 138****8001 comes after it; 138****8003: only events mention it, so it is not used"
    ]
    with w.database.write() as conn:
        note_problems(conn, [Problem(person, "sms", "21211", phones[1], to_ms(w.clock.now()))])
    told_ = [line.seen for line in ask(w, "promo", person).lines if "138****8002" in line.seen]
    assert told_ == [
        "goes to 138****8001; 138****8002 is wrong; 138****8003: only events mention it, so it is not used"
    ]


def _forget_runs(w: World, person: int) -> None:
    with w.database.write() as conn:
        conn.execute(schema.run.delete().where(schema.run.c.contact_id == person))


def _entries(w: World, person: int) -> int:
    with w.database.read() as conn:
        query = select(func.count()).select_from(schema.run).where(schema.run.c.contact_id == person)
        return int(conn.scalar(query) or 0)


def _everything(w: World) -> dict[str, list[Any]]:
    with w.database.read() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns))]
            for table in schema.metadata.sorted_tables
        }
