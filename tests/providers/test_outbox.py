"""The outbox: what would have been sent, as files that people can read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.providers.base import Content, Outgoing, Sent
from automation.providers.outbox import Outbox, OutboxParams, _file_name
from automation.testing.providers import check_provider, send
from tests.providers.conftest import email, sms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from automation.clock import ManualClock
    from automation.providers.context import ProviderContext

    Make = Callable[..., Outbox]

TODAY = "2026-08-01"


@pytest.fixture
def make(context: Callable[[str], ProviderContext]) -> Make:
    return lambda channel, **changes: Outbox(OutboxParams(**changes), context(channel))


@pytest.mark.parametrize("form", ["files", "jsonl"])
@pytest.mark.parametrize(("channel", "sample"), [("sms", sms), ("email", email)])
def test_it_keeps_the_contract_of_providers(make: Make, channel: str, sample: Any, form: str) -> None:
    check_provider(Outbox, lambda: make(channel, format=form), sample)


def test_an_sms_is_a_text_file(make: Make, tmp_path: Path) -> None:
    [outcome] = make("sms").send([sms(7)])
    path = tmp_path / "outbox" / "sms" / TODAY / "m-7.txt"
    assert outcome.provider_id == f"sms/{TODAY}/m-7.txt"
    assert path.read_text(encoding="utf-8").splitlines() == [
        "Channel: sms",
        "To: +8613800000007",
        "Reference: m-7",
        "Time: 2026-08-01T12:00:00+08:00",
        "Attempt: 1",
        "",
        "【商城】第 7 张券",
    ]


def test_an_email_opens_in_a_mail_program(make: Make, tmp_path: Path) -> None:
    make("email", sender="会员中心 <club@example.com>").send([email(7)])
    raw = (tmp_path / "outbox" / "email" / TODAY / "m-7.eml").read_bytes()
    mail = message_from_bytes(raw, policy=default)
    assert (mail["To"], mail["Subject"]) == ("p7@example.com", "生日快乐")
    assert (mail["X-Automation-Reference"], mail["X-Automation-Channel"]) == ("m-7", "email")
    assert mail["From"] == "会员中心 <club@example.com>"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]  # type: ignore[attr-defined]
    assert "<p>送您一张券</p>" in raw.decode()  # readable without a mail program, too


@pytest.mark.parametrize("channel", ["wechat", "wechat_subscribe", "wecom", "wecom_tag", "webhook"])
def test_other_channels_are_readable_json(make: Make, tmp_path: Path, channel: str) -> None:
    content = Content(data={"模板": {"first": "您好"}})
    make(channel).send([Outgoing("m-7", channel, "oABC", content, {"add": ["白皮书线索"]}, attempt=2)])
    text = (tmp_path / "outbox" / channel / TODAY / "m-7.json").read_text(encoding="utf-8")
    assert "白皮书线索" in text
    assert json.loads(text) == {
        "channel": channel,
        "to": "oABC",
        "reference": "m-7",
        "time": "2026-08-01T12:00:00+08:00",
        "attempt": 2,
        "content": {"data": {"模板": {"first": "您好"}}},
        "payload": {"add": ["白皮书线索"]},
    }


def test_the_same_reference_shows_once_and_nothing_half_written_stays(make: Make, tmp_path: Path) -> None:
    provider = make("sms")
    provider.send([sms(7)])
    provider.send([replace(sms(7), attempt=2)])
    [path] = (tmp_path / "outbox" / "sms" / TODAY).iterdir()
    assert "Attempt: 2" in path.read_text(encoding="utf-8")


def test_a_day_is_the_projects_local_day(make: Make, tmp_path: Path, clock: ManualClock) -> None:
    clock.advance(timedelta(hours=12, minutes=30))  # 2026-08-01 16:30 UTC is 00:30 on the 2nd in Shanghai
    make("sms").send([sms(7)])
    assert [path.name for path in (tmp_path / "outbox" / "sms").iterdir()] == ["2026-08-02"]


@pytest.mark.parametrize("reference", ["../../../etc/passwd", "a/b", "..", ".hidden", "", "x" * 500, "中文"])
def test_a_reference_never_leaves_the_folder(make: Make, tmp_path: Path, reference: str) -> None:
    assert make("sms").send([replace(sms(1), reference=reference)])[0].kind == "accepted"
    files = list(tmp_path.rglob("*.txt"))
    assert [path.parent for path in files] == [tmp_path / "outbox" / "sms" / TODAY]


@settings(deadline=None)
@given(st.sets(st.text(max_size=20), max_size=8))
def test_two_references_never_share_a_file(references: set[str]) -> None:
    names = {_file_name(reference) for reference in references}
    assert len(names) == len(references)
    assert not [name for name in names if "/" in name or name.startswith(".") or not name]


def test_line_breaks_can_not_forge_headers(make: Make, tmp_path: Path) -> None:
    evil = "x\r\nBcc: all@example.com"
    make("sms").send([sms(1, to=f"+86138{evil}")])
    lines = next(tmp_path.rglob("*.txt")).read_text(encoding="utf-8").splitlines()
    assert lines[1] == "To: +86138x Bcc: all@example.com"
    outcomes = send(make("email"), [email(1, to=f"a@example.com{evil}"), email(2, subject=evil), email(3)])
    assert [(one.kind, one.code) for one in outcomes[:2]] == [("permanent", "bad_address"), ("permanent", "bad_header")]
    assert [path.name for path in tmp_path.rglob("*.eml")] == ["m-3.eml"]


def test_jsonl_appends_whole_lines_to_one_file_a_day(make: Make, tmp_path: Path) -> None:
    provider = make("sms", format="jsonl")
    outcomes = [*provider.send([sms(1), sms(2)]), *provider.send([sms(3)])]
    path = tmp_path / "outbox" / "sms" / f"{TODAY}.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["reference"] for line in lines] == ["m-1", "m-2", "m-3"]
    assert lines[0]["content"] == {"text": "【商城】第 1 张券"}
    assert [outcome.kind for outcome in outcomes] == ["accepted"] * 3


def test_jsonl_closes_off_a_line_that_a_crash_cut_short(make: Make, tmp_path: Path) -> None:
    provider = make("sms", format="jsonl")
    provider.send([sms(1)])
    path = tmp_path / "outbox" / "sms" / f"{TODAY}.jsonl"
    path.write_bytes(path.read_bytes() + b'{"channel": "sm')
    provider.send([sms(2)])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[2])["reference"] == "m-2"


@pytest.mark.parametrize("form", ["files", "jsonl"])
def test_a_folder_that_can_not_be_written_is_transient(make: Make, tmp_path: Path, form: str) -> None:
    (tmp_path / "outbox").write_text("in the way")
    outcomes = send(make("sms", format=form), [sms(1), sms(2)])
    assert [(outcome.kind, outcome.code) for outcome in outcomes] == [("transient", "disk")] * 2


@pytest.mark.parametrize("form", ["files", "jsonl"])
def test_what_was_written_is_found_again_and_nothing_else(make: Make, form: str, clock: ManualClock) -> None:
    # given a message written just after midnight that was marked just before it, and one that never was written
    marked_at = clock.now()
    clock.advance(timedelta(hours=13))
    outbox = make("sms", format=form)
    outbox.send([sms(7)])
    # when
    asked = [Sent(f"m-{i}", "sms", sms(i).address, None, marked_at) for i in (7, 8)]
    found, absent = outbox.look_up(asked)
    # then
    assert found is not None
    assert (found.kind, absent) == ("accepted", None)
    assert str(found.provider_id).endswith({"files": "m-7.txt", "jsonl": "#m-7"}[form])
