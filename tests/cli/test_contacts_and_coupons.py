"""`contacts` and `coupons`: in, out, one seen, and what people allow."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_import_totals_add_up(folder: Path, both: Cli) -> None:
    # given three people imported before; now one new, one changed, one the same, two wrong
    file = folder / "more.csv"
    file.write_text(
        "会员,phone,city\nM001,13800138001,上海\nM002,,\nM004,13800138004,北京\n,12,\n,,北京\n", encoding="gb18030"
    )
    # when
    said = both("contacts", "import", str(file), "--map", "member_no=会员", "--rejects", str(folder / "wrong.csv"))
    # then
    assert said.code == 3
    assert "5 rows: 1 created, 1 updated, 1 unchanged, 2 rejected; 0 merged" in said.out
    assert str(folder / "wrong.csv") in said.out
    rejects = (folder / "wrong.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rejects) == 3
    assert rejects[1].startswith("5,")


def test_the_same_file_twice_changes_nothing(folder: Path, both: Cli) -> None:
    said = both("contacts", "import", str(folder / "contacts.csv"), lang="zh")
    assert "共 3 行：新建 0，更新 0，无变化 3，被拒 0；合并 0 人" in said.out


def test_a_dry_run_keeps_nothing(folder: Path, cli: Cli) -> None:
    said = cli("contacts", "import", str(folder / "contacts.csv"), "--dry-run")
    assert "3 created" in said.out
    assert "nothing was kept" in said.out
    assert "nobody is known" in cli("contacts", "show", "M001").err


def test_import_refuses_a_broken_catalogue(folder: Path, cli: Cli) -> None:
    (folder / "catalog.yaml").write_text("contact:\n  level: {type: txet}\n", encoding="utf-8")
    said = cli("contacts", "import", str(folder / "contacts.csv"))
    assert said.code == 1
    assert "catalog.yaml:2:" in said.err


@pytest.mark.parametrize("pair", ["phone", "=x", "phone="])
def test_a_map_needs_two_sides(folder: Path, cli: Cli, pair: str) -> None:
    assert cli("contacts", "import", str(folder / "contacts.csv"), "--map", pair).code == 2


def test_show_masks_personal_data(both: Cli) -> None:
    said = both("contacts", "show", "M001")
    assert "13800138001" not in said.out
    assert "1990" not in said.out
    assert "138****8001" in said.out
    assert "member level  金卡" in said.out
    assert "marketing  *  granted" in said.out
    full = both("contacts", "show", "phone:13800138001", "--reveal", lang="zh").out
    assert "+8613800138001" in full
    assert "生日  1990-08-04" in full


def test_show_for_programs(both: Cli) -> None:
    person = both("contacts", "show", "#1", "--format", "json").json
    assert list(person) == ["id", "merged_ids", "identities", "attributes", "tags", "consents", "suppressions"]
    assert {"kind": "phone", "value": "138****8001"}.items() <= person["identities"][2].items()
    assert person["attributes"]["level"] == "金卡"
    assert person["attributes"]["birthday"] != "1990-08-04"
    assert both("contacts", "show", "#1", "--format", "json", "--reveal").json["attributes"]["birthday"] == "1990-08-04"


def test_what_is_exported_can_be_imported(folder: Path, both: Cli) -> None:
    for fmt in ("csv", "jsonl"):
        file = folder / f"all.{fmt}"
        said = both("contacts", "export", "--format", fmt, "-o", str(file))
        assert "3 people exported" in said.out
        assert both("contacts", "export", "--format", fmt).out == file.read_text(encoding="utf-8")
        assert "3 unchanged" in both("contacts", "import", str(file)).out


def test_consent_is_recorded(both: Cli) -> None:
    assert both("contacts", "consent", "M003", "marketing", "sms", "granted").code == 0
    consents = both("contacts", "show", "M003", "--format", "json").json["consents"]
    assert {(c["purpose"], c["channel"], c["state"], c["source"]) for c in consents} >= {
        ("marketing", "sms", "granted", "cli"), ("marketing", "*", "denied", "import:contacts.csv"),
    }  # fmt: skip
    said = both("contacts", "consent", "M003", "marketing", "smss", "granted")
    assert said.code == 1
    assert "there is no channel “smss”" in said.err
    assert both("contacts", "consent", "M003", "marketing", "sms", "maybe").code == 1


def test_suppress_and_lift(both: Cli) -> None:
    assert "for ever" in both("contacts", "suppress", "M001", "--channel", "sms", "--reason", "asked by phone").out
    assert "nothing changed" in both("contacts", "suppress", "M001", "--channel", "sms").out
    (row,) = both("contacts", "show", "M001", "--format", "json").json["suppressions"]
    assert (row["channel"], row["reason"], row["until"]) == ("sms", "asked by phone", None)
    assert "asked by phone" in both("contacts", "show", "M001", lang="zh").out
    assert "1 suppression(s) lifted" in both("contacts", "lift", "M001").out
    assert "nothing changed" in both("contacts", "lift", "M001").out
    until = both("contacts", "suppress", "M001", "--until", "2999-01-01").out
    assert "until 2999-01-01 00:00:00" in until
    assert re.search(r"until \d{4}-", both("contacts", "suppress", "M002", "--until", "30d").out)


# ---------------------------------------------------------------- coupons


@pytest.fixture
def pool(folder: Path) -> None:
    catalogue = folder / "catalog.yaml"
    text = catalogue.read_text(encoding="utf-8")
    catalogue.write_text(text + "  GIFT:\n    label: {zh: 礼品券, en: gift}\n    kind: pool\n", encoding="utf-8")


@pytest.mark.usefixtures("pool")
def test_codes_are_counted_not_doubled(folder: Path, both: Cli) -> None:
    (folder / "codes.txt").write_text("A1\nA2\n\nA2\n", encoding="utf-8")
    assert (
        "3 codes: 2 added, 1 known already; GIFT has 2 left"
        in both("coupons", "import", "GIFT", str(folder / "codes.txt")).out
    )
    (folder / "codes.csv").write_text("no,Code\n1,A2\n2,A3\n", encoding="utf-8-sig")
    said = both("coupons", "import", "GIFT", str(folder / "codes.csv"), lang="zh")
    assert "共 2 个券码：新增 1，已有 1；批次 GIFT 现有 3 个可发" in said.out
    rows = both("coupons", "list", "--format", "json").json
    assert {"batch": "GIFT", "label": "gift", "kind": "pool", "issued": 0, "left": 3} in rows
    assert {
        "batch": "BDAY_50",
        "label": "birthday coupon of 50 yuan",
        "kind": "generated",
        "issued": 0,
        "left": None,
    } in rows


@pytest.mark.usefixtures("pool")
def test_wrong_code_files(folder: Path, both: Cli) -> None:
    (folder / "codes.csv").write_text("no,number\n1,A2\n", encoding="utf-8")
    assert "none named code" in both("coupons", "import", "GIFT", str(folder / "codes.csv")).err
    assert "can't be read" in both("coupons", "import", "GIFT", str(folder / "nothing.csv")).err
    (folder / "codes.txt").write_text("A1\n" + "x" * 81 + "\n", encoding="utf-8")
    assert both("coupons", "import", "GIFT", str(folder / "codes.txt")).code == 1
    (gift,) = [row for row in both("coupons", "list", "--format", "json").json if row["batch"] == "GIFT"]
    assert gift["left"] == 0  # all or nothing
    assert both("coupons", "import", "BDAY_50", str(folder / "codes.txt")).code == 1
    assert both("coupons", "import", "NONE", str(folder / "codes.txt")).code == 1


# ---------------------------------------------------------------- how columns are understood


def test_an_import_shows_first_how_each_column_was_understood(folder: Path, both: Cli) -> None:
    file = folder / "more.csv"
    file.write_text("member_no,手机号码,是否同意营销,contact.鞋码,注\nM009,13800138009,同意,42,x\n", encoding="utf-8")
    said = both("contacts", "import", str(file), "--skip", "注")
    assert said.code == 0
    assert said.out.splitlines() == [
        "columns: member_no",
        "  手机号码 → phone (phone)",
        "  是否同意营销 → consent.marketing",
        "  contact.鞋码 → contact.鞋码 (an attribute that is not in the catalogue)",
        "  注 → not imported",
        "1 rows: 1 created, 0 updated, 0 unchanged, 0 rejected; 0 merged",
    ]
    assert "手机号码 → phone (手机号)" in both("contacts", "import", str(file), "--skip", "注", lang="zh").out


def test_without_a_terminal_an_unknown_column_stops_with_nothing_kept(folder: Path, both: Cli) -> None:
    file = folder / "more.csv"
    file.write_text("member_no,levle\nM009,金卡\n", encoding="utf-8")
    said = both("contacts", "import", str(file))
    assert said.code == 1
    assert "  levle → not known (perhaps level)" in said.out
    assert "--unknown attribute|ignore does so for all. Nothing was written" in said.err
    assert "nobody is known" in both("contacts", "show", "M009").err
    assert both("contacts", "import", str(file), "--unknown", "ask").code == 2
    assert both("contacts", "import", str(file), "--unknown", "ignore").code == 0
    assert "levle" not in both("contacts", "show", "M009").out
    assert both("contacts", "import", str(file), "--map", "level=levle").code == 0
    assert "member level  金卡" in both("contacts", "show", "M009").out


def test_a_field_left_out_is_told_and_counted(folder: Path, both: Cli) -> None:
    file = folder / "more.csv"
    file.write_text("member_no,birthday\nM009,never\nM010,5/6/1992\n", encoding="utf-8")
    said = both("contacts", "import", str(file))
    assert said.code == 3
    assert "2 created, 0 updated, 0 unchanged, 0 rejected" in said.out
    assert "2 of the rows were taken without 2 field(s) that are wrong" in said.out
    assert both("contacts", "import", str(file), "--date-order", "ymd").code == 2
    assert "without 1 field" in both("contacts", "import", str(file), "--date-order", "dmy").out


@pytest.mark.skipif(sys.platform == "win32", reason="no pty")
def test_on_a_terminal_it_asks(folder: Path, cli: Cli) -> None:
    import pty

    file = folder / "more.csv"
    file.write_text("会员,levle,注,鞋码,birthday\nM009,金卡,x,42,5/6/1992\n", encoding="utf-8")
    program = [sys.executable, "-m", "automation.cli.main", "--project", str(folder), "--lang", "en"]
    ours, theirs = pty.openpty()
    child = subprocess.Popen([*program, "contacts", "import", str(file)], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = ""
    answers = [("column “会员”", "nonsense.key"), ("column “会员”", "member_no"), ("column “levle”", "level"),
               ("column “注”", "-"), ("column “鞋码”", "+"), ("which is the day", "dmy")]  # fmt: skip
    for asked, answer in answers:
        while asked not in said or not said.rstrip().endswith(":"):
            said += os.read(ours, 4096).decode(errors="replace")
        os.write(ours, f"{answer}\n".encode())
        said = ""
    while child.poll() is None:
        try:
            os.read(ours, 4096)
        except OSError:
            break
    assert child.wait(30) == 0
    os.close(ours)
    shown = cli("contacts", "show", "M009", "--reveal").out
    for line in ("member level  金卡", "鞋码  42", "birthday  1992-06-05"):
        assert line in shown
    assert "注" not in shown


def test_codes_come_in_from_whatever_a_spreadsheet_writes(folder: Path, both: Cli, pool: None) -> None:
    file = folder / "codes.csv"
    file.write_bytes('sep=;\r\n"no";"Code"\r\n1;"\'00123"\r\n2;\r\n3; A1 \r\n'.encode("utf-16"))
    assert "2 codes: 2 added" in both("coupons", "import", "GIFT", str(file)).out
    file.write_text('code,x\n1,2\n"open,2\n', encoding="utf-8")
    said = both("coupons", "import", "GIFT", str(file))
    assert (said.code, "codes.csv, line 3: quotes are not closed" in said.err) == (1, True)
