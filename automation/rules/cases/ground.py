"""What a rule's cases may name: fields, events, actions, templates, and what the rule itself has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from automation.rules.marked import named_event
from automation.rules.names import Names
from automation.rules.spec import Split, each_step

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.plugin import Registry
    from automation.rules.checker import CheckEnv
    from automation.rules.spec import Guards, RuleSpec, Step
    from automation.templating import TemplateSet


@dataclass(frozen=True)
class Ground:
    """`listens`: an event calls the rule. `splits`: the arms of each split by its name."""

    names: Names
    registry: Registry
    templates: TemplateSet
    zone: ZoneInfo
    listens: bool
    step_ids: Sequence[str]
    splits: Mapping[str, Sequence[str]]
    held_out: bool
    complete: bool = True  # False: the trigger or the steps are broken, so that not everything can be known

    @classmethod
    def of_parts(
        cls, names: Names, registry: Registry, templates: TemplateSet, zone: ZoneInfo, guards: Guards,
        steps: tuple[Step, ...], *, listens: bool, complete: bool,
    ) -> Ground:  # fmt: skip
        """Of a rule that is being read."""
        found = list(each_step(steps))
        splits = {step.name: [arm.name for arm in step.arms] for step in found if isinstance(step, Split)}
        ids = [step.id for step in found if step.id is not None]
        held_out = bool(guards.holdout or guards.global_holdout)
        return cls(names, registry, templates, zone, listens, ids, splits, held_out, complete)

    @classmethod
    def of_rule(cls, spec: RuleSpec, env: CheckEnv) -> Ground:
        """Of a rule that is right."""
        names = Names(env.catalogue, zone=spec.zone)
        event = named_event(spec.trigger.params, env.catalogue)
        listens = bool(getattr(env.registry.triggers[spec.trigger.type], "listens", False))
        if event is not None and listens:
            names = names.of_event(event)
        return cls.of_parts(
            names, env.registry, env.templates, spec.zone, spec.guards, spec.steps, listens=listens, complete=True
        )
