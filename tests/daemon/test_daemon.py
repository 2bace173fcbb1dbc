"""The daemon as operators meet it: a process that starts, works, reloads, stops, and dies."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import update

from automation.daemon.lock import DaemonError, only_daemon
from automation.store.schema import daemon as daemons
from tests.daemon.shop import RULES, SETTINGS, Shop, order, until

Make = Callable[..., Shop]
TWO = RULES + RULES.replace("rules:\n", "").replace("thanks", "again", 1)
SLOW = '''
"""A provider that takes its time."""

import time

from automation.i18n import Text
from automation.plugin import Params
from automation.providers.base import Outcome, Provider


class Slow(Provider):
    type = "slow"
    title = Text("慢", "slow")
    channels = frozenset({"sms"})
    max_batch = 10

    class Params(Params):
        pass

    def send(self, messages):
        (self.context.folder / "sending").touch()
        time.sleep(1.5)
        return [Outcome.accepted() for _ in messages]
'''


def test_takes_up_what_another_process_ingests_and_stops_cleanly(shop: Make) -> None:
    # given
    s = shop()
    daemon = s.daemon()
    # when another process brings events
    taken = s.cli("--lang", "en", "ingest", s.put("three.jsonl", order(1), order(2), order(3)))
    assert "3 items: 3 stored" in taken.stdout, taken.stderr
    until(lambda: s.statuses() == ["accepted"] * 3)
    # then the messages lie in the outbox
    assert len(s.sent()) == 3
    assert "谢谢惠顾 S1" in s.sent()[0]
    # and `status` sees it running
    (seen,) = s.status()["daemons"]
    assert (seen["state"], seen["pid"]) == ("running", daemon.process.pid)
    # and SIGTERM stops it
    assert daemon.stop(within=5) == 0
    assert "the daemon has stopped" in daemon.log
    (seen,) = s.status()["daemons"]
    assert seen["state"] == "stopped"


def test_sigterm_finishes_the_batch_in_hand(sqlite_shop: Make) -> None:
    # given a provider that is in the middle of a call
    s = sqlite_shop(settings=SETTINGS + '[providers.sms]\ntype = "slow"\n')
    s.write("plugins/slow.py", SLOW)
    daemon = s.daemon()
    s.ingest(order(1), order(2))
    until((s.folder / "sending").exists)
    assert set(s.statuses()) == {"sending"}
    # when
    assert daemon.stop() == 0
    # then the outcome was written down
    assert s.statuses() == ["accepted", "accepted"]
    assert [run.status for run in s.rows("run")] == ["done", "done"]


def test_a_second_daemon_on_one_sqlite_file_is_refused_and_the_first_goes_on(sqlite_shop: Make) -> None:
    s = sqlite_shop()
    first = s.daemon()
    second = s.daemon()
    assert second.wait() == 1
    assert second.log == (
        "error: another daemon is working on automation.db; SQLite allows one. Stop it first, or move to PostgreSQL\n"
    )
    with pytest.raises(DaemonError) as raised, only_daemon(s.database):
        pass
    assert raised.value.text("zh").startswith("已有一个守护进程在使用 automation.db；SQLite 只允许一个。请先停止它")
    s.ingest(order(1))
    until(lambda: s.statuses() == ["accepted"])
    # and when the first is killed, another one starts at once
    first.kill()
    s.ingest(order(2))
    third = s.daemon()
    until(lambda: s.statuses() == ["accepted"] * 2)
    # and once the first one's heartbeat is old, `status` says so
    with s.database.write() as conn:
        old = update(daemons).where(daemons.c.pid == first.process.pid)
        conn.execute(old.values(heartbeat_at=daemons.c.heartbeat_at - 60_000))
    seen = {row["pid"]: row["state"] for row in s.status()["daemons"]}
    assert seen == {first.process.pid: "no heartbeat", third.process.pid: "running"}
    assert third.stop() == 0


def test_two_daemons_side_by_side_on_postgresql(postgres_shop: Make) -> None:
    # given
    s = postgres_shop(
        settings=SETTINGS + '[providers.sms]\ntype = "outbox"\nformat = "jsonl"\n[delivery]\nbatch_size = 9\n'
    )
    one, other = s.daemon(), s.daemon()
    # when events come while both work
    for part in range(3):
        s.ingest(*(order(i) for i in range(part * 40, part * 40 + 60)))  # 20 of each part came before
    until(lambda: Counter(s.statuses()) == {"accepted": 140})
    # then nobody entered and nobody was sent to twice
    assert len({(run.rule_id, run.contact_id) for run in s.rows("run")}) == len(s.rows("run")) == 140
    (book,) = (s.folder / "outbox" / "sms").glob("*.jsonl")
    sent = [json.loads(line)["reference"] for line in book.read_text("utf-8").splitlines()]
    assert sorted(sent) == sorted(f"m{row.id}" for row in s.rows("message"))
    assert [one.stop(), other.stop()] == [0, 0]


# ---------------------------------------------------------------- reloading


def test_a_change_takes_effect_and_a_mistake_does_not(shop: Make) -> None:
    s = shop()
    daemon = s.daemon()
    # when a rule is added and a template is changed
    s.write("templates/thanks.sms.j2", "多谢 {{ event.sku }}")
    s.write("rules.yaml", TWO)
    daemon.says("files changed, reloaded: 2 rules, 0 broken")
    s.ingest(order(1))
    until(lambda: s.statuses() == ["accepted"] * 2)
    assert all("多谢 S1" in text for text in s.sent())
    # when the file can't be read as YAML
    s.write("rules.yaml", RULES + "  - id: [oops\n")
    daemon.says("files changed but can't be used; the rules from before go on running")
    assert "rules.yaml:9:" in daemon.log
    s.ingest(order(2))
    until(lambda: s.statuses() == ["accepted"] * 4)
    # when one rule is broken, it stands still and the other runs
    s.write("rules.yaml", "sms.sned".join(TWO.rsplit("sms.send", 1)))
    daemon.says("files changed, reloaded: 1 rules, 1 broken")
    s.ingest(order(3))
    until(lambda: s.statuses() == ["accepted"] * 5)
    status = s.status()
    states = {rule["rule"]: (rule["state"], rule["detail"]) for rule in status["rules"]}
    assert states["thanks"] == ("active", None)
    assert states["again"][0] == "broken"
    assert "sms.sned" in states["again"][1]
    assert any("sms.sned" in text for text in status["problems"])
    # when it is mended, it runs again
    s.write("rules.yaml", TWO)
    until(lambda: daemon.log.count("files changed, reloaded: 2 rules, 0 broken") == 2)
    s.ingest(order(4))
    until(lambda: s.statuses() == ["accepted"] * 7)
    assert daemon.stop() == 0


def test_rules_that_never_could_be_used_stop_the_start(sqlite_shop: Make) -> None:
    s = sqlite_shop(rules="rules: [oops\n")
    daemon = s.daemon()
    assert daemon.wait() == 1
    assert "rules.yaml:" in daemon.log
    assert "Traceback" not in daemon.log


# ---------------------------------------------------------------- logs and status


@pytest.mark.parametrize("how", ["option", "setting"])
def test_json_logs_are_one_object_a_line(sqlite_shop: Make, how: str) -> None:
    settings = SETTINGS + 'log_format = "json"\n' if how == "setting" else SETTINGS
    s = sqlite_shop(settings=settings)
    daemon = s.daemon(*(["--log-format", "json"] if how == "option" else []))
    s.write("rules.yaml", "rules: [oops\n")
    daemon.says("can't be used")
    assert daemon.stop() == 0
    lines = [json.loads(line) for line in daemon.log.splitlines()]
    assert all({"at", "level", "logger", "message"} <= line.keys() for line in lines)
    levels = [(line["level"], line["message"]) for line in lines]
    assert levels[0][0] == "info"
    assert levels[0][1].startswith("the daemon runs: 1 rules, database sqlite:///")
    assert any(level == "error" and "rules.yaml:1:" in message for level, message in levels)
    assert levels[-1] == ("info", "the daemon has stopped")


def test_console_logs_are_for_people(sqlite_shop: Make) -> None:
    s = sqlite_shop()
    daemon = s.daemon(lang="zh")
    assert daemon.stop() == 0
    lines = daemon.log.splitlines()
    assert "INFO    守护进程已启动：1 条规则" in lines[0]
    assert lines[-1].endswith("守护进程已停止")


def test_status_shows_lag_backlog_and_what_went_wrong(shop: Make) -> None:
    # given work that nobody does, an item in quarantine, and a broken provider
    s = shop(
        settings=SETTINGS + '[providers.sms]\ntype = "twilio"\naccount_sid = "AC1"\nfrom_number = "+12025550123"\n'
        'auth_token = {env = "NO_SUCH"}\n'
    )
    s.ingest(order(1), order(2), "not json")
    time.sleep(0.05)
    status = s.status()
    assert status["run_lag"] > 0
    assert (status["message_lag"], status["quarantined"], status["daemons"]) == (None, 1, [])
    (rule,) = status["rules"]
    assert (rule["rule"], rule["active"], rule["done"]) == ("thanks", 2, 0)
    # when a daemon tries
    daemon = s.daemon()
    daemon.says("NO_SUCH")
    until(lambda: s.status()["daemons"][0]["last_error"])
    status = s.status()
    assert "NO_SUCH" in status["daemons"][0]["last_error"]
    assert status["message_lag"] > 0
    assert status["messages"] == [{"channel": "sms", "status": "queued", "count": 2}]
    assert daemon.stop() == 0
