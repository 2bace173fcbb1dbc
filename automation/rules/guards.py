"""`defaults:` and a rule's `guards:`: read, merged key by key, and written back in one normal form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from automation.calendars.windows import end_text, never_ends
from automation.catalogue.nearest import nearest
from automation.channels import MESSAGE_CHANNELS
from automation.contacts.consent import NO_PURPOSES
from automation.rules.days import read_span
from automation.rules.limits import read_limits, written_limit
from automation.rules.reader import Reader, is_none
from automation.rules.spec import Budget, FrequencyCap, Guards, QuietHours, SendWindow
from automation.yamltree import Mapping, Node

if TYPE_CHECKING:
    from collections.abc import Iterable

GUARD_KEYS = (
    "consent",
    "quiet_hours",
    "send_window",
    "do_not_disturb",
    "frequency_cap",
    "cooldown",
    "limit",
    "holdout",
    "budget",
)
_MOST_MESSAGES = 1_000_000_000
STORED_KEYS = (*GUARD_KEYS, "global_holdout")
_WINDOW_KEYS = ("from", "to", "days", "then")
_CAP_KEYS = ("max", "per", "channel", "scope")
_BUDGET_KEYS = ("messages", "cost")


def read_defaults(reader: Reader, node: Node | None, path: str) -> Guards:
    """The guards of every rule of a file. Its holdout is the control group of all rules together."""
    if node is None:
        return Guards()
    found = _Part(reader, path).read(node, GUARD_KEYS)
    _check_purpose(reader, node, found.get("purpose"), path)
    holdout = found.pop("holdout", 0)
    return replace(Guards(), **found, global_holdout=holdout)


def read_guards(reader: Reader, node: Node | None, defaults: Guards, path: str, *, stored: bool = False) -> Guards:
    """A rule's guards over the defaults. A rule's caps and limits come on top of the defaults', `none` drops both.

    The defaults' limits of messages are not those of a transactional rule; its own are.
    `stored`: the normal form of `written`, in which `global_holdout` may stand.
    """
    if node is None:
        return defaults
    found = _Part(reader, path).read(node, STORED_KEYS if stored else GUARD_KEYS)
    if not stored:
        _check_purpose(reader, node, found.get("purpose"), path)
    caps = found.get("frequency_cap")
    if caps:
        found["frequency_cap"] = tuple(dict.fromkeys((*defaults.frequency_cap, *caps)))
    free = found.get("purpose", defaults.purpose) == "transactional" and not stored
    given = tuple(limit for limit in defaults.limit if not (free and limit.of == "messages"))
    limits = found.get("limit")
    found["limit"] = tuple(dict.fromkeys((*given, *limits))) if limits else given if limits is None else ()
    return replace(defaults, **found)


def _check_purpose(reader: Reader, guards: Node, purpose: str | None, path: str) -> None:
    """A word that means "no consent is needed" is no purpose; one that is nearly a built-in one is told."""
    node = (guards.get("consent") if isinstance(guards, Mapping) else None) or guards
    if purpose in NO_PURPOSES:
        reader.error(node, path, "consent_none", found=purpose)
    elif purpose is not None and purpose not in PURPOSES and (near := nearest(purpose, PURPOSES)):
        reader.warn(node, path, "consent_like", found=purpose, near=near)


PURPOSES = ("marketing", "transactional")
"""The built-in purposes; any other one is the project's own."""


def written(guards: Guards) -> dict[str, Any]:
    """The normal form: what is off is absent; reading it gives the same guards."""
    found: dict[str, Any] = {"consent": guards.purpose}
    for name, windows in (("quiet_hours", guards.quiet_hours), ("send_window", guards.send_window)):
        if windows:
            each = [_written_window(window) for window in windows]
            found[name] = each[0] if len(each) == 1 else each
    if not guards.do_not_disturb:
        found["do_not_disturb"] = "ignore"
    if guards.frequency_cap:
        found["frequency_cap"] = [_written_cap(cap) for cap in guards.frequency_cap]
    if guards.cooldown:
        found["cooldown"] = str(guards.cooldown)
    if guards.limit:
        found["limit"] = [written_limit(limit) for limit in guards.limit]
    if guards.budget:
        found["budget"] = _written_budget(guards.budget)
    for name, parts in (("holdout", guards.holdout), ("global_holdout", guards.global_holdout)):
        if parts:
            found[name] = f"{parts // 100}.{parts % 100:02d}%"
    return found


def _written_window(window: QuietHours | SendWindow) -> dict[str, Any]:
    found: dict[str, Any] = {"from": f"{window.start:%H:%M}", "to": end_text(window), "then": window.then}
    return found | ({"days": window.days.written()} if window.days else {})


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
        self._windows("quiet_hours", QuietHours, node)

    def send_window(self, node: Node, key: Node) -> None:
        self._windows("send_window", SendWindow, node)

    def _windows(self, name: str, kind: type[QuietHours | SendWindow], node: Node) -> None:
        if is_none(node):
            self.found[name] = ()
            return
        items = [node] if isinstance(node, Mapping) else self.reader.items(node, self.path)
        self.found[name] = tuple(window for item in items or () if (window := self._window(kind, item)))
        if name == "quiet_hours" and self.found[name] and never_ends(self.found[name]):
            self.reader.error(node, self.path, "always_quiet")

    def _window(self, kind: type[QuietHours | SendWindow], node: Node) -> QuietHours | SendWindow | None:
        mapping = self.reader.mapping(node, self.path, _WINDOW_KEYS)
        if mapping is None:
            return None
        then = self._of(mapping, "then", lambda n, p: self.reader.choice(n, p, ("delay", "drop"))) or "delay"
        span = read_span(self.reader, mapping, self.path)
        return kind(*span, cast('Literal["delay", "drop"]', then)) if span else None

    def do_not_disturb(self, node: Node, key: Node) -> None:
        word = self.reader.choice(node, self.path, ("honour", "ignore"))
        self.keep("do_not_disturb", None if word is None else word == "honour")

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

    def limit(self, node: Node, key: Node) -> None:
        self.found["limit"] = read_limits(self.reader, node, self.path)

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
    "send_window": _Part.send_window,
    "do_not_disturb": _Part.do_not_disturb,
    "frequency_cap": _Part.frequency_cap,
    "cooldown": _Part.cooldown,
    "limit": _Part.limit,
    "holdout": _Part.holdout,
    "global_holdout": _Part.global_holdout,
    "budget": _Part.budget,
}
