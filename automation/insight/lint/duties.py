"""Duties of marketing messages: who sends it, and how to be left alone.

Advertising Law of the PRC, article 43: electronic advertising names its sender and a way to refuse more of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from automation.insight.lint.finding import Finding
from automation.templating import sms_parts

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.rendering import Rendering

_STOP = re.compile(
    r"(拒收|退订|不再接收|取消接收)[^。；;\n]{0,8}?回复?\s*[A-Za-z0-9]{1,6}"
    r"|回复?\s*[A-Za-z0-9]{1,6}\s*[，,]?\s*(即可)?(拒收|退订)"
    r"|(拒收|退订)\s*[A-Z]{1,4}(?![A-Za-z])"
    r"|\b(reply|text|send)\s+(STOP|R|T|TD|N)\b|\bSTOP\b.{0,12}\b(opt|unsubscribe|end|cancel)",
    re.IGNORECASE,
)
_LEAVE = re.compile(r"退订|取消订阅|不再接收|拒收|unsubscribe|opt[ -]?out", re.IGNORECASE)


def sms_duties(_: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L201, L202: each rendered SMS is signed and tells how to refuse more."""
    if rendering.use.channel != "sms" or not rendering.use.is_marketing:
        return
    texts = [content.text or "" for content in rendering.contents]
    unsigned = sum(not sms_parts(text).signature for text in texts)
    if unsigned:
        yield Finding("L201", *rendering.place, rendering.of_contents(unsigned))
    endless = sum(not says_how_to_stop(text) for text in texts)
    if endless:
        yield Finding("L202", *rendering.place, rendering.of_contents(endless))


def email_duties(_: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L203: each rendered e-mail can be unsubscribed from, by its own words or by the mail program's button."""
    if rendering.use.channel != "email" or not rendering.use.is_marketing:
        return
    endless = sum(not (content.list_unsubscribe or _can_leave(content.html or "")) for content in rendering.contents)
    if endless:
        yield Finding("L203", *rendering.place, rendering.of_contents(endless))


def says_how_to_stop(text: str) -> bool:
    """拒收请回复R, 退订回T, 回T退订, reply STOP …"""
    return _STOP.search(text) is not None


def _can_leave(html: str) -> bool:
    """The word stands in or near a link, or beside an answer that unsubscribes."""
    return _LEAVE.search(html) is not None and ("href" in html.lower() or says_how_to_stop(html))
