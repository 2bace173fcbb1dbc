"""What a text costs as an SMS: its encoding, its length as the networks count it, and its segments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

# The GSM 03.38 default alphabet, and its extension table, whose characters cost two (an escape before each).
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

_LIMITS = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
_SIGNATURE = re.compile(r"^【([^【】]{1,20})】|【([^【】]{1,20})】$")


@dataclass(frozen=True)
class SmsParts:
    """`characters` counts septets in GSM-7 and 16-bit units in UCS-2; `signature` is what stands in 【…】."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    segments: int
    signature: str | None = None


def sms_parts(text: str) -> SmsParts:
    """How `text` is sent: 160 characters, or 153 a segment, in GSM-7; 70, or 67 a segment, in UCS-2."""
    encoding: Literal["GSM-7", "UCS-2"] = "GSM-7" if GSM_BASIC.union(GSM_EXTENSION).issuperset(text) else "UCS-2"
    costs = [_septets(char) if encoding == "GSM-7" else _units(char) for char in text]
    signed = _SIGNATURE.search(text.strip())
    return SmsParts(encoding, sum(costs), _segments(costs, *_LIMITS[encoding]), signed and (signed[1] or signed[2]))


def _segments(costs: list[int], single: int, each: int) -> int:
    """A character of two units is never split over two segments."""
    if sum(costs) <= single:
        return 1 if costs else 0
    segments, used = 1, 0
    for cost in costs:
        if used + cost > each:
            segments, used = segments + 1, 0
        used += cost
    return segments


def _septets(char: str) -> int:
    return 2 if char in GSM_EXTENSION else 1


def _units(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1
