"""How the columns of other people's files are understood: known, asked for, or stopped at; never taken in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from automation.contacts.columns import Choices, Column, understand
from automation.contacts.headers import header_keys, key_of, near
from automation.contacts.importing import ImportProblem
from automation.contacts.profile import update_attributes
from automation.i18n import language
from automation.store.schema import contact
from tests.contacts.helpers import NOW, someone
from tests.contacts.test_import import EXTENDED, load, profile_of, totals

if TYPE_CHECKING:
    from pathlib import Path

    from automation.clock import ManualClock
    from automation.store.database import Database


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("手机号码", "phone"), ("手机", "phone"),
        ("联系电话", "phone"), ("Mobile Phone", "phone"), ("会员编号", "member_no"),
        ("会员卡号", "member_no"), ("Member ID", "member_no"),
        ("姓名", "name"), ("客户姓名", "name"), ("生日", "birthday"),
        ("出生日期", "birthday"), ("邮箱", "email"),
        ("电子邮箱", "email"), ("E-mail Address", "email"), ("性别", "gender"),
        ("手机号（必填）*", "phone"), ("ｐｈｏｎｅ", "phone"),
        ("等级", "level"), ("Joined At", "joined"), ("标签", "tags"),
        ("是否同意营销", "consent.marketing"),
        ("是否同意短信营销", "consent.marketing.sms"), ("营销同意", "consent.marketing"),
        ("接受邮件营销", "consent.marketing.email"), ("marketing consent", "consent.marketing"),
        ("Accepts SMS Marketing", "consent.marketing.sms"),
        ("短信营销", None), ("是否拒绝营销", None), ("退订营销", None), ("备注", None), ("levle", None), ("鞋码", None),
    ],
)  # fmt: skip
def test_headers_that_are_known(header: str, key: str | None) -> None:
    assert key_of(header_keys(EXTENDED), header) == key


def test_the_nearest_known_name_is_offered_and_never_the_opposite() -> None:
    keys = header_keys(EXTENDED)
    assert (near(keys, "levle"), near(keys, "birhtday"), near(keys, "手机号吗")) == ("level", "birthday", "phone")
    assert (near(keys, "qqqq"), near(keys, "是否拒绝营销"), near(keys, "unsubscribed email")) == ("", "", "")


def test_a_mapping_goes_before_a_name_and_a_skipped_column_is_nothing() -> None:
    choices = Choices({"phone": "mobile"}, skip=("notes",))
    phone, nothing, free = understand(EXTENDED, ["mobile", "notes", "contact.shoe"], choices, "p.csv")
    assert (phone.target and phone.target.key, nothing) == ("phone", Column("notes"))
    assert (free.target and free.target.key, free.known, free.new) == ("shoe", True, True)


PEOPLE = "手机号码,会员编号,levle,备注\n13800138000,M1,金卡,x\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "p.csv"
    path.write_text(text, encoding="utf-8")
    return path


def people(db: Database) -> Any:
    with db.read() as conn:
        return conn.scalar(select(func.count()).select_from(contact))


def test_an_unknown_column_stops_with_nothing_kept(db: Database, tmp_path: Path, clock: ManualClock) -> None:
    path = write(tmp_path, PEOPLE)
    with pytest.raises(ImportProblem) as caught:
        load(db, path, clock, unknown="stop")
    assert "columns that are not known: “levle” (perhaps level), “备注”;" in caught.value.text("en")
    assert "不认识的列：“levle”（也许是 level）、“备注”；" in caught.value.text("zh")
    assert people(db) == 0


def test_unless_it_is_ignored_or_taken_as_an_attribute(db: Database, tmp_path: Path, clock: ManualClock) -> None:
    path = write(tmp_path, PEOPLE)
    assert totals(load(db, path, clock, unknown="ignore")) == (1, 0, 0, 0)
    assert profile_of(db, "M1").keys() >= {"phone", "member_no"}
    assert not {"levle", "备注"} & profile_of(db, "M1").keys()
    assert totals(load(db, path, clock, unknown="attribute")) == (0, 1, 0, 0)
    assert profile_of(db, "M1")["备注"] == "x"
    # what people have by now is known
    assert totals(load(db, path, clock, unknown="stop")) == (0, 0, 1, 0)


def test_an_attribute_that_people_have_is_known(sqlite_db: Database, tmp_path: Path, clock: ManualClock) -> None:
    person = someone(sqlite_db, member_no="M1")
    with sqlite_db.write() as conn:
        update_attributes(conn, {person: {"鞋码": "41"}}, NOW, "test")
    assert totals(load(sqlite_db, write(tmp_path, "member_no,鞋码\nM1,42\n"), clock, unknown="stop")) == (0, 1, 0, 0)


def test_a_mapping_to_an_unknown_name_is_unknown_too(sqlite_db: Database, tmp_path: Path, clock: ManualClock) -> None:
    path = write(tmp_path, "member_no,等级别\nM1,金卡\n")
    with pytest.raises(ImportProblem) as caught:
        load(sqlite_db, path, clock, unknown="stop", mapping={"levle": "等级别"})
    assert "“等级别” (perhaps level)" in caught.value.text("en")
    load(sqlite_db, path, clock, unknown="stop", mapping={"contact.levle": "等级别"})
    assert profile_of(sqlite_db, "M1")["levle"] == "金卡"


def test_nobody_is_created_without_an_identity(db: Database, tmp_path: Path, clock: ManualClock) -> None:
    path = write(tmp_path, "姓名,备注\n李雷,x\n")
    for unknown in ("attribute", "ignore"):
        with pytest.raises(ImportProblem) as caught:
            load(db, path, clock, unknown=unknown)
        assert caught.value.key == "contacts.no_identity_column"
    assert people(db) == 0


MESSY = """\
"会员编号","手机号码","生日","等级","时区","是否同意营销","joined","备注",
"'1001"," 13800138000 ","1990.12.01","金卡","Asia/Shanghai","同意","2026-01-01 09:00","  hello ",
"1002","1.38E+10","1990-02-30","铜卡","Asia/Shangai","也许","5/6/2026","NULL",
"无","-","NULL","","","是","","x",
1003,13900139000,5/6/1992,,,不同意,,'00123,
"""


def test_one_bad_field_does_not_reject_the_row_and_all_of_them_are_told(
    db: Database, tmp_path: Path, clock: ManualClock
) -> None:
    path = write(tmp_path, MESSY)
    with language("en"):
        report = load(db, path, clock, date_order="dmy")

    assert (totals(report), report.partly, report.left_out) == ((3, 0, 0, 1), 1, 5)
    first = profile_of(db, "1001")
    assert first["birthday"] == "1990-12-01"
    assert (first["phone"], first["备注"], first["timezone"]) == ("+8613800138000", "hello", "Asia/Shanghai")
    second = profile_of(db, "1002")
    assert second["joined"] == "2026-06-04T16:00:00.000Z"
    assert not {"phone", "birthday", "level", "timezone", "备注"} & second.keys()
    third = profile_of(db, "1003")
    assert (third["birthday"], third["备注"]) == ("1992-06-05", "00123")
    assert report.rejects_file is not None
    told = report.rejects_file.read_text(encoding="utf-8-sig")
    for part in (
        "taken without: column “手机号码”: “1.38E+10” is a long number that Excel has shortened", "column “生日”:",
        "column “等级”: level has no choice 铜卡", "there is no time zone “Asia/Shangai”; did you mean Asia/Shanghai?",
        "column “是否同意营销”: “也许” is no consent state", "nothing identifies a contact (会员编号, 手机号码)",
    ):  # fmt: skip
        assert part in told
    # the file of rejects is read as the original was
    again = load(db, report.rejects_file, clock, date_order="dmy")
    assert (totals(again), again.left_out) == ((0, 0, 1, 1), 5)


def test_the_order_of_day_and_month_is_asked_for(sqlite_db: Database, tmp_path: Path, clock: ManualClock) -> None:
    path = write(tmp_path, "member_no,birthday\nM1,5/6/1992\nM2,31/12/1992\nM3,1992/5/6\n")
    with language("en"):
        report = load(sqlite_db, path, clock)
    assert report.left_out == 2
    assert report.rejects_file is not None
    assert "with --date-order dmy (day first) or mdy" in report.rejects_file.read_text(encoding="utf-8-sig")
    load(sqlite_db, path, clock, date_order="mdy")
    assert profile_of(sqlite_db, "M1")["birthday"] == "1992-05-06"
    assert "birthday" not in profile_of(sqlite_db, "M2")
    load(sqlite_db, path, clock, date_order="dmy")
    assert profile_of(sqlite_db, "M1")["birthday"] == "1992-06-05"
    assert profile_of(sqlite_db, "M2")["birthday"] == "1992-12-31"


@pytest.mark.parametrize(
    ("answer", "state"),
    [("同意", "granted"), ("不同意", "denied"), ("是 ", "granted"), ("否", "denied"), ("Ｙ", "granted"),
     ("退订", "denied"), ("0", "denied"), ("TRUE", "granted"), ("未同意", "denied"), ("opt-out", "denied")],
)  # fmt: skip
def test_answers_about_consent(answer: str, state: str) -> None:
    from automation.contacts.answers import read_answer

    assert read_answer(answer) == state
