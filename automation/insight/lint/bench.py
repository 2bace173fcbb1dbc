"""What the checks look at: the project, its files, its rules' messages, the brand, and what may be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from automation.channels import CHANNELS
from automation.engine.delivery.prices import Prices
from automation.insight.lint.sources import Source, plain_source, template_prefix, template_sources
from automation.insight.lint.uses import Use, texts_in, uses_in

if TYPE_CHECKING:
    from automation.i18n import Text
    from automation.insight.lint.asking import Answer
    from automation.insight.lint.brand import Brand
    from automation.insight.lint.samples import Sampler
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.templating import Template


@dataclass(frozen=True)
class Bench:
    """`link_check` is None unless links may be asked for."""

    project: Project
    brand: Brand
    sampler: Sampler
    link_check: Callable[[str], Answer | None] | None = None

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The templates' files and their layouts, by name."""
        return template_sources(self.project)

    def source_of(self, template: Template) -> Source:
        """The template's own file."""
        return self.sources[template_prefix(self.project) + template.file]

    @cached_property
    def rule_sources(self) -> Mapping[str, Source]:
        """The files of rules, by name."""
        read = [plain_source(self.project.settings, name) for name in self.project.settings.rules]
        return {source.file: source for source in read if source is not None}

    def rule_texts(self, rule: RuleSpec) -> Iterator[tuple[str, Source, int]]:
        """The texts that steps of a rule send along, each with the file and the line of its step."""
        source = self.rule_sources.get(rule.file)
        if source is not None:
            yield from ((text, source, line) for text, line in texts_in(rule, self.project.registry))

    @cached_property
    def uses(self) -> list[Use]:
        return uses_in(self.project.checked.rules)

    @cached_property
    def prices(self) -> Prices:
        return Prices(self.project.settings.prices)

    @cached_property
    def _marketing(self) -> frozenset[tuple[str, str]]:
        return frozenset((use.template, use.channel) for use in self.uses if use.is_marketing)

    def is_marketing(self, source: Source) -> bool:
        """Whether any rule sends it as advertising."""
        return bool(source.templates & self._marketing)

    def title(self, channel: str) -> Text:
        return CHANNELS[channel].title
