"""What is exported can be imported: the same people come back."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from automation.contacts.consent import ConsentChange, load_consents, record_consent
from automation.contacts.exporting import export_contacts
from automation.contacts.identity import IdentityError, normalise_identity
from automation.contacts.importing import Choices, import_contacts, look_at
from automation.contacts.profile import add_tags, load_contacts, update_attributes
from automation.contacts.resolve import resolve_pairs
from automation.csvfiles.cells import is_formula
from automation.store.identities import held_by
from automation.store.schema import audit, consent, contact, contact_date, contact_tag, identity, undated_denial
from tests.contacts.helpers import NOW, someone, together
from tests.contacts.test_import import EXTENDED

if TYPE_CHECKING:
    from automation.clock import ManualClock
    from automation.store.database import Database

ZONE = ZoneInfo("Asia/Shanghai")
TABLES = (undated_denial, identity, contact_date, contact_tag, consent, audit, contact)

# A value that is nothing but space is an empty cell, so it is no value here.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12).filter(str.strip)
plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=8)


def _is_normal(text: str) -> bool:
    """Whether it is kept as it is written, and does not stand for nothing."""
    try:
        return normalise_identity("anonymous_id", f"{text}0", "CN") == f"{text}0"
    except IdentityError:
        return False


keys = st.sampled_from(["鞋码", "a b", "姓名", "x,y", "import_line", "consent", "=1", "'"])
people = st.lists(
    st.fixed_dictionaries(
        {
            "identities": st.lists(
                st.tuples(st.sampled_from(["anonymous_id", "wechat_openid"]), plain.filter(_is_normal)), max_size=4
            ),
            "attributes": st.fixed_dictionaries(
                {},
                optional={
                    "name": texts,
                    "level": st.sampled_from(["银卡", "金卡"]),
                    "birthday": st.dates().map(str),
                    "balance": st.integers(-(10**9), 10**9),
                    "interests": st.lists(texts, min_size=1, max_size=3),
                    "joined": st.just("2026-08-04T10:00:00.123Z"),
                },
            ),
            "free": st.dictionaries(keys, texts, max_size=3),
            "tags": st.lists(plain, max_size=3),
            "consents": st.dictionaries(
                st.tuples(st.sampled_from(["marketing", "服务"]), st.sampled_from(["*", "sms"])),
                st.sampled_from(["granted", "denied"]),
                max_size=2,
            ),
        }
    ),
    min_size=1,
    max_size=4,
)
AWKWARD: list[dict[str, Any]] = [
    {
        "identities": [("anonymous_id", "a|b"), ("anonymous_id", "[x"), ("wechat_openid", '["x"]')],
        "attributes": {"name": '\r\n"|,\ufeff', "interests": ["[", "a;b"], "balance": -5},
        "free": {"姓名": "not the name", "import_line": "7"},
        "tags": ["a|b", "c"],
        "consents": {("marketing", "*"): "denied"},
    },
    {
        "identities": [("anonymous_id", "=1+1"), ("anonymous_id", "'1001"), ("wechat_openid", "-x")],
        "attributes": {"name": " NULL ", "interests": ["@x"], "balance": -500},
        "free": {"=1": "=cmd|' /C calc'!A0", "'": "'00123", "鞋码": "-", "a b": '"NULL"', "x,y": "无"},
        "tags": ["=a", "NULL"],
        "consents": {},
    },
]


@pytest.mark.parametrize("fmt", ["csv", "jsonl"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=people)
@example(people=AWKWARD)
def test_an_export_imported_into_an_empty_database_gives_the_same_contacts(
    sqlite_db: Database, clock: ManualClock, fmt: Any, people: list[dict[str, Any]]
) -> None:
    _empty(sqlite_db)
    _fill(sqlite_db, people)
    before = _everybody(sqlite_db)

    count, text = _export(sqlite_db, fmt)
    _empty(sqlite_db)
    report = _import(sqlite_db, clock, fmt, text)

    assert count == len(before)
    assert (report.created, report.rejected, report.left_out) == (count, 0, 0)
    assert _everybody(sqlite_db) == before
    assert _export(sqlite_db, fmt) == (count, text)
    for row in csv.reader(StringIO(text, newline="")) if fmt == "csv" else ():
        assert not any(is_formula(cell) for cell in row)


def test_a_raw_export_is_read_by_a_raw_import(sqlite_db: Database, clock: ManualClock) -> None:
    _fill(sqlite_db, AWKWARD)
    before = _everybody(sqlite_db)
    text = _export(sqlite_db, "csv", raw=True)[1]
    assert "=cmd|' /C calc'!A0" in text
    _empty(sqlite_db)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text(text, encoding="utf-8", newline="")
        layout = look_at(sqlite_db, EXTENDED, path, Choices({}), raw=True)
        import_contacts(sqlite_db, EXTENDED, path, zone=ZONE, clock=clock, layout=layout)
    assert _everybody(sqlite_db) == before


@pytest.mark.parametrize("fmt", ["csv", "jsonl"])
def test_the_export_is_paged_and_leaves_out_who_merged_away(db: Database, clock: ManualClock, fmt: Any) -> None:
    together(db, *({"member_no": f"M{number}"} for number in range(25)))
    _fill(db, AWKWARD)
    someone(db, email="a@x.cn")
    someone(db, email="a@x.cn", member_no="M3")

    out = StringIO()
    with db.read() as conn:
        assert conn.execute(contact.select()).all()
    assert export_contacts(db, EXTENDED, out, fmt, page_size=10) == 25 + len(AWKWARD)

    before = _everybody(db)
    _empty(db)
    assert _import(db, clock, fmt, out.getvalue()).created == 25 + len(AWKWARD)
    assert _everybody(db) == before


def test_the_columns_are_named_and_ordered_for_people(db: Database) -> None:
    person = someone(db, member_no="M1", phone="+8613800138000")
    together(db, {"member_no": "M1", "phone": "+8613900139000"})
    with db.write() as conn:
        update_attributes(conn, {person: {"zz": "1", "balance": 5990, "name": "李雷", "interests": ["茶"]}}, NOW, "t")
        record_consent(conn, [ConsentChange(person, "marketing", "*", "granted", "", NOW)])
        record_consent(conn, [ConsentChange(person, "marketing", "sms", "denied", "", NOW)])

    assert _export(db, "csv")[1].splitlines() == [
        "member_no,phone,name,balance,interests,contact.zz,tags,consent.marketing,consent.marketing.sms",
        "M1,'+8613800138000|+8613900139000,李雷,59.90,茶,1,,granted,denied",
    ]
    assert json.loads(_export(db, "jsonl")[1]) == {
        "member_no": "M1", "phone": ["+8613800138000", "+8613900139000"], "name": "李雷", "balance": "59.90",
        "interests": ["茶"], "contact.zz": "1", "consent.marketing": "granted", "consent.marketing.sms": "denied",
    }  # fmt: skip


def _fill(db: Database, people: list[dict[str, Any]]) -> None:
    items = [
        [("member_no", f"P{place}"), *((kind, f"{value}{place}") for kind, value in person["identities"])]
        for place, person in enumerate(people)
    ]
    with db.write() as conn:
        ids = resolve_pairs(conn, EXTENDED, items, NOW, create=True, actor="test").contacts
        for id_, person in zip(ids, people, strict=True):
            assert isinstance(id_, int)
            update_attributes(conn, {id_: person["attributes"] | person["free"]}, NOW, "test")
            add_tags(conn, {id_: person["tags"]}, NOW)
            answers = person["consents"].items()
            record_consent(conn, [ConsentChange(id_, *key, state, "test", NOW) for key, state in answers])


def _everybody(db: Database) -> dict[str, Any]:
    with db.read() as conn:
        ids = [row.id for row in conn.execute(contact.select().where(contact.c.merged_into.is_(None)))]
        profiles, held, consents = load_contacts(conn, ids), held_by(conn, ids), load_consents(conn, ids)
    for profile in profiles.values():
        del profile["created_at"], profile["updated_at"]
    return {
        profiles[id_]["member_no"]: (
            {key: value for key, value in profiles[id_].items() if key not in EXTENDED.identity_kinds},
            {(kind, value) for kind, value, _ in held[id_]},
            consents[id_],
        )
        for id_ in ids
    }


def _export(db: Database, fmt: Any, *, raw: bool = False) -> tuple[int, str]:
    out = StringIO(newline="")
    return export_contacts(db, EXTENDED, out, fmt, raw=raw), out.getvalue()


def _import(db: Database, clock: ManualClock, fmt: str, text: str) -> Any:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"people.{fmt}"
        path.write_text(text, encoding="utf-8", newline="")
        return import_contacts(db, EXTENDED, path, mapping={}, zone=ZONE, clock=clock)


def _empty(db: Database) -> None:
    with db.write() as conn:
        for table in TABLES:
            conn.execute(delete(table))
