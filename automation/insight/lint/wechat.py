"""WeChat: the values of a template's fields against the limits of their kinds.

The limits are those of WeChat's public documentation of (template and) subscribe messages, in its table of parameter
kinds: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
A field's kind is its name without the number: `thing1` is a thing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.i18n import lookup
from automation.insight.lint.finding import Finding

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.rendering import Rendering

_CHANNELS = ("wechat", "wechat_subscribe")
_HAN = r"\u3400-\u9fff\U00020000-\U0003ffff"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
_DAY = r"(?:(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{4}年\d{1,2}月|\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2})"
_DATE = rf"{_DAY}(?:\s*{_CLOCK})?"
_TIME = rf"(?:{_DAY}\s*)?{_CLOCK}"


def wechat_fields(bench: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L601: for each field, how many of the people's values WeChat would refuse."""
    if rendering.use.channel not in _CHANNELS:
        return
    refused: Counter[str] = Counter()
    longest: dict[str, int] = {}
    for content in rendering.contents:
        for field, value in _values(content.data or {}):
            kind = kind_of(field)
            if kind is not None and not kind.fits(value):
                refused[field] += 1
                longest[field] = max(longest.get(field, 0), len(value))
    for field, count in refused.items():
        limit = lookup(f"lint.limit_{re.sub(r'[0-9]+$', '', field)}")
        params = {"field": field, "limit": limit, "length": longest[field], **rendering.of_contents(count)}
        yield Finding("L601", *rendering.source.find(f"{field}:", 1), params)


@dataclass(frozen=True)
class Kind:
    """`fits` says whether WeChat takes the value; the sentence about the limit is `lint.limit_<name>`."""

    name: str
    fits: Callable[[str], bool]


def kind_of(field: str) -> Kind | None:
    """The kind of `thing1`; None for fields of which WeChat documents no limit (`first`, `keyword1`, `remark`)."""
    return KINDS.get(re.sub(r"\d+$", "", field))


def _pattern(pattern: str, longest: int = 40) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: len(value) <= longest and compiled.fullmatch(value) is not None


def _is_name(value: str) -> bool:
    """Ten characters when any is Chinese, else twenty letters or symbols."""
    most = 10 if re.search(f"[{_HAN}]", value) else 20
    return 0 < len(value) <= most and re.search(r"[\d\n]", value) is None


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("thing", _pattern(r"[^\n\r\t]+", 20)),
        Kind("number", _pattern(r"[-+]?\d+(\.\d+)?", 32)),
        Kind("letter", _pattern(r"[A-Za-z]+", 32)),
        Kind("symbol", _pattern(rf"[^\sA-Za-z0-9{_HAN}]+", 5)),
        Kind("character_string", _pattern(rf"[^\n\r\t{_HAN}]+", 32)),
        Kind("time", _pattern(rf"{_TIME}(?:\s*~\s*{_TIME})?", 60)),
        Kind("date", _pattern(rf"{_DATE}(?:\s*~\s*{_DATE})?", 60)),
        Kind("amount", _pattern(r"[^\w\s]?\d{1,10}(\.\d{1,4})?元?")),
        Kind("phone_number", _pattern(r"[\d+\-()*# ]+", 17)),
        Kind("car_number", _pattern(rf"[{_HAN}A-Za-z0-9][A-Za-z0-9]*[{_HAN}A-Za-z0-9]", 8)),
        Kind("name", _is_name),
        Kind("phrase", _pattern(rf"[{_HAN}]+", 5)),
    )
}


def _values(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of the fields, which stand as they are or below `value`."""
    fields = data.get("data")
    for field, value in fields.items() if isinstance(fields, Mapping) else ():
        yield field, str(value.get("value", "") if isinstance(value, Mapping) else value)
