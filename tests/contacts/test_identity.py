"""One normal form however an identity was written, and a sentence for what can't be one."""

from __future__ import annotations

import pytest

from automation.contacts.identity import IdentityError, normalise_identity


@pytest.mark.parametrize(
    ("written", "country", "normal"),
    [
        ("13800138000", "CN", "+8613800138000"),
        (" 138 0013-8000 ", "CN", "+8613800138000"),
        ("+86 138 0013 8000", "US", "+8613800138000"),
        ("008613800138000", "CN", "+8613800138000"),
        ("8613800138000", "CN", "+8613800138000"),
        ("１３８００１３８０００", "CN", "+8613800138000"),
        ("(010) 6552-9988", "CN", "+861065529988"),
        ("(202) 456-1111", "US", "+12024561111"),
    ],
)
def test_phone_numbers_become_e164(written: str, country: str, normal: str) -> None:
    assert normalise_identity("phone", written, country) == normal
    assert normalise_identity("phone", normal, country) == normal


@pytest.mark.parametrize(
    "written", ["12345", "1.38E+10", "13800138000 ext. 5", "call 13800138000", "23800138000", "0", "+", "1" * 300]
)
def test_what_is_no_valid_number_is_refused_with_the_remedy(written: str) -> None:
    with pytest.raises(IdentityError) as caught:
        normalise_identity("phone", written, "CN")
    assert "no valid phone number (read as of CN); write it like +8613800138000" in caught.value.text("en")
    assert "不是有效的电话号码" in caught.value.text("zh")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Li.Lei+News@Example.COM ", "li.lei+news@example.com"),
        ("李雷@例子.中国", "李雷@例子.中国"),
        ("a@localhost", "a@localhost"),
    ],
)
def test_mail_addresses_are_trimmed_and_in_small_letters(written: str, normal: str) -> None:
    assert normalise_identity("email", written, "CN") == normal


@pytest.mark.parametrize(
    "written", ["a", "a@", "@b.cn", "a@b@c.cn", "a b@c.cn", "a@b..cn", "a@.cn", "Li <li@x.cn>", "a@x.cn,b@x.cn"]
)
def test_what_is_no_address_is_refused_with_the_remedy(written: str) -> None:
    with pytest.raises(IdentityError) as caught:
        normalise_identity("email", written, "CN")
    assert caught.value.text("en") == f"“{written}” is no valid e-mail address; write it like name@example.com"


def test_other_identities_are_only_trimmed() -> None:
    assert normalise_identity("member_no", "  00M1 ", "CN") == "00M1"
    assert normalise_identity("wechat_openid", "oAbC-_1", "CN") == "oAbC-_1"


@pytest.mark.parametrize(
    ("kind", "written", "said"),
    [
        ("member_no", "  ", "member_no is empty; give a value"),
        ("member_no", "M" * 321, "is longer than 320 characters"),
        ("member_no", "M\x00 1", "contains control characters; remove them"),
        ("member_no", "M\ud800", "contains control characters; remove them"),
        ("email", "a" * 320 + "@x.cn", "is longer than 320 characters"),
    ],
)
def test_what_no_table_can_hold_is_refused(kind: str, written: str, said: str) -> None:
    with pytest.raises(IdentityError) as caught:
        normalise_identity(kind, written, "CN")
    assert said in caught.value.text("en")
