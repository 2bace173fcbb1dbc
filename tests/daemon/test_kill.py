"""kill -9 at any moment: nothing acknowledged is lost, nothing half is kept, nobody is entered or sent to twice."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable

from automation.store.database import Database
from tests.daemon.shop import SETTINGS, Shop, order, until
from tests.daemon.victims import Victim, ingest_slowly, work_for_ever

Make = Callable[..., Shop]
BATCH = 25


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def test_acknowledged_events_survive_and_no_half_batch_is_kept(shop: Make) -> None:
    s = shop()
    lines = [order(i) for i in range(2_000)]
    kept = 0
    for killed_after in (1, 4, 9):
        # given a process that takes the file from its beginning, and is killed in the middle
        victim = Victim(ingest_slowly, s.folder, url_of(s.database), lines, BATCH)
        victim.listen(1 + kept // BATCH + killed_after)
        time.sleep(random.Random(killed_after).uniform(0, 0.02))
        victim.kill()
        # then what it acknowledged is there, and only whole batches
        acknowledged = len(victim.heard) - 1
        stored = {row.message_id for row in s.rows("event")}
        assert stored >= {f"{i}-S1" for i in range(acknowledged * BATCH)}
        assert len(stored) % BATCH == 0
        assert kept < len(stored) < len(lines)
        kept = len(stored)
        # and each stored event entered its person, with its log
        entered = [row for row in s.rows("execution_log") if row.code == "entered"]
        assert len(s.rows("run")) == len(entered) == len(s.rows("contact")) == kept
    # when the same file is taken again, the rest is added and nothing twice
    result = s.ingest(*lines)
    assert (result.stored, result.duplicates) == (len(lines) - kept, kept)
    assert len({run.contact_id for run in s.rows("run")}) == len(s.rows("run")) == len(lines)


def test_kills_while_sending_lose_nobody_and_send_to_nobody_twice(shop: Make) -> None:
    # given work for a while, a lease of one second, and a book of everything that went out
    settings = "[delivery]\nlease_seconds = 1\nbatch_size = 20\n"
    s = shop(settings=SETTINGS + settings + '[providers.sms]\ntype = "outbox"\nformat = "jsonl"\n')
    people = 1_000
    s.ingest(*(order(i) for i in range(people)))
    # when the worker is killed 15 times
    chance = random.Random(7)
    for _ in range(15):
        victim = Victim(work_for_ever, s.folder, url_of(s.database))
        victim.listen(1)
        time.sleep(chance.uniform(0.0, 0.25))
        victim.kill()
        _agree(s)
    # and another one finishes the rest
    last = Victim(work_for_ever, s.folder, url_of(s.database))
    until(lambda: not Counter(s.statuses()).keys() & {"queued", "sending"} and _ended(s) == people, lambda: told(s))
    last.kill()
    # then every run entered once and ended, and every message was accepted once or is known to be unknown
    runs = s.rows("run")
    assert len({run.contact_id for run in runs}) == len(runs) == people
    assert len(s.rows("message")) == people
    assert set(s.statuses()) <= {"accepted", "unknown"}
    _agree(s)
    told_unknown = [row for row in s.rows("execution_log") if row.code == "message.unknown"]
    assert len(told_unknown) == s.statuses().count("unknown")
    assert s.statuses().count("unknown") <= 15 * 20  # at most the batch in flight of each kill


def _agree(s: Shop) -> None:
    """The book and the ledger: nobody twice, and what is in the book is at least suspected in the ledger."""
    book = Counter(_book(s))
    assert not [reference for reference, count in book.items() if count > 1]
    ledger = {f"m{row.id}": row.status for row in s.rows("message")}
    assert {ledger[reference] for reference in book} <= {"accepted", "unknown", "sending"}
    assert not [reference for reference, status in ledger.items() if status == "accepted" and reference not in book]


def _book(s: Shop) -> list[str]:
    found = []
    for path in (s.folder / "outbox" / "sms").glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            try:
                found.append(json.loads(line)["reference"])
            except json.JSONDecodeError:  # a kill cut it short
                assert not line.endswith("}")
    return found


def _ended(s: Shop) -> int:
    return sum(run.status == "done" for run in s.rows("run"))


def told(s: Shop) -> str:
    return f"{Counter(s.statuses())} {Counter(run.status for run in s.rows('run'))}"
