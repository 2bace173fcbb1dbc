"""Suppression lists go out and come in: in any database, whatever its ids, with reason and source."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from automation.contacts.erasing import erase
from automation.contacts.identity import normalise_identity
from automation.contacts.importing import ImportProblem
from automation.contacts.reading import survey
from automation.contacts.suppression import Suppression, load_suppressed, suppress
from automation.contacts.suppression_export import export_suppressions
from automation.contacts.suppression_import import Defaults, ListReport, import_suppressions, understood
from automation.i18n import language
from automation.store.schema import audit, contact, identity, suppression
from automation.store.suppression import page_of_suppressions
from tests.contacts.helpers import CATALOGUE, DAY, NOW, audit_of, someone
from tests.contacts.test_import import ZONE

if TYPE_CHECKING:
    from automation.clock import ManualClock
    from automation.store.database import Database

texts = st.text(
    st.sampled_from(list("=+-@'\"| ,;无aN")) | st.characters(exclude_categories=("C", "Z")), max_size=20
).map(str.strip)
entries = st.lists(
    st.tuples(
        st.sampled_from(["M1", "M2", "=M3", "+8613800138000", "a@x.cn", "oOpen|1"]),
        st.sampled_from(["*", "sms", "email"]), texts, texts,
        st.integers(0, 5 * DAY), st.none() | st.integers(DAY, 9 * DAY),
    ), max_size=6, unique_by=lambda entry: entry[:2],
)  # fmt: skip


def load(db: Database, clock: ManualClock, name: str, text: str, **options: Any) -> ListReport:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8", newline="")
        found = survey(path)
        columns = understood(CATALOGUE, found, options.pop("mapping", {}), options.pop("skip", ()), "stop")
        defaults = Defaults(**options)
        report = import_suppressions(db, CATALOGUE, found, columns, defaults, zone=ZONE, clock=clock)
        if report.rejects_file is not None:
            report.told = [(report.rejects_file.read_text(encoding="utf-8-sig"), "")]  # type: ignore[list-item]
        return report


def listed(db: Database) -> list[Any]:
    """(whom, channel, reason, source, since, until), whatever the ids."""
    out = StringIO()
    export_suppressions(db, out, "jsonl", NOW)
    return sorted(out.getvalue().splitlines())


@pytest.mark.parametrize("fmt", ["csv", "jsonl"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=entries)
def test_what_is_exported_comes_in_again_the_same(
    sqlite_db: Database, clock: ManualClock, fmt: Any, entries: list[Any]
) -> None:
    for table in (suppression, identity, contact, audit):
        with sqlite_db.write() as conn:
            conn.execute(delete(table))
    people = {name: someone(sqlite_db, member_no=name) for name in ("M1", "M2", "=M3")}
    with sqlite_db.write() as conn:
        for whom, channel, reason, source, since, until in entries:
            person = people.get(whom)
            row = Suppression(reason or "x", person, None if person else whom, channel, until and NOW + until,
                              source or "y", NOW - since)  # fmt: skip
            suppress(conn, [row], NOW, actor="test")
    before = listed(sqlite_db)
    out = StringIO(newline="")
    assert export_suppressions(sqlite_db, out, fmt, NOW) == (len(entries), 0)
    with sqlite_db.write() as conn:
        for table in (suppression, identity, contact):
            conn.execute(delete(table))
    if not entries:
        return

    report = load(sqlite_db, clock, f"list.{fmt}", out.getvalue())

    assert (report.listed, report.added, report.rejected, report.left_out) == (len(entries), len(entries), 0, 0)
    assert listed(sqlite_db) == before
    again = load(sqlite_db, clock, f"list.{fmt}", out.getvalue())
    assert (again.added, again.created) == (0, 0)


def test_a_list_of_somebody_else(db: Database, clock: ManualClock) -> None:
    person = someone(db, member_no="M1", phone="+8613800138001")
    text = (
        "手机号码,会员编号,姓名,渠道,原因,到期\n"
        "13800138000,,李雷,,投诉,\n"
        ",M1,韩梅梅,短信,=1+1,2027-01-01\n"
        "13800138002,NEW,,carrier pigeon,,soon\n"
        "123,,,,,\n"
        ",,王芳,,,\n"
        "a@x.cn,,,,,2020-01-01\n"
    )
    with language("en"):
        report = load(db, clock, "不打扰.csv", text, reason="12321")

    assert (report.read, report.listed, report.ended, report.rejected) == (6, 3, 0, 3)
    assert (report.left_out, report.created) == (2, 1)
    with db.read() as conn:
        rows = page_of_suppressions(conn, NOW)
        new = [row.contact_id for row in rows if row.contact_id not in (None, person)]
        found = {(row.contact_id, row.address, row.channel, row.reason, row.until is None) for row in rows}
        held = load_suppressed(
            conn, [(person, "sms", None), (person, "email", None), (999, "wechat", "+8613800138000")], NOW
        )
    assert found == {
        (None, "+8613800138000", "*", "投诉", True), (person, None, "sms", "=1+1", False),
        (None, "+8613800138002", "*", "12321", True), (new[0], None, "*", "12321", True),
    }  # fmt: skip
    assert {row.source for row in rows} == {"import:不打扰.csv"}
    assert held.hits == {0, 2}
    (told,) = (text for text, _ in report.told)
    for part in ("there is no channel “carrier pigeon”", "“soon” is no time", "“123” is no valid phone number",
                 "nothing identifies a contact"):  # fmt: skip
        assert part in str(told)
    assert "suppression.added" in [row.action for row in audit_of(db, person)]


def test_a_list_takes_nobody_off_and_shortens_nothing(db: Database, clock: ManualClock) -> None:
    with db.write() as conn:
        suppress(conn, [Suppression("complaint", address="+8613800138000")], NOW, actor="cli")
        suppress(conn, [Suppression("bounced", address="a@x.cn", channel="email", until_ms=NOW + DAY)], NOW, actor="p")
    report = load(db, clock, "list.csv", "address,channel,until\n13800138000,,2026-09-01\na@x.cn,email,2030-01-01\n")
    assert (report.listed, report.added) == (2, 1)
    with db.read() as conn:
        phone, mail = page_of_suppressions(conn, NOW)
    assert (phone.until, phone.reason, phone.source) == (None, "complaint", "cli")
    assert mail.until is not None
    assert mail.until > NOW + DAY


def test_several_channels_and_people_in_a_row_and_a_default_channel(db: Database, clock: ManualClock) -> None:
    one, two = someone(db, member_no="M1"), someone(db, email="b@x.cn")
    text = "contact,channel\nmember_no:M1|email:b@x.cn,sms|email\nmember_no:M1,\n"
    assert load(db, clock, "list.csv", text, channel="wechat").added == 5
    with db.read() as conn:
        assert {(row.contact_id, row.channel) for row in page_of_suppressions(conn, NOW)} == {
            (one, "sms"), (one, "email"), (two, "sms"), (two, "email"), (one, "wechat"),
        }  # fmt: skip


def test_what_an_erasure_left_neither_leaves_nor_comes_in(db: Database, clock: ManualClock) -> None:
    person = someone(db, member_no="M1", phone="+8613800138000")
    erase(db, CATALOGUE, person, NOW, actor="test", reason="")
    out = StringIO()
    written, left = export_suppressions(db, out, "csv", NOW)
    assert written == 0
    assert left >= 2
    assert "erased:" not in out.getvalue()
    with db.read() as conn:
        sealed = next(row.address for row in page_of_suppressions(conn, NOW) if row.address)
        assert all(row.contact_id != 0 for row in page_of_suppressions(conn, NOW)), "the key is nobody's to see"
    assert load(db, clock, "list.csv", f"address\n{sealed}\n").rejected == 1


@pytest.mark.parametrize(
    ("text", "mapping", "said"),
    [
        ("phone,levle\n1,2\n", {}, "columns that are not known: “levle”"),
        ("name,reason\nx,y\n", {}, "has no column that identifies a contact"),
        ("phone,x\n1,2\n", {"birthday": "x"}, "can't be imported as “birthday”: known: contact, address, channel"),
        ("phone\n1\n", {"email": "x"}, "has no column “x”"),
    ],
)
def test_a_list_that_is_not_understood_is_refused(
    sqlite_db: Database, clock: ManualClock, text: str, mapping: dict[str, str], said: str
) -> None:
    with pytest.raises(ImportProblem) as caught:
        load(sqlite_db, clock, "list.csv", text, mapping=mapping)
    assert said in caught.value.text("en")
    assert load(sqlite_db, clock, "list.csv", "phone,levle\n13800138000,2\n", skip=("levle",)).added == 1
    assert normalise_identity("phone", "13800138000", "CN") in str(listed(sqlite_db))
