"""How a rule is run, in words: what the rule says differently from what holds anyway."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from automation.calendars.duration import Duration
from automation.contacts.share import shown_share
from automation.i18n import say
from automation.rules.handling import NO_LIMIT
from automation.rules.spec import RuleSpec

if TYPE_CHECKING:
    from automation.insight.explain.subject import Subject


def handling_sentences(subject: Subject) -> Iterator[str]:
    """Only what differs, then who is credited, which the content alone has, and the cases."""
    usual = {field.name: field.default for field in fields(RuleSpec)} | {"vars": {}}
    for name, tell in HANDLING.items():
        value = getattr(subject.spec, name)
        if value != usual[name]:
            yield tell(value)
    yield from _measured(subject, subject.spec.content)


def _failure_limit(share: int) -> str:
    never = share >= NO_LIMIT
    return say("explain.failure_limit_none") if never else say("explain.failure_limit", share=shown_share(share))


HANDLING: dict[str, Callable[[Any], str]] = {
    "vars": lambda value: say(
        "explain.vars", values=say("explain.semicolon").join(f"{name} = {one}" for name, one in value.items())
    ),
    "priority": lambda value: say("explain.priority", value=value),
    "catch_up": lambda value: say(f"explain.catch_up_{value}"),
    "expires_after": lambda value: say("explain.expires_after", duration=value.sentence()),
    "max_attempts": lambda value: say("explain.max_attempts", count=value),
    "failure_limit": _failure_limit,
    "on_unknown": lambda value: say(f"explain.on_unknown_{value}"),
    "on_change": lambda value: say(f"explain.on_change_{value}"),
}


def _measured(subject: Subject, content: Mapping[str, Any]) -> Iterator[str]:
    found = content.get("attribution")
    if isinstance(found, Mapping):
        window = Duration.parse(str(found.get("window")))
        told = window.sentence() if window else str(found.get("window"))
        label = subject.telling.named_field(str(found.get("id")))
        yield say("explain.attribution", window=told, credit=found.get("credit"), id=label)
    if subject.spec.cases:
        yield say("explain.tests", count=len(subject.spec.cases))
