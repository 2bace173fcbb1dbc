"""Which steps of which rules send a template, and on which channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.rules.marked import marked, named_templates
from automation.rules.params import TemplateText
from automation.rules.spec import Do, RuleSpec, each_step

if TYPE_CHECKING:
    from automation.plugin import Registry


@dataclass(frozen=True, eq=False)
class Use:
    """One step of a rule sends `template` on `channel`."""

    rule: RuleSpec
    step: Do
    template: str
    channel: str

    @property
    def is_marketing(self) -> bool:
        return asks_consent(self.rule)


def asks_consent(rule: RuleSpec) -> bool:
    """Whether what the rule sends is advertising: everything but `consent: transactional`."""
    return rule.guards.purpose != "transactional"


def uses_in(rules: Iterable[RuleSpec]) -> list[Use]:
    """Every use, one for each rule, template and channel, in the order of the files."""
    found: dict[tuple[str, str, str], Use] = {}
    for rule in rules:
        for step in each_step(rule.steps):
            for template, channels in named_templates(step.params) if isinstance(step, Do) else ():
                for channel in channels:
                    found.setdefault((rule.id, template, channel), Use(rule, step, template, channel))  # type: ignore[arg-type]
    return list(found.values())


def texts_in(rule: RuleSpec, registry: Registry) -> Iterator[tuple[str, int]]:
    """The texts that steps of a rule send along with their templates, each with the line of its step."""
    for step in each_step(rule.steps):
        if isinstance(step, Do) and getattr(registry.actions.get(step.action), "sends", False):
            for mark in marked(type(step.params)):
                if isinstance(mark.reference, TemplateText):
                    line = rule.positions.line(step.path) or rule.line
                    yield from ((text, line) for text in _texts(getattr(step.params, mark.attribute)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for item in value.values() for text in _texts(item))
    elif isinstance(value, (list, tuple)):
        yield from (text for item in value for text in _texts(item))
