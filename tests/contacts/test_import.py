"""Importing people: columns, encodings, rejects, totals, the same file twice."""

from __future__ import annotations

import csv
import json
import threading
import tracemalloc
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from automation.catalogue.model import Catalogue, FieldDef, FieldType
from automation.contacts import importing
from automation.contacts.consent import load_consents
from automation.contacts.identity import normalise_identity
from automation.contacts.importing import ImportProblem, ImportReport, import_contacts
from automation.contacts.profile import load_contacts
from automation.contacts.view import find_contact
from automation.i18n import Text, language
from automation.store.schema import audit, contact
from tests.contacts.helpers import CATALOGUE, audit_of, someone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from automation.clock import ManualClock
    from automation.store.database import Database

ZONE = ZoneInfo("Asia/Shanghai")
EXTENDED = Catalogue(
    fields={
        **CATALOGUE.fields,
        "level": FieldDef("level", FieldType.TEXT, Text("等级", "level"), choices=("银卡", "金卡")),
        "balance": FieldDef("balance", FieldType.MONEY, Text("余额", "balance")),
        "interests": FieldDef("interests", FieldType.LIST, Text("兴趣", "interests")),
        "joined": FieldDef("joined", FieldType.DATETIME, Text("入会时间", "joined at")),
    },
    identity_kinds=CATALOGUE.identity_kinds,
    single_identities=CATALOGUE.single_identities,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "import"
    made.mkdir()
    return made


def load(db: Database, path: Path, clock: ManualClock, **options: Any) -> ImportReport:
    """What nobody knows becomes an attribute here; tests/contacts/test_columns.py is about the other ways."""
    options = {"mapping": {}, "zone": ZONE, "clock": clock, "unknown": "attribute"} | options
    return import_contacts(db, EXTENDED, path, **options)


def profile_of(db: Database, text: str) -> Mapping[str, Any]:
    with db.read() as conn:
        found = find_contact(conn, EXTENDED, text)
        assert found is not None
        return load_contacts(conn, [found])[found]


def totals(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.read == report.created + report.updated + report.unchanged + report.rejected
    return report.created, report.updated, report.unchanged, report.rejected


PEOPLE = """\
会员号,手机号,姓名,生日,等级,余额,兴趣,入会时间,tags,consent.marketing,consent.marketing.sms,鞋码
M1,138 0013 8000,李雷,1990/8/4,金卡,"1,059.90",茶|书,2026-01-01 09:00,高价值|沉睡,是,no,42
M2,13900139000,韩梅梅,,,,,,,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_spreadsheet_comes_in_whole_in_every_encoding(
    db: Database, folder: Path, clock: ManualClock, encoding: str
) -> None:
    path = folder / "people.csv"
    path.write_text(PEOPLE, encoding=encoding)

    report = load(db, path, clock)

    assert totals(report) == (2, 0, 0, 0)
    assert report.rejects_file is None
    assert profile_of(db, "M1") == {
        "member_no": "M1", "phone": "+8613800138000", "name": "李雷", "birthday": "1990-08-04", "level": "金卡",
        "balance": 105990, "interests": ["茶", "书"], "joined": "2026-01-01T01:00:00.000Z", "鞋码": "42",
        "tags": {"高价值", "沉睡"},
        "created_at": "2026-08-01T04:00:00.000Z", "updated_at": "2026-08-01T04:00:00.000Z",
    }  # fmt: skip
    assert "鞋码" not in profile_of(db, "M2")
    with db.read() as conn:
        consents = load_consents(conn, [1, 2])
    assert consents == {1: {("marketing", "*"): "granted", ("marketing", "sms"): "denied"}, 2: {}}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_are_noticed(db: Database, folder: Path, clock: ManualClock, delimiter: str) -> None:
    path = folder / "people.csv"
    path.write_text(f"member_no{delimiter}name\r\nM1{delimiter}Li, Lei\r\n\r\nM2{delimiter}x\r\n", newline="")
    assert totals(load(db, path, clock)) == (2, 0, 0, 0)
    assert profile_of(db, "M1")["name"] == "Li, Lei"


def test_json_lines_come_in_with_lists_and_numbers(db: Database, folder: Path, clock: ManualClock) -> None:
    path = folder / "people.jsonl"
    rows = [
        {"member_no": 7, "phone": ["13800138000", "13900139000"], "tags": ["a|b"], "consent.marketing": True,
         "balance": 59.9, "size": 42, "vip": True, "interests": ["茶"], "address": {"city": "上海"}},
        {"member_no": "M|2", "tags": "c", "contact.name": "x", "balance": None, "size": ""},
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")

    assert totals(load(db, path, clock)) == (2, 0, 0, 0)

    first = profile_of(db, "member_no:7")
    assert profile_of(db, "13900139000") == first
    assert {key: first[key] for key in ("tags", "balance", "size", "vip", "interests", "address")} == {
        "tags": {"a|b"}, "balance": 5990, "size": "42", "vip": "true", "interests": ["茶"],
        "address": '{"city":"上海"}',
    }  # fmt: skip
    second = profile_of(db, "M|2")
    assert (second["name"], second["tags"]) == ("x", {"c"})
    assert not {"balance", "size"} & second.keys()


def test_the_same_file_twice_changes_nothing(db: Database, folder: Path, clock: ManualClock) -> None:
    path = folder / "people.csv"
    contradicting = "M2,,,,银卡,,,,,yes,,\nM2,,,,金卡,,,,,no,,\n"
    path.write_text(PEOPLE + contradicting, encoding="utf-8")
    first = load(db, path, clock)
    before = [profile_of(db, "M1"), profile_of(db, "M2")]
    with db.read() as conn:
        audited = conn.scalar(select(func.count()).select_from(audit))

    clock.advance(timedelta(days=1))
    second = load(db, path, clock)

    assert totals(first) == (2, 2, 0, 0)
    assert totals(second) == (0, 0, 4, 0)
    assert [profile_of(db, "M1"), profile_of(db, "M2")] == before
    with db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(audit)) == audited
        assert load_consents(conn, [2]) == {2: {("marketing", "*"): "denied"}}


def test_empty_cells_leave_values_and_new_ones_replace_them(db: Database, folder: Path, clock: ManualClock) -> None:
    path = folder / "people.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    load(db, path, clock)
    path.write_text("member_no,name,level,tags\nM1, ,银卡,\nM2,韩梅梅,,新客\n", encoding="utf-8")

    assert totals(load(db, path, clock)) == (0, 2, 0, 0)

    assert (profile_of(db, "M1")["name"], profile_of(db, "M1")["level"]) == ("李雷", "银卡")
    assert profile_of(db, "M1")["tags"] == {"高价值", "沉睡"}
    assert profile_of(db, "M2")["tags"] == {"新客"}
    assert [row.actor for row in audit_of(db, 1) if row.action == "contact.updated"] == ["import:people.csv"]


def test_wrong_rows_go_to_a_file_that_can_be_corrected_and_imported(
    db: Database, folder: Path, clock: ManualClock
) -> None:
    someone(db, member_no="M7", phone="+8613700137000")
    path = folder / "people.csv"
    path.write_text(
        "member_no,phone,email,birthday,level\n"
        "M1,13800138000,,1990-08-04,金卡\n"
        "M2,12345,,,\n"
        "\n"
        '"",,,"1990-08-04\n",\n'
        "M8,13700137000,,,\n"
        "M3,,,1990-13-01,\n"
        "M4,,,,铜卡\n"
        "M5,,\n"
        'M6,,"a@x.cn,,\n'
        "M9,,b@x.cn,,金卡\n",
        encoding="utf-8",
    )

    with language("en"):
        report = load(db, path, clock)

    assert (totals(report), report.left_out, report.partly) == ((5, 0, 0, 4), 3, 3)
    assert report.rejects_file == folder / "people.rejects.csv"
    with report.rejects_file.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["import_line", "import_reason", "member_no", "phone", "email", "birthday", "level"]
    reasons = {int(row["import_line"]): row["import_reason"] for row in rows}
    assert reasons[3].startswith("taken without: column “phone”: “12345” is no valid phone number")
    assert reasons[5] == "nothing identifies a contact (member_no, phone, email)"
    assert reasons[7].startswith("these identities can't be one person: there would be two values of member_no")
    assert reasons[8].startswith("taken without: column “birthday”: ")
    assert reasons[9].startswith("taken without: column “level”: ")
    assert reasons[10] == "the row has 3 columns, the header has 5"
    assert reasons[11].startswith("quotes are not closed or misplaced")
    assert [row["member_no"] for row in rows] == ["M2", "", "M8", "M3", "M4", "M5", "M6"]

    corrected = report.rejects_file.read_text(encoding="utf-8-sig").replace("12345", "13900139000")
    (folder / "corrected.csv").write_text(corrected, encoding="utf-8")
    again = load(db, folder / "corrected.csv", clock)

    assert again.updated == 1
    assert profile_of(db, "M2")["phone"] == "+8613900139000"
    assert not [key for key in profile_of(db, "M2") if key.startswith("import")]


def test_wrong_lines_of_json_are_rejected_in_chinese(db: Database, folder: Path, clock: ManualClock) -> None:
    path = folder / "people.jsonl"
    path.write_text(
        '{"member_no": "M1"}\n{"member_no": "M2"\n[1]\n{"member_no": {"a": 1}}\n'
        '{"name": "x\\ud800", "member_no": "M3"}\n{"member_no": "M4", "name": "a\\u0000"}\n'
        '{"member_no": "M5", "consent.marketing": "maybe"}\n'
    )

    with language("zh"):
        report = load(db, path, clock)

    assert (totals(report), report.partly) == ((4, 0, 0, 3), 3)
    assert report.rejects_file == folder / "people.rejects.jsonl"
    rows = [json.loads(line) for line in report.rejects_file.read_text(encoding="utf-8").splitlines()]
    assert [row["import_line"] for row in rows] == [2, 3, 4, 5, 6, 7]
    assert rows[0]["import_reason"].startswith("不是合法的 JSON")
    assert rows[0]["import_raw"] == '{"member_no": "M2"'
    assert rows[1]["import_reason"] == "这一行应为一个 JSON 对象"
    assert rows[2]["import_reason"] == (
        '列“member_no”：应为一个值或一组文本，而不是 {"a":1}；没有可识别联系人的值（member_no）'
    )
    assert rows[3]["member_no"] == "M3"
    assert rows[5]["import_reason"] == (
        "已导入，但略去：列“consent.marketing”：“maybe”不是同意状态；请写 granted（是）或 denied（否）"
    )

    again = load(db, report.rejects_file, clock)
    assert totals(again) == (0, 0, 3, 3)


def test_rows_that_share_an_identity_merge_and_are_counted_besides(
    db: Database, folder: Path, clock: ManualClock
) -> None:
    one, two = someone(db, phone="+8613800138000"), someone(db, email="a@x.cn")
    path = folder / "people.csv"
    path.write_text("phone,email,city\n13800138000,a@x.cn,上海\n", encoding="utf-8")

    report = load(db, path, clock)

    assert (totals(report), report.merged) == ((0, 1, 0, 0), 1)
    assert profile_of(db, f"#{two}") == profile_of(db, f"#{one}")
    assert profile_of(db, f"#{one}")["city"] == "上海"
    assert [row.action for row in audit_of(db, one)] == ["contact.merged"]
    again = load(db, path, clock)
    assert (totals(again), again.merged) == ((0, 0, 1, 0), 0)


def test_a_dry_run_says_the_same_and_keeps_nothing(
    db: Database, folder: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    path = folder / "people.csv"
    path.write_text("member_no,phone\n" + "".join(f"M{n % 5},\n" for n in range(11)) + ",1\n", encoding="utf-8")

    seen: list[int] = []
    dry = load(db, path, clock, dry_run=True, progress=seen.append, rejects=folder / "dry.csv")
    with db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(contact)) == 0
    real = load(db, path, clock)

    assert seen == [2, 4, 6, 8, 10, 12]
    assert totals(dry) == totals(real) == (5, 0, 6, 1)
    assert dry.rejects_file == folder / "dry.csv"


@pytest.mark.parametrize(
    ("name", "content", "mapping", "said"),
    [
        ("p.csv", "", {}, "p.csv has no rows"),
        ("p.csv", "member_no,name\n\n", {}, "p.csv has no rows"),
        ("p.jsonl", "\n", {}, "p.jsonl has no rows"),
        ("p.csv", "name,city\na,b\n", {}, "p.csv has no column that identifies a contact; name one of member_no"),
        ("p.csv", "member_no\nM1\n", {"phone": "mobile"},
         "--map phone=mobile: p.csv has no column “mobile”; it has: member_no"),
        ("p.csv", "member_no,x\nM1,1\n", {"consent.": "x"}, "column “x” can't be imported as “consent.”"),
        ("p.csv", "member_no,x\nM1,1\n", {"event.name": "x"}, "“event.name” can't be an attribute's name"),
        ("p.csv", "member_no,x\nM1,1\n", {"created_at": "x"},
         "the system keeps it; give it another name, for example --map contact.original_created_at=x"),
        ("p.csv", "member_no,phone,手机号\nM1,1,2\n", {}, "the columns “phone” and “手机号” would both become “phone”"),
        ("p.csv", "member_no,member_no\nM1,1\n", {}, "p.csv has the column “member_no” twice"),
        ("p.csv", "member_no,,x\nM1,1,2\n", {}, "column 2 of p.csv has no name"),
        ("p.csv", 'member_no,a.b\nM1,1\n', {}, "“a.b” can't be an attribute's name"),
        ("p.csv", 'member_no,"x\nM1,1\n', {}, "the header of p.csv can't be read: quotes are not closed"),
        ("p.csv", "member_no,consent.marketing.pigeon\nM1,yes\n", {}, "there is no channel “pigeon”"),
        ("p.xlsx", "member_no\nM1\n", {}, "p.xlsx has no known format; use a .csv or .jsonl file"),
        ("p.csv", b"member_no\n\xff\xff\n", {}, "p.csv is neither UTF-8 nor UTF-16 nor GB18030"),
        ("p.csv", None, {}, "p.csv can't be read: No such file or directory"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_imported_is_refused_before_anything_is_written(
    sqlite_db: Database, folder: Path, clock: ManualClock, name: str, content: Any, mapping: dict[str, str], said: str
) -> None:
    path = folder / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(ImportProblem) as caught:
        load(sqlite_db, path, clock, mapping=mapping)

    assert said in caught.value.text("en")
    assert caught.value.text("zh")
    assert [file.name for file in folder.iterdir()] == ([name] if content is not None else [])
    with sqlite_db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(contact)) == 0


def test_columns_map_explicitly_first(db: Database, folder: Path, clock: ManualClock) -> None:
    path = folder / "people.csv"
    path.write_text("phone,mobile,label,Name\n010-65529988,13800138000,a|b,Li\n", encoding="utf-8")

    report = load(db, path, clock, mapping={"phone": "mobile", "landline": "phone", "tags": "label"})

    assert totals(report) == (1, 0, 0, 0)
    profile = profile_of(db, "13800138000")
    assert (profile["landline"], profile["tags"], profile["name"]) == ("010-65529988", {"a", "b"}, "Li")


def test_rejects_never_go_to_the_file_itself(sqlite_db: Database, folder: Path, clock: ManualClock) -> None:
    path = folder / "people.csv"
    path.write_text("phone\n1\n")
    with pytest.raises(ImportProblem) as caught:
        load(sqlite_db, path, clock, rejects=path)
    assert "choose another name" in caught.value.text("en")
    assert path.read_text() == "phone\n1\n"


def test_twenty_thousand_rows_go_through_in_flat_memory(sqlite_db: Database, folder: Path, clock: ManualClock) -> None:
    path = folder / "people.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("member_no,name\n")
        file.writelines(f"M{n},N{n}\n" for n in range(20_000))
    kept: list[int] = []

    def watch(read: int) -> None:
        normalise_identity.cache_clear()  # bounded, but larger than this file
        if read == 15_000:
            tracemalloc.start()
        elif read > 15_000:
            kept.append(tracemalloc.get_traced_memory()[0])

    try:
        report = load(sqlite_db, path, clock, progress=watch)
    finally:
        tracemalloc.stop()

    assert totals(report) == (20_000, 0, 0, 0)
    assert len(kept) == 5
    assert kept[-1] < kept[1] + 500_000


def test_two_imports_of_the_same_people_at_once(postgres_db: Database, folder: Path, clock: ManualClock) -> None:
    rows = [f"M{n},p{n}@x.cn,{{}}\n" for n in range(2500)]
    for name, ordered in (("up", rows), ("down", rows[::-1])):
        text = "member_no,email,city\n" + "".join(row.format(name) for row in ordered)
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    reports: list[ImportReport] = []

    def work(name: str) -> None:
        reports.append(load(postgres_db, folder / f"{name}.csv", clock))

    threads = [threading.Thread(target=work, args=(name,)) for name in ("up", "down")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(report.created for report in reports) == 2500
    assert sum(report.rejected for report in reports) == 0
    with postgres_db.read() as conn:
        assert conn.scalar(select(func.count()).select_from(contact)) == 2500
