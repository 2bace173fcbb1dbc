"""`ingest` and `quarantine`: what files hold in practice, and the way back for what could not be taken."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from automation.store import schema
from automation.store.database import Database
from tests.cli.conftest import Cli

HERE = "2026-08-01T10:00:00+08:00"


def line(name: str = "order.paid", contact: Any = "M001", **more: Any) -> str:
    properties = {"order_id": "A1", "amount": 10} if name == "order.paid" else {}
    event = {"name": name, "contact": contact, "occurred_at": HERE, "properties": properties}
    return json.dumps(event | more, ensure_ascii=False)


def rows(db: Database, name: str) -> list[Any]:
    table = schema.metadata.tables[name]
    with db.read() as conn:
        return list(conn.execute(select(table).order_by(*table.primary_key)))


def totals(stored: int, duplicates: int = 0, quarantined: int = 0) -> str:
    total = stored + duplicates + quarantined
    return f"{total} items: {stored} stored, {duplicates} known already, {quarantined} quarantined;"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_a_file_and_then_the_same_file_again(both: Cli, db: Database, file: Path) -> None:
    # given events with an id, without one, and without a time; two identical ones: two orders of one day count as two
    untimed = line("whitepaper.downloaded", message_id="b", occurred_at=None)
    file.write_text("\n".join([line(message_id="a"), line(), line(), untimed]))
    said = both("ingest", str(file))
    assert said.code == 0
    assert said.out.startswith(totals(4))
    assert "entries into rules" in said.out
    # when the same file comes again, nothing changes but what is due anyway
    assert both("run", "--once").code == 0
    runs = rows(db, "run")
    assert both("ingest", str(file)).out.startswith(totals(0, 4))
    assert rows(db, "run") == runs
    assert len(rows(db, "event")) == 4
    # and in Chinese
    assert both("ingest", str(file), lang="zh").out.startswith("共 4 条：新存 0，重复 4，隔离 0；")


def test_standard_input(both: Cli, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((line() + "\n").encode())))
    assert both("ingest", "-").out.startswith(totals(1))
    assert len(rows(db, "event")) == 1


def test_what_files_hold_in_practice(both: Cli, db: Database, file: Path) -> None:
    # given a mark at the beginning, Windows line ends, blank lines, a line that is not UTF-8, and a very long one
    long = line(message_id="long", properties={"order_id": "长" * 350_000, "amount": 1})
    assert len(long.encode()) > 1_000_000
    lines = [
        b"\xef\xbb\xbf" + line(message_id="first").encode(), b"", b"   ", line(message_id="second").encode(),
        '{"name": "order.paid", "contact": "张"}'.encode("gb18030"), long.encode(), line(message_id="last").encode(),
    ]  # fmt: skip
    file.write_bytes(b"\r\n".join(lines))
    # when
    said = both("ingest", str(file))
    # then only the line that can't be read is set aside, with its number
    assert said.code == 3
    assert said.out.startswith(totals(4, quarantined=1))
    assert "automation quarantine list" in said.out
    assert [row.message_id for row in rows(db, "event")] == ["first", "second", "long", "last"]
    assert rows(db, "event")[2].properties["order_id"] == "长" * 350_000
    (item,) = both("quarantine", "list", "--format", "json", "--reveal").json
    assert item["origin"] == "events.jsonl:5"
    assert "is not UTF-8" in item["reason"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("not json", "no valid JSON at character 1"),
        ("[1, 2]", "an event is a mapping {…}, this is a list"),
        (line(occured_at=HERE), "there is no field occured_at; did you mean occurred_at?"),
        (line("order.payed"), "the catalogue has no event order.payed; declare it"),
        (line(occurred_at="yesterday"), "yesterday is no time; write ISO 8601"),
        (line(occurred_at="2126-01-01"), "the time 2126-01-01 is more than a day ahead"),
        (line(contact={"passport": "1"}), "unknown identity kind passport; known: "),
        (line(contact={"phone": "12"}), "12"),
        (line(properties={"order_id": "A1", "amount": "many"}), "amount"),
        (line(properties={"order_id": "A\0"}), "it holds the character \\u0000"),
        (line(message_id="x" * 201), "message_id has 201 characters, at most 200"),
        ('{"name": "order.paid", "properties": {"a": ' + "[" * 50_000 + "]" * 50_000 + "}}", "nested too deeply"),
        (line(contact={"member_no": "x" * 500}), "320"),
    ],
)
def test_a_bad_line_is_set_aside_and_its_neighbours_are_taken(both: Cli, file: Path, bad: str, reason: str) -> None:
    file.write_text("\n".join([line(message_id="before"), bad, line(message_id="after")]), encoding="utf-8")
    assert both("ingest", str(file)).out.startswith(totals(2, quarantined=1))
    (item,) = both("quarantine", "list", "--format", "json", "--reveal").json
    assert reason in item["reason"]
    assert item["origin"] == "events.jsonl:2"


def test_what_only_the_database_refuses_does_not_break_its_batch(both: Cli, db: Database, file: Path) -> None:
    # given a number with more digits than PostgreSQL takes, in the middle of a batch
    digits = line("whitepaper.downloaded", properties={"title": "x"}).replace('"x"', f'"x", "ratio": 0.{"1" * 20_000}')
    lines = [line(message_id=f"{i}") for i in range(60)]
    file.write_text("\n".join([*lines[:30], digits, *lines[30:]]))
    # when
    said = both("ingest", str(file))
    # then SQLite takes it, and PostgreSQL's reason is told of that one alone
    if db.is_sqlite:
        assert said.out.startswith(totals(61))
        return
    assert said.out.startswith(totals(60, quarantined=1))
    (item,) = both("quarantine", "list", "--format", "json", "--reveal").json
    assert item["reason"].startswith("it could not be processed: ")
    assert "numeric" in item["reason"]
    assert item["origin"] == "events.jsonl:31"
    assert both("quarantine", "retry").out == "1 items tried again: 0 taken, 1 still wrong\n"
    assert len(both("quarantine", "list", "--format", "json", "--reveal").json) == 1


def test_set_aside_mended_and_taken_again(both: Cli, db: Database, folder: Path, file: Path) -> None:
    # given an event that the catalogue doesn't know, twice the same: it happened twice
    file.write_text("\n".join([line("store.visited"), line("store.visited"), "not json"]))
    assert both("ingest", str(file)).out.startswith(totals(0, quarantined=3))
    listed = both("quarantine", "list")
    assert "store.visited" in listed.out
    assert "目录中没有事件 store.visited" in both("quarantine", "list", lang="zh").out
    # when nothing was mended, they come back
    assert both("quarantine", "retry").out == "3 items tried again: 0 taken, 3 still wrong\n"
    assert len(both("quarantine", "list", "--format", "json", "--reveal").json) == 3
    # when the catalogue is mended
    catalogue = folder / "catalog.yaml"
    text = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(text.replace("events:\n", "events:\n  store.visited: {label: 到店}\n", 1), encoding="utf-8")
    again = both("quarantine", "retry", lang="zh")
    # then both are taken, and what is hopeless stays until it is dropped
    assert again.out == "重试 3 条：已接收 2，仍被隔离 1\n"
    assert [row.name for row in rows(db, "event")] == ["store.visited"] * 2
    (hopeless,) = both("quarantine", "list", "--format", "json", "--reveal").json
    assert hopeless["item"] == "not json"
    assert hopeless["origin"] == "events.jsonl:3"
    assert both("quarantine", "drop", str(hopeless["id"])).out == "1 items put aside\n"
    assert both("quarantine", "drop", str(hopeless["id"])).out == "0 items put aside\n"
    assert both("quarantine", "list", "--format", "json", "--reveal").json == []
    assert both("status", "--format", "json").json["quarantined"] == 0
    # and the file itself, taken again, changes nothing more
    assert both("ingest", str(file)).out.startswith(totals(0, 2, quarantined=1))


def test_chosen_items_are_retried(both: Cli, file: Path) -> None:
    file.write_text("bad one\nbad two\n")
    both("ingest", str(file))
    first, second = both("quarantine", "list", "--format", "json", "--reveal").json
    assert both("quarantine", "retry", str(second["id"])).out == "1 items tried again: 0 taken, 1 still wrong\n"
    left = both("quarantine", "list", "--format", "json", "--reveal").json
    assert [item["item"] for item in left] == ["bad one", "bad two"]
    assert left[0]["id"] == first["id"]
    assert left[1]["id"] > second["id"]


def test_a_long_item_is_shortened_in_a_table_only(both: Cli, file: Path) -> None:
    file.write_text("x" * 100_000)
    both("ingest", str(file))
    assert len(both("quarantine", "list").out) < 5_000
    assert len(both("quarantine", "list", "--format", "json", "--reveal").json[0]["item"]) == 100_000
    assert both("quarantine", "list", "--format", "csv").out.startswith("id,at,origin,reason,item")


@pytest.mark.parametrize(("lang", "words"), [("en", "can't read"), ("zh", "无法读取")])
def test_a_file_that_is_not_there(cli: Cli, lang: str, words: str) -> None:
    said = cli("ingest", "nothing.jsonl", lang=lang)
    assert said.code == 1
    assert f"{words} nothing.jsonl" in said.err


def test_an_empty_file(both: Cli, file: Path) -> None:
    file.write_text("\n\n")
    assert both("ingest", str(file)).out.startswith(totals(0))
