"""Hard bounces and opt-outs: one person, one channel, one row of each table; then the next channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.profile import update_attributes
from automation.contacts.resolve import resolve
from tests.engine.test_delivery import RULE, settings
from tests.engine.world import World
from tests.fakes.twilio import REFUSED, TOKEN, FakeTwilio
from tests.fakes.wechat import APP_ID, SECRET, TEMPLATE, FakeWechat

Make = Callable[..., World]
OPTED_OUT, BAD_NUMBER = "+15005550004", "+15005550009"


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    monkeypatch.setenv("TWILIO_TOKEN", TOKEN)
    with FakeTwilio() as server:
        yield server


def rows(w: World) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in every table that says something against a person."""
    return {
        "denied": [(c.contact_id, c.channel) for c in w.table("consent") if c.state == "denied"],
        "suppressed": [(s.address, s.channel, s.until) for s in w.table("suppression")],
        "problems": [(p.contact_id, p.channel, p.code, p.value) for p in w.table("contact_problem")],
    }


def crowd(w: World, count: int) -> list[int]:
    """People who agreed, made in one transaction."""
    now = to_ms(w.clock.now())
    given = [{"member_no": f"M{i}", "phone": f"+86138{i:08d}"} for i in range(count)]
    with w.database.write() as conn:
        ids = resolve(conn, w.engine.project.catalogue, given, now, create=True, actor="test")
        found = [id_ for id_ in ids if isinstance(id_, int)]
        update_attributes(conn, {id_: {"name": "安娜"} for id_ in found}, now, "test")
        record_consent(conn, [ConsentChange(id_, "marketing", "*", "granted", "test", now) for id_ in found])
    return found


def test_an_opt_out_denies_consent_and_suppresses_the_number_on_that_channel_alone(
    world: Make, twilio: FakeTwilio
) -> None:
    w = world(RULE, settings=settings(twilio))
    anna = w.person("M1", phone=OPTED_OUT, email="a@example.com", name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert rows(w) == {"denied": [(anna, "sms")], "suppressed": [(OPTED_OUT, "sms", None)], "problems": []}
    # the next channel was taken, and the next time it is taken at once
    assert [(m.channel, m.status) for m in w.messages()] == [("sms", "failed"), ("email", "accepted")]
    w.event("order.paid", "M1", amount=2)
    w.run()
    assert [(m.channel, m.status) for m in w.messages()[2:]] == [("email", "accepted")]
    assert len(twilio.requests) == 1
    # who did it can be seen
    audit = [(row.actor, row.action) for row in w.table("audit") if row.actor == "provider"]
    assert audit == [("provider", "consent.denied"), ("provider", "suppression.added")]
    (consent,) = [c for c in w.table("consent") if c.state == "denied"]
    assert consent.source == "provider:opted_out:21610"


def test_one_bad_number_among_500_changes_exactly_one_row_of_each_table(world: Make, twilio: FakeTwilio) -> None:
    # given 500 people in one batch, one of whom has no mobile number
    w = world(RULE, settings=settings(twilio).replace("timeout = 0.4", "timeout = 5"))
    people = crowd(w, 499)
    bad = w.person("M-bad", phone=BAD_NUMBER, email="b@example.com", name="安娜")
    before = {name: len(w.table(name)) for name in ("consent", "suppression", "contact_problem", "contact", "identity")}
    # when all are sent to
    w.events([w.line("order.paid", f"M{i}", amount=1) for i in range(499)] + [w.line("order.paid", "M-bad", amount=1)])
    w.run()
    # then one message has failed and one problem is known; everybody else is as before
    after = {name: len(w.table(name)) for name in before}
    assert after == {**before, "contact_problem": before["contact_problem"] + 1}
    assert rows(w)["problems"] == [(bad, "sms", "21614", BAD_NUMBER)]
    messages = w.messages()
    assert [(m.contact_id, m.channel) for m in messages if m.status != "accepted"] == [(bad, "sms")]
    assert {m.contact_id for m in messages if m.status == "accepted"} == {*people, bad}
    assert len(twilio.messages) == 499


def test_a_number_that_is_merely_out_of_reach_says_nothing_of_the_person(world: Make, twilio: FakeTwilio) -> None:
    w = world(RULE, settings=settings(twilio))
    number = next(number for number, (_, code, _) in REFUSED.items() if code == 21612)
    w.person("M1", phone=number, name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    assert rows(w) == {"denied": [], "suppressed": [], "problems": []}


def test_a_changed_number_is_sent_to_again(world: Make, twilio: FakeTwilio) -> None:
    from automation.store.lists import run as execute

    w = world(RULE, settings=settings(twilio))
    w.person("M1", phone=BAD_NUMBER, name="安娜")
    w.event("order.paid", "M1", amount=1)
    w.run()
    with w.database.write() as conn:
        execute(conn, "UPDATE identity SET value = ? WHERE kind = ?", "+8613800138001", "phone")
    w.event("order.paid", "M1", amount=2)
    w.run()
    assert [(m.address, m.status) for m in w.messages()] == [(BAD_NUMBER, "failed"), ("+8613800138001", "accepted")]


WECHAT = """
rules:
  - id: promo
    name: 促销
    trigger: {type: event, with: {name: order.paid}}
    steps: [{do: message.send, with: {channels: [wechat, sms], template: hello}}]
"""


@pytest.mark.parametrize(
    ("openid", "expected"),
    [
        ("o-refused", {"denied": [(1, "wechat")], "suppressed": [("o-refused", "wechat", None)], "problems": []}),
        ("o-unfollowed", {"denied": [], "suppressed": [("o-unfollowed", "wechat", 30)], "problems": []}),
        ("n-unknown", {"denied": [], "suppressed": [], "problems": [(1, "wechat", "40003", "n-unknown")]}),
    ],
)
def test_what_wechat_says_of_a_person(
    world: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, openid: str, expected: dict[str, Any]
) -> None:
    monkeypatch.setenv("WECHAT_SECRET", SECRET)
    with FakeWechat() as server:
        w = world(
            WECHAT,
            templates={
                "hello.wechat.yaml": f"template_id: {TEMPLATE}\ndata: {{name: '{{{{ contact.name }}}}'}}\n",
                "hello.sms.j2": "【店】您好，拒收请回复R",
            },
            settings=f"""
[providers.wechat]
type = "wechat"
app_id = "{APP_ID}"
secret = {{env = "WECHAT_SECRET"}}
base_url = "{server.url}"
""",
        )
        begun = int(w.clock.now().timestamp() * 1000)
        w.person("M1", wechat_openid=openid, phone="13800138001", name="安娜")
        w.event("order.paid", "M1", amount=1)
        w.run()
    found = rows(w)
    days = [(a, c, until and (until - begun) // 86_400_000) for a, c, until in found["suppressed"]]
    assert {**found, "suppressed": days} == expected
    assert [(m.channel, m.status) for m in w.messages()] == [("wechat", "failed"), ("sms", "accepted")]
