"""Two states of the rules as a difference in words: which rule, which key, from what to what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from automation.i18n import say
from automation.insight.planning.differing import KeyChange, differences
from automation.rules.canary import changed_templates
from automation.rules.stored import version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec

Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True)
class RuleChange:
    """What became of one rule. `keys` is empty for a rule that was added or removed as a whole."""

    id: str
    name: str
    kind: Kind
    before: str | None  # its version
    after: str | None
    keys: tuple[KeyChange, ...] = ()

    def headline(self, lang: str | None = None) -> str:
        return say(f"changes.rule_{self.kind}", lang, rule=self.id, name=self.name)

    def sentences(self, lang: str | None = None) -> list[str]:
        """The headline, and a sentence for each key."""
        return [self.headline(lang), *(key.sentence(lang) for key in self.keys)]

    def as_dict(self) -> dict[str, Any]:
        about = {"rule": self.id, "name": self.name, "kind": self.kind, "before": self.before, "after": self.after}
        return {**about, "sentence": self.headline(), "keys": [key.as_dict() for key in self.keys]}


def changes(old: Project, new: Project) -> list[RuleChange]:
    """What changes from the rules of `old` to those of `new`, in the order of `new`; the removed come last.

    A rule whose templates read differently has changed too.
    """
    before = {spec.id: spec for spec in old.checked.rules}
    after = {spec.id: spec for spec in new.checked.rules}
    found = content_changes([spec.content for spec in before.values()], [spec.content for spec in after.values()])
    by_id = {change.id: _placed(change, after[change.id]) if change.id in after else change for change in found}
    for key, spec in after.items():
        if key in before:
            texts = tuple(_of_template(key, name) for name in changed_templates(before[key], old, spec, new))
            if texts:
                change = by_id.get(key) or _change(before[key].content, spec.content)
                by_id[key] = replace(change, keys=(*change.keys, *texts))
    return [by_id[key] for key in dict.fromkeys([*after, *by_id]) if key in by_id]


def _of_template(key: str, name: str) -> KeyChange:
    return KeyChange(f"rules/{key}/templates/{name}", "changed")


def content_changes(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> list[RuleChange]:
    """The same of normalised contents, as the database keeps them: without the lines of a file."""
    before = {str(content["id"]): content for content in old}
    after = {str(content["id"]): content for content in new}
    changed = [_change(before.get(id_), content) for id_, content in after.items() if before.get(id_) != content]
    return [*changed, *(_change(content, None) for id_, content in before.items() if id_ not in after)]


def _change(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> RuleChange:
    content = new or old or {}
    id_, name = str(content["id"]), str(content.get("name") or content["id"])
    before, after = (None if it is None else version_of(it) for it in (old, new))
    kind: Kind = "added" if old is None else "removed" if new is None else "changed"
    keys = tuple(differences(old, new, f"rules/{id_}")) if old is not None and new is not None else ()
    return RuleChange(id_, name, kind, before, after, keys)


def _placed(change: RuleChange, spec: RuleSpec) -> RuleChange:
    """With the lines of the new file."""
    keys = tuple(replace(key, place=spec.positions.place(key.address)) for key in change.keys)
    return replace(change, keys=keys)
