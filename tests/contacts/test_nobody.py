"""What is written for nothing is nobody's identity, and an identity is the same however it is written."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.catalogue.loader import load_catalogue
from automation.channels import IDENTITY_KINDS
from automation.clock import SystemClock
from automation.contacts.identity import IdentityError, NobodyError, normalise_identity, read_identity
from automation.contacts.importing import import_contacts
from automation.contacts.view import find_contact
from automation.store.database import Database
from tests.engine.world import World

FREE = sorted(IDENTITY_KINDS.keys() - {"phone", "email"})
NOTHING = [
    "undefined", "null", "NULL", "Null", "0", "000", "#N/A", "#REF!", "-", "--", "—", "无", "未知", "[object Object]",
    "6.21701E+15", "6.21701e15", "None", "nil", "NaN", "n/a", "(null)", "\\N", "?", ".", "{{ member_no }}", "${id}",
    "%s", "<openid>", "{}", "[]", "00000000-0000-0000-0000-000000000000", "ｕｎｄｅｆｉｎｅｄ", "N U L L", "匿名", "－",
]  # fmt: skip


@pytest.mark.parametrize("kind", FREE)
def test_the_known_forms_are_refused_for_every_free_kind(kind: str) -> None:
    for text in NOTHING:
        with pytest.raises(NobodyError) as caught:
            normalise_identity(kind, text, "CN")
        assert "identities/" + kind + "/nobody" in caught.value.text("en")
        assert "不是任何人的身份" in caught.value.text("zh")


@pytest.mark.parametrize("kind", FREE)
@pytest.mark.parametrize(
    "text", ["M0", "100", "1", "oAbC-_1", "null7", "无锡001", "1e5a", "e-12", "none-such", "空军01"]
)
def test_what_only_looks_like_it_is_an_identity(kind: str, text: str) -> None:
    assert normalise_identity(kind, text, "CN") == text


@pytest.mark.parametrize(
    "text", ["13800000000", "+8618888888888", "noreply@shop.cn", "null@null.com", "-@a.cn", "0@a.cn"]
)
def test_placeholders_of_phones_and_mail(text: str) -> None:
    with pytest.raises(NobodyError):
        normalise_identity("email" if "@" in text else "phone", text, "CN")


@given(st.sampled_from(FREE), st.text(max_size=12), st.booleans())
def test_a_normal_form_stays_and_is_the_same_for_all_ways_to_write_it(kind: str, text: str, caseless: bool) -> None:
    try:
        normal = normalise_identity(kind, text, "CN", caseless)
    except IdentityError:
        return
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in normal)
    ways = [normal, f" {normal}\t", wide, unicodedata.normalize("NFKC", text)]
    ways += [normal.upper()] if caseless and normal.upper().lower() == normal else []
    assert {normalise_identity(kind, way, "CN", caseless) for way in ways} == {normal}


def test_a_catalogue_adds_values_and_says_where_case_does_not_matter() -> None:
    text = """
    identities:
      member_no: {ignore_case: true, nobody: [M0000, 门店通用]}
      phone: {nobody: [13800138000]}
    """
    catalogue, problems = load_catalogue(text, "catalog.yaml")
    assert problems == []
    assert read_identity(catalogue, "member_no", "Ａ １９") == "a19"
    for kind, value in (("member_no", "ｍ0000"), ("member_no", "门店通用"), ("phone", "138 0013 8000")):
        with pytest.raises(NobodyError):
            read_identity(catalogue, kind, value)
    assert read_identity(catalogue, "wechat_openid", "oAb") == "oAb"


RULES = """
rules:
  - id: r
    name: 欢迎
    trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
    audience: [{contact.member_no: ａ１９}]
    steps: [{do: contact.tag, with: {add: [x]}}]
"""


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    return World(tmp_path / "project", db, RULES)


def test_events_from_strangers_who_have_nothing_in_common_stay_apart(world: World) -> None:
    for n in range(3):
        world.event("vip.welcome", {"wechat_openid": "undefined", "phone": f"1380013800{n}"}, from_rule=str(n))
        world.event("vip.welcome", {"email": f"p{n}@shop.cn", "member_no": "null"}, from_rule=str(n))
    assert len(world.table("contact")) == 6
    assert {row.kind for row in world.table("identity")} == {"phone", "email"}
    result = world.event("vip.welcome", {"wechat_openid": "0"}, from_rule="x")
    assert [(reason.code, reason.detail["kind"]) for reason in result.reasons] == [
        ("contacts.identity_nobody", "wechat_openid")
    ]


def test_an_import_keeps_them_apart_and_says_what_it_left_out(world: World, tmp_path: Path) -> None:
    rows = [("wechat_openid", "phone"), ("undefined", "13800138001"), ("[object Object]", "13800138002"), ("oA", "")]
    file = tmp_path / "people.csv"
    file.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    report = import_contacts(
        world.database, world.engine.project.catalogue, file, mapping={}, zone=ZoneInfo("Asia/Shanghai"),
        clock=SystemClock(),
    )  # fmt: skip
    assert (report.created, report.rejected) == (3, 0)
    assert [row.value for row in world.table("identity") if row.kind == "wechat_openid"] == ["oA"]


def test_one_number_however_it_is_written_in_events_lists_conditions_and_look_ups(world: World) -> None:
    ways = ["a19", "ａ１９", " a 19 ", "a１9", "a\u200b19"]
    for n, way in enumerate(ways):
        world.event("vip.welcome", way, from_rule=str(n))
    (person,) = world.table("contact")
    for way in ways:
        with world.database.read() as conn:
            assert find_contact(conn, world.engine.project.catalogue, f"member_no:{way}") == person.id
    world.event("store.stock_out", member_id=["ａ１９", "undefined"], sku="s", store_id="t")
    world.run()
    assert [row.tag for row in world.table("contact_tag")] == ["x"]
    assert "skipped.unknown_contact" not in world.codes()


@pytest.mark.parametrize("at_once", [True, False])
def test_a_default_phone_that_hundreds_share_makes_no_crowd(world: World, at_once: bool) -> None:
    shared = [
        {"name": "vip.welcome", "contact": {"email": f"p{n}@shop.cn", "phone": "13800138000"}, "message_id": str(n)}
        for n in range(25)
    ]
    lines = [json.dumps(one) for one in shared]
    results = [world.events(lines)] if at_once else [world.events([line]) for line in lines]
    assert sum(one.stored for one in results) == 20
    told = [reason for one in results for reason in one.reasons]
    assert len(told) == 5
    assert "more than 20 values of email" in told[0].detail["reason"] or "超过 20 个" in told[0].detail["reason"]
    for n in range(30):  # a browser that forgets is no crowd
        world.event("vip.welcome", {"phone": "13900139000", "anonymous_id": f"n{n}"}, from_rule=str(n))
    assert len([row for row in world.table("identity") if row.kind == "anonymous_id"]) == 30
