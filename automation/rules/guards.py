"""`defaults:` and a rule's `guards:`: read, merged key by key, and written back in one normal form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from automation.channels import MESSAGE_CHANNELS
from automation.rules.reader import Reader, is_none
from automation.rules.spec import Budget, FrequencyCap, Guards, QuietHours
from automation.yamltree import Mapping, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

GUARD_KEYS = ("consent", "quiet_hours", "frequency_cap", "cooldown", "holdout", "budget")
_MOST_MESSAGES = 1_000_000_000
STORED_KEYS = (*GUARD_KEYS, "global_holdout")
_QUIET_KEYS = ("from", "to", "then")
_CAP_KEYS = ("max", "per", "channel", "scope")
_BUDGET_KEYS = ("messages", "cost")


def read_defaults(reader: Reader, node: Node | None, path: str) -> Guards:
    """The guards of every rule of a file. Its holdout is the control group of all rules together."""
    if node is None:
        return Guards()
    found = _Part(reader, path).read(node, GUARD_KEYS)
    holdout = found.pop("holdout", 0)
    return replace(Guards(), **found, global_holdout=holdout)


def read_guards(reader: Reader, node: Node | None, defaults: Guards, path: str, *, stored: bool = False) -> Guards:
    """A rule's guards over the defaults. A rule's frequency caps come on top of the defaults', `none` drops both.

    `stored`: the normal form of `written`, in which `global_holdout` may stand.
    """
    if node is None:
        return defaults
    found = _Part(reader, path).read(node, STORED_KEYS if stored else GUARD_KEYS)
    caps = found.get("frequency_cap")
    if caps:
        found["frequency_cap"] = tuple(dict.fromkeys((*defaults.frequency_cap, *caps)))
    return replace(defaults, **found)


def written(guards: Guards) -> dict[str, Any]:
    """The normal form: what is off is absent; reading it gives the same guards."""
    found: dict[str, Any] = {"consent": guards.purpose}
    if guards.quiet_hours:
        quiet = guards.quiet_hours
        found["quiet_hours"] = {"from": f"{quiet.start:%H:%M}", "to": f"{quiet.end:%H:%M}", "then": quiet.then}
    if guards.frequency_cap:
        found["frequency_cap"] = [_written_cap(cap) for cap in guards.frequency_cap]
    if guards.cooldown:
        found["cooldown"] = str(guards.cooldown)
    if guards.budget:
        found["budget"] = _written_budget(guards.budget)
    for name, parts in (("holdout", guards.holdout), ("global_holdout", guards.global_holdout)):
        if parts:
            found[name] = f"{parts // 100}.{parts % 100:02d}%"
    return found


def _written_budget(budget: Budget) -> dict[str, Any]:
    found: dict[str, Any] = {"messages": budget.messages} if budget.messages is not None else {}
    if budget.cost is not None:
        found["cost"] = f"{budget.cost // 10_000}.{budget.cost % 10_000:04d}"
    return found


def _written_cap(cap: FrequencyCap) -> dict[str, Any]:
    found: dict[str, Any] = {"max": cap.max, "per": str(cap.per), "scope": cap.scope}
    return found | {"channel": cap.channel} if cap.channel else found


@dataclass
class _Part:
    """Reads one mapping of guards into the fields of Guards that it names. What is wrong is left out."""

    reader: Reader
    path: str
    found: dict[str, Any] = field(default_factory=dict)

    def read(self, node: Node, known: Iterable[str]) -> dict[str, Any]:
        mapping = self.reader.mapping(node, self.path, tuple(known))
        for entry in mapping.entries if mapping else ():
            reading = _READERS.get(str(entry.key.value))
            if reading is not None:
                reading(self, entry.value, entry.key)
        return self.found

    def keep(self, name: str, value: Any) -> None:
        if value is not None:
            self.found[name] = value

    def consent(self, node: Node, key: Node) -> None:
        self.keep("purpose", self.reader.name(node, self.path))

    def quiet_hours(self, node: Node, key: Node) -> None:
        if is_none(node):
            self.found["quiet_hours"] = None
            return
        mapping = self.reader.mapping(node, self.path, _QUIET_KEYS, ("from", "to"))
        if mapping is None:
            return
        start, end = (self._of(mapping, name, self.reader.time) for name in ("from", "to"))
        then = self._of(mapping, "then", lambda n, p: self.reader.choice(n, p, ("delay", "drop"))) or "delay"
        if start is not None and start == end:
            self.reader.error(node, self.path, "empty_quiet_hours", found=f"{start:%H:%M}")
        elif start is not None and end is not None:
            self.found["quiet_hours"] = QuietHours(start, end, cast('Literal["delay", "drop"]', then))

    def frequency_cap(self, node: Node, key: Node) -> None:
        if is_none(node):
            self.found["frequency_cap"] = ()
            return
        items = [node] if isinstance(node, Mapping) else self.reader.items(node, self.path)
        self.found["frequency_cap"] = tuple(cap for item in items or () if (cap := self._cap(item)))

    def _cap(self, node: Node) -> FrequencyCap | None:
        mapping = self.reader.mapping(node, self.path, _CAP_KEYS, ("max", "per"))
        if mapping is None:
            return None
        most = self._of(mapping, "max", self.reader.count)
        per = self._of(mapping, "per", self.reader.duration)
        channel = self._of(mapping, "channel", lambda n, p: self.reader.choice(n, p, MESSAGE_CHANNELS))
        scope = self._of(mapping, "scope", lambda n, p: self.reader.choice(n, p, ("all", "rule"))) or "all"
        if most is None or per is None:
            return None
        return FrequencyCap(most, per, channel, cast('Literal["all", "rule"]', scope))

    def cooldown(self, node: Node, key: Node) -> None:
        if is_none(node):
            self.found["cooldown"] = None
        else:
            self.keep("cooldown", self.reader.duration(node, self.path))

    def holdout(self, node: Node, key: Node) -> None:
        self.keep("holdout", self.reader.percent(node, self.path))

    def global_holdout(self, node: Node, key: Node) -> None:
        self.keep("global_holdout", self.reader.percent(node, self.path))

    def budget(self, node: Node, key: Node) -> None:
        if is_none(node):
            self.found["budget"] = None
            return
        mapping = self.reader.mapping(node, self.path, _BUDGET_KEYS)
        if mapping is None:
            return
        if not any(mapping.get(name) is not None for name in _BUDGET_KEYS):
            self.reader.error(node, self.path, "empty_budget")
        messages = self._of(mapping, "messages", lambda n, p: self.reader.count(n, p, most=_MOST_MESSAGES))
        cost = self._of(mapping, "cost", self.reader.amount)
        if messages is not None or cost is not None:
            self.found["budget"] = Budget(messages, cost)

    def _of(self, mapping: Mapping, name: str, read: Callable[[Node, str], Any]) -> Any:
        node = mapping.get(name)
        return read(node, self.path) if node is not None else None


_READERS: dict[str, Callable[[_Part, Node, Node], None]] = {
    "consent": _Part.consent,
    "quiet_hours": _Part.quiet_hours,
    "frequency_cap": _Part.frequency_cap,
    "cooldown": _Part.cooldown,
    "holdout": _Part.holdout,
    "global_holdout": _Part.global_holdout,
    "budget": _Part.budget,
}
