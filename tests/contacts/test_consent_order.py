"""An old answer never beats a newer no, in whatever order and by whatever door answers come in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from automation.clock import ManualClock, from_ms, to_ms, token
from automation.contacts.consent import CLOCKS_DIFFER_MS, ConsentChange, allows, load_consents, record_consent
from automation.contacts.identify import identify
from automation.contacts.importing import ImportReport, import_contacts
from automation.contacts.resolve import find
from automation.engine.delivery.refusals import Refusal, apply
from automation.store.schema import consent, undated_denial
from tests.contacts.helpers import CATALOGUE, DAY, NOW, someone, together
from tests.engine.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from automation.store.database import Database

ZONE = ZoneInfo("Asia/Shanghai")
HOUR = DAY // 24


def load(db: Database, folder: Path, text: str, at: int, *, name: str = "people.csv", **more: Any) -> ImportReport:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return import_contacts(db, CATALOGUE, path, mapping={}, zone=ZONE, clock=ManualClock(from_ms(at)), **more)


def may(db: Database, person: int, channel: str = "sms", purpose: str = "marketing") -> bool:
    with db.read() as conn:
        return allows(load_consents(conn, [person])[person], purpose, channel)


def say_no(db: Database, person: int, at: int, heard: int, channel: str = "*") -> None:
    with db.write() as conn:
        record_consent(conn, [ConsentChange(person, "marketing", channel, "denied", "contact.unsubscribed", at, heard)])


def grant_by_hand(db: Database, person: int, at: int, channel: str = "*") -> None:
    with db.write() as conn:
        record_consent(conn, [ConsentChange(person, "marketing", channel, "granted", "cli", at)])


YES, NO = "member_no,consent.marketing\nM1,yes\n", "member_no,consent.marketing\nM1,no\n"


def test_a_file_that_says_yes_again_does_not_undo_a_no(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path, YES, NOW)
    person = someone(db, member_no="M1")
    say_no(db, person, NOW + 4 * DAY, NOW + 4 * DAY)
    again = load(db, tmp_path, YES, NOW + 5 * DAY)
    other = load(db, tmp_path, YES, NOW + 6 * DAY, name="other.csv")
    assert not may(db, person)
    assert (again.overruled, other.overruled, again.unchanged) == (1, 1, 1)


def test_a_no_of_last_night_that_arrives_after_the_import_stands(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path, YES, NOW)
    person = someone(db, member_no="M1")
    say_no(db, person, NOW - 6 * HOUR, NOW + 5 * HOUR)  # 21:00, heard of at 08:00; the import was at 03:00
    assert not may(db, person)


def test_the_same_no_from_the_same_file_is_no_new_answer(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path, NO, NOW)
    person = someone(db, member_no="M1")
    grant_by_hand(db, person, NOW + DAY)
    load(db, tmp_path, NO, NOW + 2 * DAY)
    assert may(db, person)
    # but it is one after a yes, from another source, and under the same name of the source
    load(db, tmp_path, NO, NOW + 3 * DAY, name="other.csv")
    assert not may(db, person)
    grant_by_hand(db, person, NOW + 4 * DAY)
    load(db, tmp_path, NO, NOW + 5 * DAY, name="new.csv", source="other.csv")
    assert may(db, person)
    load(db, tmp_path, YES, NOW + 6 * DAY)
    load(db, tmp_path, NO, NOW + 7 * DAY)
    assert not may(db, person)


def test_a_date_of_its_own_decides(db: Database, tmp_path: Path) -> None:
    say_no(db, someone(db, member_no="M1"), NOW, NOW + HOUR)
    person = someone(db, member_no="M1")
    dated = "member_no,consent.marketing,consent_at\nM1,yes,{}\n"
    for day, allowed in (("2026-07-31", False), ("2026-08-01", False), ("2026-08-01 12:03", False),
                         ("2026-08-02", True)):  # fmt: skip
        load(db, tmp_path, dated.format(day), NOW + 3 * DAY)
        assert may(db, person) is allowed, day
    # a no of that very day may have been said at its end
    load(db, tmp_path, dated.replace("yes", "no").format("2026-08-02"), NOW + 4 * DAY, name="noes.csv")
    assert not may(db, person)


def test_each_answer_may_have_a_date_of_its_own(db: Database, tmp_path: Path) -> None:
    say_no(db, someone(db, member_no="M1"), NOW, NOW)
    header = "member_no,consent.marketing.sms,consent_at.marketing.sms,consent.marketing.email,consent_at.marketing\n"
    load(db, tmp_path, header + "M1,yes,2026-08-05,yes,2026-07-01\n", NOW + 9 * DAY)
    person = someone(db, member_no="M1")
    assert may(db, person, "sms")
    assert not may(db, person, "email")


def test_a_no_to_everything_outweighs_earlier_yeses_to_one_channel(db: Database) -> None:
    person = someone(db, member_no="M1")
    grant_by_hand(db, person, NOW, "sms")
    say_no(db, person, NOW + 1, NOW + HOUR)
    assert not may(db, person)
    grant_by_hand(db, person, NOW + 2 * HOUR, "sms")
    assert may(db, person)
    assert not may(db, person, "email")


def test_where_two_clocks_disagree_the_no_stands(db: Database) -> None:
    person = someone(db, member_no="M1")
    grant_by_hand(db, person, NOW)
    say_no(db, person, NOW - 3000, NOW + HOUR)  # three seconds before, by another clock, and heard of later
    assert not may(db, person)
    grant_by_hand(db, person, NOW + HOUR + 1)  # by then the no was known
    assert may(db, person)
    say_no(db, person, NOW + HOUR - CLOCKS_DIFFER_MS, NOW + 2 * HOUR)
    assert may(db, person)


def test_a_no_in_a_row_whose_identities_clash_counts_for_each(db: Database, tmp_path: Path) -> None:
    one, other = together(db, {"member_no": "M1", "phone": "+8613800138000"}, {"member_no": "M2"})
    assert isinstance(one, int)
    assert isinstance(other, int)
    for person in (one, other):
        grant_by_hand(db, person, NOW)
    report = load(db, tmp_path, "member_no,phone,consent.marketing\nM2,13800138000,no\n", NOW + DAY)
    assert report.rejected == 1
    assert not may(db, one)
    assert not may(db, other)


def test_what_was_said_of_one_is_news_of_both_once(db: Database, tmp_path: Path) -> None:
    load(db, tmp_path, "email,consent.marketing\na@x.cn,no\n", NOW)
    absorbed, survivor = someone(db, email="a@x.cn"), someone(db, phone="+8613800138000")
    assert absorbed < survivor
    load(db, tmp_path, "phone,consent.marketing\n13800138000,no\n", NOW, name="phones.csv")
    (person,) = together(db, {"email": "a@x.cn", "phone": "+8613800138000"})
    assert isinstance(person, int)
    for day, heard in ((1, True), (3, False)):  # whose no it is, nobody knows; then it is the one person's
        grant_by_hand(db, person, NOW + day * DAY)
        load(db, tmp_path, "email,consent.marketing\na@x.cn,no\n", NOW + (day + 1) * DAY)
        load(db, tmp_path, "phone,consent.marketing\n13800138000,no\n", NOW + (day + 1) * DAY, name="phones.csv")
        assert may(db, person) is not heard
    with db.read() as conn:
        assert set(conn.scalars(select(undated_denial.c.contact_id))) == {person}
        assert set(conn.scalars(select(consent.c.contact_id))) == {person}


# ------------------------------------------------------------ the property


@dataclass
class Said:
    """An answer as the model knows it."""

    key: tuple[str, str]
    state: str
    given: int | None
    heard: int
    source: str

    def after(self, no: Said) -> bool:
        if self.given is None:
            return False
        if no.given is not None and no.source == self.source:
            return self.given > no.given
        return self.given > (no.heard if no.given is None else min(no.given + CLOCKS_DIFFER_MS, no.heard))


@dataclass
class Person:
    world: World
    number: str
    id: int
    said: list[Said] = field(default_factory=list)

    def take(self, door: str, purpose: str, channel: str, state: str, lag: int) -> None:
        """Say it at one of the doors, `lag` ms after it was given; a negative lag: the sender's clock is ahead."""
        w, now = self.world, to_ms(self.world.clock.now())
        given: int | None = min(now - lag, now)
        if door == "event":
            state, source = "denied", "contact.unsubscribed"
            properties = {"purpose": purpose} | ({} if channel == "*" else {"channel": channel})
            moment = from_ms(now - lag).isoformat()
            w.events([_event(self.number, moment, properties)])
        elif door == "provider":
            state, source, given, channel = "denied", "provider:opted_out:21610", now, "sms"
            with w.database.write() as conn:
                apply(conn, [Refusal("opted_out", self.id, "sms", "+8613800138000", "21610", purpose)], now)
        elif door == "hand":
            source, given = "cli", now
            with w.database.write() as conn:
                record_consent(conn, [ConsentChange(self.id, purpose, channel, state, "cli", now)])
        else:
            source, given = self._identify(door, purpose, channel, state, given, now)
        self._remember(Said((purpose, channel), state, given, now, source))

    def _identify(
        self, door: str, purpose: str, channel: str, state: str, given: int | None, now: int
    ) -> tuple[str, int | None]:
        dated = door.endswith("_dated")
        name = "consent." + purpose + ("" if channel == "*" else f".{channel}")
        values: dict[str, Any] = {"member_no": self.number, name: {"granted": "是", "denied": "否"}[state]}
        if dated and given is not None:
            values["consent_at"] = from_ms(given).isoformat()
        with self.world.database.write() as conn:
            identify(conn, self.world.engine.project.catalogue, [values], now, ZONE, door[:3])
        return door[:3], given if dated else None

    def _remember(self, new: Said) -> None:
        """The same no without a date from the same source as last time is no new answer."""
        last = [one for one in self.said if (one.key, one.source, one.given) == (new.key, new.source, None)]
        if new.given is not None or new.state == "granted" or not last or last[-1].state == "granted":
            self.said.append(new)

    def key(self, key: tuple[str, str]) -> Said | bool | None:
        """None: nothing was said. False: no. Else the yes that stands, which is after every no."""
        answers = [one for one in self.said if one.key == key]
        noes = [one for one in answers if one.state == "denied"]
        yeses = [one for one in answers if one.state == "granted" and all(one.after(no) for no in noes)]
        return max(yeses, key=lambda one: one.given or 0) if yeses else (False if answers else None)

    def allowed(self, purpose: str, channel: str) -> bool:
        narrow, whole = self.key((purpose, channel)), self.key((purpose, "*"))
        if not isinstance(narrow, Said):
            return narrow is None and isinstance(whole, Said)
        noes = [one for one in self.said if one.key == (purpose, "*") and one.state == "denied"]
        return whole is not False or all(narrow.after(no) for no in noes)


def _event(number: str, moment: str, properties: dict[str, Any]) -> str:
    return json.dumps(
        {"name": "contact.unsubscribed", "contact": number, "occurred_at": moment, "properties": properties}
    )


RULES = """
rules:
  - id: service
    name: 服务
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: service}
    steps: [{do: sms.send, with: {template: hello}}]
"""
DOORS = ("event", "event", "provider", "hand", "crm", "crm_dated", "erp", "erp_dated")
# Further apart than clocks may differ, or at the very same time, so that the model knows one order.
saying = st.tuples(
    st.sampled_from(DOORS), st.sampled_from(["marketing", "service"]), st.sampled_from(["*", "*", "sms", "email"]),
    st.sampled_from(["granted", "denied"]), st.sampled_from([0, 0, 25 * 60_000, 7 * HOUR, 30 * HOUR, -20 * 60_000]),
)  # fmt: skip


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> World:
    return World(tmp_path, db, RULES)


@settings(max_examples=25, deadline=None, phases=[Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(story=st.lists(st.tuples(saying, st.sampled_from([10, 60, 600])), min_size=2, max_size=9))
def test_in_any_order_by_any_door_only_a_yes_after_every_no_allows(shop: World, story: list[Any]) -> None:
    number = token("0123456789", 20)
    with shop.database.write() as conn:
        identify(conn, shop.engine.project.catalogue, [{"member_no": number}], 0, ZONE, "test")
        person = Person(shop, number, find(conn, "member_no", [number])[number])
    for (door, purpose, channel, state, lag), pause in story:
        shop.clock.advance(timedelta(minutes=pause))
        person.take(door, purpose, channel, state, lag)
        for asked in ("marketing", "service"):
            for on in ("sms", "email", "wechat"):
                assert may(shop.database, person.id, on, asked) is person.allowed(asked, on), (asked, on, person.said)
