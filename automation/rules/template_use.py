"""Whether a step's template exists, and whether everything it shows will be there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.catalogue.nearest import offer
from automation.rules.names import RESERVED, Names
from automation.rules.reader import Reader, listed
from automation.templating import TemplateError, text_variables

if TYPE_CHECKING:
    from automation.templating import TemplateSet, Variable
    from automation.yamltree import Node

_OPEN = frozenset({"brand", "rule", "now", "today"})
"""Roots that don't come from the catalogue: settings, the rule itself, the moment of sending."""


@dataclass(frozen=True)
class TemplateUse:
    """The project's templates, as rules use them."""

    templates: TemplateSet

    def check(self, reader: Reader, names: Names, node: Node, path: str, name: str, channels: Sequence[str]) -> None:
        """`name` must exist and be in order for every channel, with no variable that nobody knows here."""
        if name not in self.templates.names():
            reader.unknown(node, path, "unknown_template", name, self.templates.names())
            return
        having = self.templates.channels(name)
        for channel in channels:
            if channel not in having:
                reader.error(node, path, "no_template_for", name=name, channel=channel, known=listed(sorted(having)))
            elif self.templates.get(name, channel) is None:
                reader.error(node, path, "broken_template", name=name, channel=channel)
            for variable in _missing(names, self.templates.variables(name, channel)):
                found = offer(str(variable), _sayable(names))
                reader.error(node, path, "unknown_variable_in", file=variable.file, line=variable.line, **found)

    def check_text(self, reader: Reader, names: Names, node: Node, path: str, text: str) -> None:
        """A parameter with `{{ … }}` in it. A field that nobody can have is a mistake also where there is a default:
        the text stands in this one rule, and would be the default for ever."""
        try:
            for variable in _unknown(names, text_variables(text)):
                reader.error(node, path, "unknown_variable", **offer(str(variable), _sayable(names)))
        except TemplateError as error:
            reader.say(node, path, error.key, dict(error.params))


def _missing(names: Names, variables: Iterable[Variable]) -> list[Variable]:
    return [variable for variable in variables if not variable.optional and not _is_known(names, variable.path)]


def _unknown(names: Names, variables: Iterable[Variable]) -> list[Variable]:
    asked = [each for each in variables if not each.optional or each.path[0] in ("contact", "event")]
    return [variable for variable in asked if not _is_known(names, variable.path)]


def _is_known(names: Names, path: tuple[str, ...]) -> bool:
    root = path[0]
    if root in _OPEN or names.unknowable(root):
        return True
    if len(path) == 1:
        return root == "contact" or (root == "event" and names.event is not None) or root in names.variables
    return names.find(".".join(path[:2])) is not None


def _sayable(names: Names) -> list[str]:
    return [*names.known(), *sorted(RESERVED if names.event else RESERVED - {"event"})]
