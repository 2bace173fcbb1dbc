"""Which field a condition's key names, and what to say when it names none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from automation.catalogue.event_fields import is_own
from automation.catalogue.model import FieldDef
from automation.catalogue.nearest import hint, nearest
from automation.i18n import Text
from automation.rules.conditions.tree import FieldRef

if TYPE_CHECKING:
    from automation.rules.conditions.scope import Scope


class Names:
    """The fields of a scope by their full names. `bare`: an event's properties may go without `event.`."""

    def __init__(self, scope: Scope, *, bare: bool = False) -> None:
        self.scope = scope
        self.bare = bare

    def find(self, name: str) -> tuple[FieldRef, FieldDef] | None:
        """The field and its definition; None when nothing here has this name."""
        root, _, rest = name.partition(".")
        scope = self.scope
        if self.bare and scope.event is not None and name in scope.event.fields:
            return self._of_event(name)
        if root not in scope.namespaces:
            return self._variable(root, rest)
        if root == "contact":
            defn = scope.catalogue.fields.get(rest)
            return (FieldRef("contact", rest, defn.type, defn.storage), defn) if defn else None
        return self._of_event(rest)

    def _of_event(self, name: str) -> tuple[FieldRef, FieldDef] | None:
        event = self.scope.event
        defn = event.fields.get(name) if event else None
        if defn is None or event is None:
            return None
        if (event.name, name) == ("coupon.issued", "batch") and self.scope.catalogue.coupons:
            defn = replace(defn, choices=tuple(self.scope.catalogue.coupons))  # so that no typo goes unseen
        return FieldRef("event", name, defn.type, "column" if is_own(event, name) else "none"), defn

    def _variable(self, step: str, output: str) -> tuple[FieldRef, FieldDef] | None:
        type_ = self.scope.variables.get(step, {}).get(output) if "var" in self.scope.namespaces else None
        if type_ is None:
            return None
        name = f"{step}.{output}"
        return FieldRef("var", name, type_), FieldDef(name, type_, Text(name, name), storage="none")

    def known(self) -> list[str]:
        """Every full name."""
        scope, names = self.scope, []
        if "contact" in scope.namespaces:
            names += [f"contact.{name}" for name in scope.catalogue.fields]
        if "event" in scope.namespaces and scope.event is not None:
            names += [name if self.bare else f"event.{name}" for name in scope.event.fields]
        if "var" in scope.namespaces:
            names += [f"{step}.{output}" for step, outputs in scope.variables.items() for output in outputs]
        return names

    def complaint(self, name: str) -> tuple[str, dict[str, Any]]:
        """The key and the params of the problem of an unknown name."""
        root = name.partition(".")[0]
        if root in ("contact", "event") and root not in self.scope.namespaces:
            return "not_here", {"found": name, "root": f"{root}.*"}
        if root == "event" and self.scope.event is None:
            return "event_unknown", {"found": name}
        known = self.known()
        suffix = next((item for item in known if item.partition(".")[2] == name), "")
        return "unknown_field", {"found": name, **hint(suffix or nearest(name, known))}
