"""Nothing personal is shown without --reveal: by no reading command, in no format; and revealing leaves a trace."""

from __future__ import annotations

import json
import logging
import sys
from itertools import product
from typing import Any

import pytest

from automation.contacts.masking import REVEALED, Masker, masking
from automation.daemon.logs import JsonFormatter, MaskingFormatter
from automation.settings import author
from tests.cli.conftest import Cli
from tests.engine.world import World
from tests.privacy.town import VALUES, places_of

SHOWN = (*VALUES, "member-9999", "13900139007", "韩梅梅")
"""What must not be printed, of anybody."""


def commands(town: World, person: int) -> list[tuple[str, ...]]:
    """Every command that reads, but for those whose purpose is to hand the data out."""
    me = f"#{person}"
    lists = [("log",), ("messages", "list"), ("quarantine", "list"), ("contacts", "problems"), ("coupons", "list"),
             ("pauses",), ("missed",), ("approve",), ("suppressions", "list")]  # fmt: skip
    found = [(*one, "--format", form) for one, form in product(lists, ("table", "json", "csv"))]
    shown = [("contacts", "show", me), *(("messages", "show", str(m.id)) for m in town.messages())]
    shown += [("why", rule, me) for rule in ("thanks", "later", "rescue")]
    found += [(*one, "--format", form) for one, form in product(shown, ("text", "json"))]
    found += [("render", "hello", "-c", me), ("status",), ("status", "--format", "json"), ("report",)]
    return [*found, ("report", "--format", "json"), ("report", "--format", "csv"), ("log", "--contact", me)]


def test_no_reading_command_shows_personal_data(shop: tuple[World, int, Cli]) -> None:
    town, person, cli = shop
    assert len(places_of(town, VALUES)) > 30
    audited = len(town.table("audit"))
    for command in commands(town, person):
        said = cli(*command)
        assert said.code == 0, (command, said.err)
        assert [value for value in SHOWN if value in said.out + said.err] == [], (command, said.out)
    assert len(town.table("audit")) == audited


def test_revealing_shows_everything_and_says_so_in_the_audit(shop: tuple[World, int, Cli]) -> None:
    town, person, cli = shop
    sent = next(m.id for m in town.messages() if m.contact_id == person and m.status == "accepted")
    cases = {
        ("contacts", "show", f"#{person}"): ("李雷雷", f"contact:{person}"),
        ("messages", "show", str(sent)): ("+8613812345678", f"contact:{person}"),
        ("messages", "list"): ("+8613812345678", f"contact:{person}"),
        ("contacts", "problems"): ("lilei@example.com", f"contact:{person}"),
        ("log", "--contact", f"#{person}"): ("李雷雷", f"contact:{person}"),
        ("quarantine", "list"): ("李雷雷", "quarantine"),
        ("render", "hello", "-c", f"#{person}"): ("李雷雷", f"contact:{person}"),
        ("why", "thanks", f"#{person}"): ("thanks", f"contact:{person}"),
    }
    for command, (value, subject) in cases.items():
        before = len(town.table("audit"))
        said = cli(*command, "--reveal")
        assert value in said.out, (command, said.out, said.err)
        rows = town.table("audit")[before:]
        assert subject in [row.subject for row in rows], command
        words = [word for word in command if not word.startswith("-")]
        assert {(row.action, row.actor) for row in rows} == {("contact.revealed", author())}
        assert all(words[0] in row.detail["command"] for row in rows)
    assert [row for row in town.table("audit") if row.action == "contact.revealed" and "李" in str(row.detail)] == []


def test_a_condition_on_a_personal_field_is_told_masked(world: Any) -> None:
    from automation.insight.why import why

    town = world("""
        timezone: Asia/Shanghai
        rules:
          - id: born
            trigger: {type: schedule, with: {cron: "0 9 * * *"}}
            audience: [{contact.birthday: {before: "2000-01-01"}}, {contact.name: {starts_with: 张}}]
            steps: [{do: contact.tag, with: {add: [a]}}]
        """)
    person = town.person("M1", name="李雷雷", birthday="1990-08-04")
    project, now = town.project(), town.clock.now()
    told = json.dumps(why(town.database, project, "born", person, now).as_dict(), ensure_ascii=False)
    assert "李**" in told
    assert "李雷雷" not in told
    assert "1990" not in told
    with masking(REVEALED):
        told = json.dumps(why(town.database, project, "born", person, now).as_dict(), ensure_ascii=False)
    assert "李雷雷" in told


@pytest.mark.parametrize("form", [MaskingFormatter("%(message)s"), JsonFormatter()])
def test_the_log_of_the_daemon_masks_what_exceptions_say(form: logging.Formatter) -> None:
    named = " ".join(("member-4711", "李雷雷"))  # not in the line that raises, which a traceback quotes
    try:
        raise KeyError(named)
    except KeyError:
        record = logging.LogRecord("automation", 40, "x.py", 1, "work: %s", ("lilei@example.com +8613812345678",),
                                   sys.exc_info())  # fmt: skip
    told = form.format(record)
    assert "KeyError" in told
    assert "l***@example.com 138****5678" in told
    assert [value for value in VALUES if value in told] == []


def test_the_masker_takes_whole_values_only() -> None:
    masker = Masker({"M001", "li@example.com"})
    assert masker.text("M001, M0011 and XM001") == "M***, M0011 and XM001"
    assert masker.text("li@example.com, not x.li@example.com.cn") == "l***@example.com, not x***@example.com.cn"
    assert masker.text("order 2026080112345678 of 13812345678") == "order 2026080112345678 of 138****5678"
    assert masker.value({"identity": "phone:+8613812345678", "n": [13812345678, 7]}) == {
        "identity": "phone:138****5678", "n": [13812345678, 7],
    }  # fmt: skip
