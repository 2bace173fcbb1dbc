"""A rule whose messages fail too often pauses by itself, counted by all processes together."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from automation.clock import to_ms
from automation.engine.delivery.failure_watch import FailureWatch
from automation.engine.delivery.settle import Settlement
from automation.engine.switches import paused_now, resume, target_of
from automation.providers.base import Outcome
from automation.store import schema
from tests.engine.world import World

PICKY = '''
"""Refuses the numbers that its settings name: for ever, for now, or not knowing."""

from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider


class Picky(Provider):
    type = "picky"
    title = Text("挑剔", "picky")
    channels = frozenset({"sms", "email"})
    max_batch = 20

    class Params(Params):
        refuses: str = param("0", zh="尾号", en="last digits")
        kind: str = param("permanent", zh="结果", en="outcome")

    def send(self, messages):
        refused = getattr(Outcome, self.params.kind)
        return [
            refused("no", "it is picky") if message.address[-1] in self.params.refuses else Outcome.accepted()
            for message in messages
        ]
'''
RULE = """
rules:
  - id: promo
    name: 促销
    {extra}
    trigger: {{type: event, with: {{name: order.paid}}}}
    mode: {{on_again: parallel, per: contact}}
    guards: {{consent: transactional}}
    steps:
      - do: message.send
        with: {{channels: [{channels}], template: hi}}
"""

TEMPLATES = {
    "hi.sms.j2": "【店】您好，拒收请回复R",
    "hi.email.html.j2": "{% block subject %}您好{% endblock %}{% block html %}<p>您好</p>{% endblock %}",
}


def rule(extra: str = "owner: 运营", channels: str = "sms") -> str:
    return RULE.format(extra=extra, channels=channels)


def picky(refuses: str, kind: str = "permanent", more: str = "") -> str:
    provider = f'type = "picky"\nrefuses = "{refuses}"\nkind = "{kind}"\n'
    breaker = "[delivery.breaker]\nfailures = 10000"  # so that it opens for nothing here
    return f"[delivery]\nbatch_size = 20\nmax_attempts = 1\n{more}\n{breaker}\n[providers.sms]\n{provider}"


@pytest.fixture
def make(world: Callable[..., World], tmp_path: Any) -> Callable[..., World]:
    def build(rules: str, settings: str) -> World:
        plugin = tmp_path / "project" / "plugins" / "picky.py"
        plugin.parent.mkdir(parents=True)
        plugin.write_text(PICKY, encoding="utf-8")
        return world(rules, settings=settings, templates=TEMPLATES)

    return build


def buy(w: World, first: int, count: int) -> None:
    lines = []
    for i in range(first, first + count):
        contact = {"member_no": f"M{i}", "phone": f"1380013{i:04}", "email": f"m{i}@example.com"}
        lines.append(json.dumps({"name": "order.paid", "message_id": f"e{i}", "contact": contact,
                                 "occurred_at": w.clock.now().isoformat(), "properties": {"amount": 1}}))  # fmt: skip
    w.events(lines)
    w.run()


def statuses(w: World) -> dict[str, int]:
    found: dict[str, int] = {}
    for message in w.messages():
        found[message.status] = found.get(message.status, 0) + 1
    return found


def test_above_the_limit_and_after_a_hundred_attempts_the_rule_pauses(make: Callable[..., World]) -> None:
    # given a provider that refuses 3 of 10
    w = make(rule(), picky("012"))
    # when
    buy(w, 0, 99)
    assert w.log("paused.failures") == []
    buy(w, 99, 41)
    # then it stops after the batch in which the hundredth fell, and the others wait
    (paused,) = w.log("paused.failures")
    found = statuses(w)  # which people come first among those of one moment is not promised
    assert paused.detail == {"what": "rule:promo", "attempts": 119, "failures": found["failed"], "limit": "20%"}
    assert (found["accepted"] + found["failed"], found["queued"]) == (119, 21)
    assert found["failed"] == len([m for m in w.messages() if m.outcome_code and m.status == "failed"]) > 119 * 0.2
    assert w.engine.run_due() == 0
    with w.database.read() as conn:
        (row,) = paused_now(conn)
    assert (row["what"], row["actor"]) == ("rule:promo", "engine")
    assert row["reason"] == f"{found['failed']} of 119 messages failed, more than 20%"


def test_resuming_begins_to_count_anew(make: Callable[..., World]) -> None:
    w = make(rule(), picky("01234"))
    buy(w, 0, 130)
    assert len(w.log("paused.failures")) == 1
    with w.database.write() as conn:
        assert resume(conn, target_of(conn, "promo"), "试试", "王", to_ms(w.clock.now()))
    assert w.table("failure_rate") == []
    w.go(minutes=2)
    assert "queued" not in statuses(w)
    buy(w, 130, 60)
    assert len(w.log("paused.failures")) == 1
    buy(w, 190, 30)
    assert len(w.log("paused.failures")) == 2


@pytest.mark.parametrize(
    ("extra", "more", "paused"),
    [
        ("failure_limit: 40%", "", False),
        ("failure_limit: 10%", 'failure_limit = "none"', True),
        ("owner: 运营", 'failure_limit = "none"', False),
        ("owner: 运营", 'failure_limit = "29.9%"', True),
        ("owner: 运营", 'failure_limit = "30%"', False),  # as many as the limit are not above it
    ],
)
def test_the_rule_says_how_much_may_fail_or_else_the_setting(
    make: Callable[..., World], extra: str, more: str, paused: bool
) -> None:
    w = make(rule(extra), picky("012", more=more))
    buy(w, 0, 100)
    assert bool(w.log("paused.failures")) is paused


def test_what_counts(make: Callable[..., World]) -> None:
    # a failure is a person whom nobody reached: not who was reached on the next channel, nor whom our guards held back
    w = make(rule(channels="sms, email"), picky("0123456789"))
    buy(w, 0, 30)
    assert [(row.attempts, row.failures) for row in w.table("failure_rate")] == [(30, 0)]
    w = make_again(w, rule(), picky("0123456789", kind="unknown"))
    buy(w, 100, 10)
    assert [(row.attempts, row.failures) for row in w.table("failure_rate")] == [(40, 0)]
    w = make_again(w, rule(), picky("0", kind="transient"))
    buy(w, 200, 10)  # the last attempt of one has failed
    assert [(row.attempts, row.failures) for row in w.table("failure_rate")] == [(50, 1)]
    w = make_again(w, rule().replace("transactional", "marketing"), picky("0123456789"))
    buy(w, 300, 10)  # nobody has consented
    assert [(row.attempts, row.failures) for row in w.table("failure_rate")] == [(50, 1)]


def make_again(w: World, rules: str, settings: str) -> World:
    w.engine.close()
    return World(w.folder, w.database, rules, settings=settings, templates=TEMPLATES)


def test_years_of_success_do_not_hide_todays_failures(make: Callable[..., World]) -> None:
    w = make(rule(), picky("0123456789"))
    buy(w, 0, 10)
    with w.database.write() as conn:
        conn.exec_driver_sql("UPDATE failure_rate SET attempts = 1000000, failures = 0")
    buy(w, 10, 10)
    ((attempts, failures),) = [(row.attempts, row.failures) for row in w.table("failure_rate")]
    assert (attempts, failures) == (500_010, 10)
    for first in range(20, 300, 70):
        buy(w, first, 70)
    assert len(w.log("paused.failures")) == 1


def test_processes_count_together(make: Callable[..., World]) -> None:
    """Each settles its own messages; the sum passes the limit in exactly one of them."""
    w = make(rule(), picky(""))
    buy(w, 0, 40)
    ids = [message.id for message in w.messages()]
    watches = [FailureWatch(w.engine.book) for _ in range(4)]

    def settle(watch: FailureWatch) -> None:
        for _ in range(5):
            with w.database.write() as conn:
                rows = conn.execute(select(schema.message).where(schema.message.c.id.in_(ids[:10]))).all()
                watch.count(conn, [Settlement(row, Outcome.permanent("no")) for row in rows], to_ms(w.clock.now()))

    threads = [threading.Thread(target=settle, args=(watch,)) for watch in watches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [(row.attempts, row.failures) for row in w.table("failure_rate")] == [(240, 200)]
    assert len(w.log("paused.failures")) == 1
