"""What a text costs as an SMS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.templating import SmsParts, sms_parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SmsParts("GSM-7", 0, 0)),
        ("a" * 160, SmsParts("GSM-7", 160, 1)),
        ("a" * 161, SmsParts("GSM-7", 161, 2)),
        ("a" * 306, SmsParts("GSM-7", 306, 2)),
        ("a" * 307, SmsParts("GSM-7", 307, 3)),
        ("€" * 80, SmsParts("GSM-7", 160, 1)),
        ("€" * 153, SmsParts("GSM-7", 306, 3)),  # 76 in a segment: an escape is not split, so 77 are left for the third
        ("a" * 152 + "€" + "a" * 10, SmsParts("GSM-7", 164, 2)),
        ("中" * 70, SmsParts("UCS-2", 70, 1)),
        ("中" * 71, SmsParts("UCS-2", 71, 2)),
        ("中" * 134, SmsParts("UCS-2", 134, 2)),
        ("中" * 135, SmsParts("UCS-2", 135, 3)),
        ("😀" * 35, SmsParts("UCS-2", 70, 1)),
        ("😀" * 67, SmsParts("UCS-2", 134, 3)),  # 33 in a segment of 67: a pair is not split
        ("`", SmsParts("UCS-2", 1, 1)),  # not in the GSM alphabet
        ("【示例商城】您好", SmsParts("UCS-2", 8, 1, "示例商城")),
        ("您好【示例】", SmsParts("UCS-2", 6, 1, "示例")),
        ("您【x】好", SmsParts("UCS-2", 5, 1)),
    ],
)
def test_encoding_length_and_segments(text: str, expected: SmsParts) -> None:
    assert sms_parts(text) == expected


@given(st.text(alphabet="ab€😀中^", max_size=400))
def test_segments_hold_what_they_must(text: str) -> None:
    parts = sms_parts(text)
    single, each = (160, 153) if parts.encoding == "GSM-7" else (70, 67)
    if parts.characters <= single:
        assert parts.segments == bool(text)
    else:
        assert (parts.segments - 1) * (each - 1) < parts.characters <= parts.segments * each
