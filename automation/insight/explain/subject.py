"""The rule that is told, with what its sentences need: labels, plugins, the names that steps were given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from automation.rules.marked import named_event
from automation.rules.telling import Telling

if TYPE_CHECKING:
    from automation.actions.base import Action
    from automation.catalogue.model import Catalogue
    from automation.plugin import Registry
    from automation.rules.spec import Do, RuleSpec
    from automation.triggers.base import Trigger


@dataclass(frozen=True)
class Subject:
    """One rule against a catalogue and the plugins at hand."""

    spec: RuleSpec
    catalogue: Catalogue
    registry: Registry

    @cached_property
    def telling(self) -> Telling:
        """`event.*` means the event that the trigger names."""
        event = named_event(self.spec.trigger.params, self.catalogue)
        return Telling(self.catalogue, self.spec.zone, event.name if event else None)

    def trigger_sentence(self) -> str:
        trigger = cast("type[Trigger]", self.registry.triggers[self.spec.trigger.type])
        return self._sentence(trigger, self.spec.trigger.params)

    def action(self, step: Do) -> type[Action]:
        return cast("type[Action]", self.registry.actions[step.action])

    def action_sentence(self, step: Do) -> str:
        return self._sentence(self.action(step), step.params)

    def _sentence(self, plugin: type[Trigger | Action], params: Any) -> str:
        """A plugin is foreign code: one that can't say its sentence is told by its title and labels."""
        try:
            return plugin().sentence(params, self.telling)
        except Exception:
            return self.telling.plain_sentence(plugin.title, params)

    def step_name(self, path: str) -> str | None:
        """The `name:` that a step was given in the file; it is kept in the rule's content alone."""
        found: Any = self.spec.content.get("steps", ())
        words = iter(path.removeprefix(f"{self.spec.path}/steps/").split("/"))
        for word in words:
            found = _below(found, word, words)
            if found is None:
                return None
        return found.get("name") if isinstance(found, dict) else None


def _below(found: Any, word: str, words: Any) -> Any:
    """One word further down the path: a place in a list, a branch, an arm by its name, a loop's steps."""
    try:
        if isinstance(found, (list, tuple)):
            return found[int(word)]
        if word == "arms":
            name = next(words)
            return next(arm["steps"] for arm in found["split"]["arms"] if str(arm["arm"]) == name)
        return found["repeat"]["steps"] if word == "repeat" else found[word]
    except (LookupError, TypeError, ValueError, StopIteration):
        return None
