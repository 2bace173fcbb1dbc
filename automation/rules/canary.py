"""A canary: a stable share of the contacts runs new files, while the others run what ran before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from automation.contacts.share import Share
from automation.errors import AutomationError
from automation.rules.marked import named_templates
from automation.rules.spec import Do, each_step

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec

_LISTED = ("fields", "events", "coupons", "identity_kinds")


@dataclass(frozen=True)
class Part:
    """The people of one version of a rule: those in the share of a canary, or those outside it.

    `of` is the publication that the others run. It names the share, so that a larger one keeps whom a smaller had.
    """

    of: int
    below: int  # in 1/10,000 of all contacts
    canary: bool

    @cached_property
    def share(self) -> Share:
        return Share.named(f"canary:{self.of}", self.below)

    def holds(self, contact_id: int) -> bool:
        return self.share.holds(contact_id) is self.canary

    @property
    def others(self) -> Part:
        return replace(self, canary=not self.canary)


@dataclass(frozen=True)
class Canary:
    """`project` runs for the people of `part`. `publication` is its number; None while it is only planned."""

    part: Part
    project: Project
    publication: int | None = None


def with_canary(project: Project, canary: Canary) -> Project:
    """The project for everybody, with the canary beside it. AutomationError when the two can't live side by side.

    What a canary adds to the catalogue is known to all; what the others use must mean what it meant.
    """
    one, other = project, canary.project
    if one.settings.timezone != other.settings.timezone:
        raise AutomationError("canary.other_zone", now=one.settings.timezone, then=other.settings.timezone)
    changed = _changed(one.catalogue, other.catalogue)
    if changed:
        raise AutomationError("canary.other_catalogue", what=", ".join(changed))
    return replace(project, catalogue=other.catalogue, canary=canary)


def variants(project: Project) -> Mapping[str, RuleSpec | None]:
    """The rules that the canary's people meet otherwise than the others, by id; None: they don't meet it at all."""
    canary = project.canary
    if canary is None:
        return {}
    ours, theirs = _enabled(project), _enabled(canary.project)
    found: dict[str, RuleSpec | None] = {}
    for key in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(key), theirs.get(key)
        if one is None or other is None or one.version != other.version:
            found[key] = other
        elif changed_templates(one, project, other, canary.project):
            found[key] = _named_apart(other, canary.project)
    return found


def changed_templates(one: RuleSpec, old: Project, other: RuleSpec, new: Project) -> list[str]:
    """The templates of two versions of a rule that are there in both and read differently, as `name.channel`."""
    before, after = _templates(one, old), _templates(other, new)
    return [name for name, version in after.items() if name in before and before[name] != version]


def _templates(spec: RuleSpec, project: Project) -> dict[str, str]:
    """The version of every template that a rule's steps send, by name and channel."""
    uses = (use for step in each_step(spec.steps) if isinstance(step, Do) for use in named_templates(step.params))
    wanted = ((name, channel) for name, channels in uses for channel in channels)
    there = ((name, channel, project.templates.get(name, channel)) for name, channel in wanted)
    return {f"{name}.{channel}": template.version for name, channel, template in there if template is not None}


def _named_apart(spec: RuleSpec, project: Project) -> RuleSpec:
    """The same rule with other templates has a version of its own while the canary runs, by which it is counted."""
    told = [spec.version, *(f"{name} {version}" for name, version in sorted(_templates(spec, project).items()))]
    return replace(spec, version=sha256("\n".join(told).encode()).hexdigest()[:16])


def _enabled(project: Project) -> dict[str, RuleSpec]:
    return {spec.id: spec for spec in project.checked.rules if spec.enabled}


def _changed(old: Catalogue, new: Catalogue) -> list[str]:
    """What a catalogue doesn't have any more, or has otherwise: `events order.paid`."""
    gone = [
        f"{kind} {name}"
        for kind in _LISTED
        for name, known in getattr(old, kind).items()
        if getattr(new, kind).get(name) != known
    ]
    alike = replace(old, **{kind: getattr(new, kind) for kind in _LISTED})
    return gone or ([] if alike == new else ["default_identity, country, strict_events"])
