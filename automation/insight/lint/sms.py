"""SMS: what the longest real rendering costs, and whether some people cost more than others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from automation.engine.delivery.prices import UNITS
from automation.i18n import Text, lookup
from automation.insight.lint.finding import Finding
from automation.templating import sms_parts

if TYPE_CHECKING:
    from automation.insight.lint.bench import Bench
    from automation.insight.lint.rendering import Rendering
    from automation.templating import Content


def sms_length(bench: Bench, rendering: Rendering) -> Iterator[Finding]:
    """L401, L402."""
    if rendering.use.channel != "sms" or not rendering.contents:
        return
    longest = max(rendering.contents, key=lambda content: sms_parts(content.text or "").characters)
    parts = sms_parts(longest.text or "")
    params = {"characters": parts.characters, "segments": parts.segments, "encoding": parts.encoding}
    whose = lookup("lint.of_sample" if rendering.real else "lint.of_specimen")
    shown = Text(*(whose.get(lang).format(total=len(rendering.contents)) for lang in ("zh", "en")))
    extra = {"cost": _cost(bench, longest), "whose": shown, "rule": rendering.use.rule.id}
    yield Finding("L401", *rendering.place, {**params, **extra})
    segments = Counter(sms_parts(content.text or "").segments for content in rendering.contents)
    if len(segments) > 1 and rendering.real:
        least = min(segments)
        params = {"least": least, "most": max(segments), **rendering.of_contents(segments.total() - segments[least])}
        yield Finding("L402", *rendering.place, params)


def _cost(bench: Bench, content: Content) -> Text:
    """What sending it once costs; the hint to set a price where there is none."""
    if not bench.prices.knows("sms"):
        return lookup("lint.no_price")
    amount = f"{bench.prices.of('sms', content) / UNITS:.4f}".rstrip("0").rstrip(".")
    return Text(*(lookup("lint.cost").get(lang).format(amount=amount) for lang in ("zh", "en")))
