"""`pause`, `resume`, `pauses`, `approve` and `missed`, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from automation.store.database import Database
from tests.cli.conftest import Cli

HOURLY = """
timezone: Asia/Shanghai
rules:
  - id: hourly
    name: 每小时
    max_audience: 1
    trigger: {type: schedule, with: {cron: "0 * * * *"}}
    steps: [{do: contact.tag, with: {add: [整点]}}]
  - id: sms
    name: 短信
    catch_up: skip
    trigger: {type: schedule, with: {cron: "30 * * * *"}}
    steps: [{do: contact.tag, with: {add: [半点]}}]
"""
HOUR = 3_600_000


def asleep(database: Database, hours: int) -> None:
    """As if no daemon had run for so long."""
    with database.write() as conn:
        conn.exec_driver_sql(f"UPDATE trigger_state SET evaluated_to = evaluated_to - {hours * HOUR}")
        conn.exec_driver_sql(f"UPDATE rule SET activated_at = activated_at - {hours * HOUR}")


@pytest.fixture
def hourly(folder: Path, both: Cli, db: Database) -> Cli:
    """After five hours without a daemon, everything due is done."""
    (folder / "rules.yaml").write_text(HOURLY, encoding="utf-8")
    assert both("run", "--once").code == 0
    asleep(db, 5)
    assert both("run", "--once").code == 0
    return both


def test_pause_and_resume(busy: Cli) -> None:
    said = busy("pause", "order_thanks", "--reason", "模板有错", "--by", "王")
    assert (said.code, said.out) == (
        0, "rule:order_thanks is paused. To go on: automation resume rule:order_thanks\n",
    )  # fmt: skip
    assert busy("pause", "sms").out.startswith("channel:sms is paused.")
    assert busy("pause", "all", lang="zh").out == "已暂停 all。恢复请用：automation resume all\n"
    assert busy("pause", "all").out == "all is paused already\n"
    rows = busy("pauses", "--format", "json").json
    assert [(row["what"], row["actor"], row["reason"]) for row in rows] == [
        ("rule:order_thanks", "王", "模板有错"), ("channel:sms", "cli", ""),
        ("all", "cli", ""),
    ]  # fmt: skip
    assert busy("pauses").out.count("(no reason given)") == 2
    assert busy("pauses", lang="zh").out.count("（未说明原因）") == 2
    assert rows[0]["at"].endswith("+08:00")
    assert busy("resume", "all", "--reason", "好了").out == "all goes on\n"
    assert busy("resume", "all").out == "all is not paused\n"
    assert busy("resume", "rule:order_thanks", lang="zh").out == "已恢复 rule:order_thanks\n"
    assert "channel:sms" in busy("pauses").out
    assert busy("resume", "channel:sms").code == 0
    assert busy("pauses").out == "(nothing)\n"
    log = busy("log", "--reason", "paused", "--format", "json").json
    assert log[0]["detail"] == {"what": "rule:order_thanks", "actor": "王", "reason": "模板有错"}


def test_unknown_and_doubtful_names(hourly: Cli) -> None:
    said = hourly("pause", "hourli")
    assert said.code == 1
    assert said.err.startswith(
        "error: there is no rule or channel hourli; did you mean hourly?; write one of: all, sms, "
    )
    assert hourly("pause", "sms").err == "error: sms is a rule and a channel; write rule:sms or channel:sms\n"
    assert "sms 既是规则也是渠道；请写 rule:sms 或 channel:sms" in hourly("resume", "sms", lang="zh").err


def test_approve(hourly: Cli) -> None:
    (row,) = hourly("approve", "--format", "json").json
    assert (row["rule"], row["bound"], row["limit"]) == ("hourly", "max_audience", 1)
    people = row["would_enter"]
    assert people > 1
    table = hourly("approve").out
    assert f"it would enter {people} people, more than 1" in table
    assert "将进入" in hourly("approve", lang="zh").out
    assert hourly("approve", "--format", "csv").out.startswith(
        "id,rule,key,due_at,bound,would_enter,limit,usual,planned,most\n"
    )
    # an id that does not wait
    said = hourly("approve", "99")
    assert (said.code, said.err) == (
        1, f"error: nothing with the id 99 waits for approval; what does: {row['id']}\n",
    )  # fmt: skip
    # approved, it is worked off
    said = hourly("approve", row["id"], "--reason", "看过", "--by", "王")
    assert said.out == f"{row['id']} (hourly, {row['key']}) is approved; the daemon goes on with it\n"
    assert hourly("run", "--once").code == 0
    assert hourly("approve").out == "(nothing)\n"
    rules = {rule["rule"]: rule for rule in hourly("status", "--format", "json").json["rules"]}
    assert rules["hourly"]["done"] == people


@pytest.mark.parametrize("options", [[], ["--all"], ["--all", "--reject"]])
def test_a_rule_that_nobody_knows_has_nothing_to_approve_and_is_said(hourly: Cli, options: list[str]) -> None:
    said = hourly("approve", "--rule", "hourli", *options)
    assert (said.code, said.out) == (1, "")
    assert "hourli" in said.err
    assert "did you mean hourly?" in said.err
    said = hourly("approve", "--rule", "hourli", *options, lang="zh")
    assert said.code == 1
    assert "hourly" in said.err
    assert len(hourly("approve", "--format", "json").json) == 1  # it still waits


def test_reject(hourly: Cli) -> None:
    (row,) = hourly("approve", "--format", "json").json
    said = hourly("approve", row["id"], "--reject", "--reason", "名单错了", lang="zh")
    assert said.out == f"已否决 {row['id']}（hourly，{row['key']}），不会执行\n"
    (fate,) = [each for each in hourly("missed", "--format", "json").json if each["id"] == int(row["id"])]
    assert (fate["fate"], fate["decided_by"]) == ("rejected", "cli")


def test_missed(hourly: Cli) -> None:
    rows = hourly("missed", "--rule", "sms", "--format", "json").json
    assert len(rows) in (4, 5)  # the one of just now may have been in time
    assert {row["fate"] for row in rows} == {"skipped"}
    rows = hourly("missed", "--rule", "hourly", "--format", "json").json
    assert [row["fate"] for row in rows if row["fate"] != "held"] == ["not_latest"] * 4
    assert [row["due_at"] for row in rows] == sorted((row["due_at"] for row in rows), reverse=True)
    assert "missed: only the latest is caught up" in hourly("missed").out
    assert "已错过：规则不补（catch_up: skip）" in hourly("missed", lang="zh").out
    late = hourly("missed", "--since", "3h", "--rule", "hourly", "--format", "json").json
    assert [row["due_at"] for row in late] == [row["due_at"] for row in rows][: len(late)]
    assert len(late) == (3 if rows[0]["fate"] == "held" else 2)  # the one of just now may have been in time
    assert hourly("missed", "--format", "csv").out.startswith("id,rule,key,due_at,fate,entered,finished_at,decided_by")
    assert "did you mean hourly?" in hourly("missed", "--rule", "hourli").err


def test_status_shows_what_stands_still(hourly: Cli) -> None:
    hourly("pause", "hourly", "--reason", "停一停")
    for lang, words in (
        ("en", ("paused (to go on: automation resume)", "停一停", "waiting for approval", "missed in the last 7 days")),
        ("zh", ("已暂停（恢复：automation resume）", "停一停", "等待批准", "近 7 天错过的触发")),
    ):
        said = hourly("status", lang=lang)
        assert said.code == 0, said.err
        for word in words:
            assert word in said.out, word
    status = hourly("status", "--format", "json").json
    assert [(row["what"], row["reason"]) for row in status["pauses"]] == [("rule:hourly", "停一停")]
    assert [row["rule"] for row in status["approvals"]] == ["hourly"]
    assert {row["rule"] for row in status["missed"]} == {"hourly", "sms"}
    assert status["contact_problems"] == []
    states = {rule["rule"]: rule["state"] for rule in status["rules"]}
    assert (states["hourly"], states["sms"]) == ("paused", "active")


def test_everything_of_a_rule_is_approved_at_once_and_status_shouts(hourly: Cli, db: Database) -> None:
    # given two hours more that would reach too many
    asleep(db, 1)
    assert hourly("run", "--once").code == 0
    rows = hourly("approve", "--rule", "hourly", "--format", "json").json
    assert [row["most"] for row in rows] == [1] * len(rows)
    people = sum(row["would_enter"] for row in rows)
    shouted = hourly("status", "--format", "json").json["attention"]
    assert shouted == [
        f"{len(rows)} firings of hourly wait for approval ({people} people), and nobody enters by them until somebody "
        "says: automation approve --rule hourly --all"
    ]
    assert "!!! 需要处理" in hourly("status", lang="zh").out
    assert hourly("approve", "--rule", "sms", "--format", "json").json == []
    assert "what does: hourly" in hourly("approve", "--rule", "sms", "--all").err
    assert hourly("approve", "--all").err == "error: write --rule with --all\n"
    # when
    said = hourly("approve", "--rule", "hourly", "--all", "--by", "王")
    assert said.out.count("is approved; the daemon goes on with it") == len(rows)
    assert hourly("status", "--format", "json").json["attention"] == []
    assert hourly("approve").out == "(nothing)\n"
