"""A template rendered for the people of a rule's sample, as the engine would render it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from automation.channels import CHANNELS
from automation.templating import RenderError

if TYPE_CHECKING:
    from automation.insight.lint.samples import Sample
    from automation.insight.lint.sources import Source
    from automation.insight.lint.uses import Use
    from automation.templating import Content, Template


@dataclass(frozen=True)
class Rendering:
    """`people`, `outcomes`: in the same order, those who have an address on the channel. `real`: no specimen."""

    use: Use
    template: Template
    source: Source
    people: Sequence[Mapping[str, Any]] = field(repr=False)
    outcomes: Sequence[Content | RenderError] = field(repr=False)
    real: bool

    @property
    def contents(self) -> list[Content]:
        """What could be rendered."""
        return [outcome for outcome in self.outcomes if not isinstance(outcome, RenderError)]

    @property
    def errors(self) -> list[tuple[Mapping[str, Any], RenderError]]:
        """Who can't be rendered, and why."""
        pairs = zip(self.people, self.outcomes, strict=True)
        return [(person, outcome) for person, outcome in pairs if isinstance(outcome, RenderError)]

    @property
    def place(self) -> tuple[str, int, int]:
        """The template as a whole."""
        return self.source.file, 1, 1

    def of_people(self, count: int) -> dict[str, Any]:
        """The params of a sentence about `count` of the people."""
        return self._counted(count, len(self.people))

    def of_contents(self, count: int) -> dict[str, Any]:
        """The params of a sentence about `count` of what could be rendered."""
        return self._counted(count, len(self.contents))

    def _counted(self, count: int, total: int) -> dict[str, Any]:
        share = 100 * count / total if total else 0
        shown = "<1" if 0 < share < 1 else ">99" if 99 < share < 100 else f"{share:.0f}"
        return {"rule": self.use.rule.id, "count": count, "total": total, "share": shown}


def render(
    use: Use, whole: Template, template: Template, source: Source, sample: Sample, specimen: Sample
) -> Rendering:
    """For those who have an address and would get `template` of all the languages of `whole`: the others get no message
    on this channel, or another. For the specimen if there is nobody.
    """
    kind = CHANNELS[use.channel].identity
    having = [person for person in sample.people if kind is None or person["contact"].get(kind)]
    people = [person for person in having if whole.for_person(person) is template]
    real = sample.real and bool(people)
    people = people or list(specimen.people)
    return Rendering(use, template, source, people, [_outcome(template, person) for person in people], real)


def _outcome(template: Template, person: Mapping[str, Any]) -> Content | RenderError:
    try:
        return template.render(person).content
    except RenderError as error:
        return error
