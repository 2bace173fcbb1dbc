"""From a list of conditions in YAML to the tree, with every problem in a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from automation.calendars.duration import Duration
from automation.catalogue.model import EventDef
from automation.catalogue.nearest import offer
from automation.problems import Problem
from automation.rules.conditions.names import Names
from automation.rules.conditions.operands import Operands
from automation.rules.conditions.parse_people import HAS_IDENTITY, REACHABLE, people_condition
from automation.rules.conditions.references import References, literal_text
from automation.rules.conditions.scope import Scope
from automation.rules.conditions.tree import Compare, Condition, FieldRef, Group, History
from automation.yamltree import Mapping as YamlMapping
from automation.yamltree import Node, Scalar, Sequence

if TYPE_CHECKING:
    from automation.catalogue.model import FieldDef

GROUPS = ("all", "any", "none")
HISTORIES = ("did", "did_not")
SEGMENT = "segment"
_HISTORY_KEYS = ("event", "where", "within", "since", "at_least")


def parse_conditions(
    node: Node | None, scope: Scope, problems: list[Problem], file: str, path: str
) -> Condition | None:
    """The tree of a condition list; None when there is none, or when a part of it has a problem."""
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return None
    parser = _Parser(scope, file)
    found = parser.items(node, path, "all")
    problems.extend(parser.problems)
    return found if not parser.problems else None


def parse_where(node: Node | None, scope: Scope, problems: list[Problem], file: str, path: str) -> Condition | None:
    """Conditions on the properties of the scope's event alone: a mapping or a list, names without `event.`."""
    if node is None or scope.event is None:
        return None
    parser = _Parser(scope, file)
    found = parser.where(node, scope.event, path)
    problems.extend(parser.problems)
    return found if not parser.problems else None


def parse_segment(node: Node, scope: Scope, problems: list[Problem], file: str, path: str) -> Condition | None:
    """The conditions of the segment that `node` names."""
    parser = _Parser(scope, file)
    found = parser.segment(node, node, path)
    problems.extend(parser.problems)
    return found


class _Parser:
    def __init__(self, scope: Scope, file: str, *, bare: bool = False) -> None:
        self.scope = scope
        self.file = file
        self.problems: list[Problem] = []
        self.names = Names(scope, bare=bare)
        relative = scope.namespaces != {"event"} and not bare
        references = References(scope.referring, lenient=scope.lenient)
        self.operands = Operands(self.report, scope.zone, scope.catalogue, relative=relative, references=references)

    def report(self, node: Node, path: str, key: str, **params: Any) -> None:
        key = key if "." in key else f"conditions.{key}"
        self.problems.append(Problem(self.file, node.line, node.column, key, params, path))

    def items(self, node: Node, path: str, kind: Literal["all", "any", "none"]) -> Group:
        """A list of conditions as one group."""
        if not isinstance(node, Sequence):
            self.report(node, path, "expected_list")
            return Group(kind, (), path)
        found = [self._item(item, f"{path}/{index}") for index, item in enumerate(node.items)]
        return Group(kind, tuple(item for item in found if item is not None), path)

    def entries(self, node: YamlMapping, path: str) -> Condition | None:
        """The conditions of one mapping, which all must hold."""
        found = [self._entry(entry.key, entry.value, path) for entry in node.entries]
        parts = tuple(item for item in found if item is not None)
        return parts[0] if len(parts) == 1 else Group("all", parts, path)

    def _item(self, node: Node, path: str) -> Condition | None:
        if not isinstance(node, YamlMapping) or not node.entries:
            self.report(node, path, "expected_condition")
            return None
        return self.entries(node, path)

    def _entry(self, key: Scalar, value: Node, path: str) -> Condition | None:
        name = key.text
        if name in GROUPS:
            return self.items(value, f"{path}/{name}", cast("Literal['all', 'any', 'none']", name))
        if name in HISTORIES:
            return self._history(key, value, path)
        if name in (REACHABLE, HAS_IDENTITY) and not self.names.bare:
            return people_condition(self, key, value, path)
        if name == SEGMENT and not self.names.bare:
            return self.segment(key, value, path)
        found = self.names.find(name)
        if found is None:
            problem, params = self.names.complaint(name)
            self.report(key, path, problem, **params)
            return None
        ref, defn = found
        return self._compares(ref, defn, value, path)

    def _compares(self, ref: FieldRef, defn: FieldDef, value: Node, path: str) -> Condition | None:
        """`field: value`, `field: [a, b]`, or `field: {operator: operand, …}`, whose operators all must hold."""
        if isinstance(value, YamlMapping) and literal_text(value) is None:
            parts = tuple(
                compare
                for entry in value.entries
                if (compare := self._compare(ref, defn, entry.key.text, entry.key, entry.value, path)) is not None
            )
            if not value.entries:
                self.report(value, path, "no_operator", field=str(ref))
            return parts[0] if len(parts) == 1 else Group("all", parts, path)
        short = "in" if isinstance(value, Sequence) else "is"
        return self._compare(ref, defn, short, value, value, path)

    def _compare(self, ref: FieldRef, defn: FieldDef, op: str, at: Node, value: Node, path: str) -> Compare | None:
        row = self.operands.operator(defn, op, at, path)
        if row is None:
            return None
        operand = self.operands.read(row, defn, value, path)
        return Compare(ref, op, operand, path) if operand is not None else None

    def _history(self, key: Scalar, node: Node, path: str) -> History | None:
        if "history" not in self.scope.namespaces:
            self.report(key, path, "no_history", found=key.text)
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str):  # `did: order.paid` is short
            event_def = self._event(node, path)
            return History(event_def.name, None, None, False, 1, key.text == "did_not", path) if event_def else None
        if not isinstance(node, YamlMapping):
            self.report(node, path, "expected_history", found=key.text)
            return None
        for entry in node.entries:
            if entry.key.text not in _HISTORY_KEYS:
                known = ", ".join(_HISTORY_KEYS)
                self.report(entry.key, path, "unknown_key", known=known, **offer(entry.key.text, _HISTORY_KEYS))
        return self._history_of(key, node, path)

    def _history_of(self, key: Scalar, node: YamlMapping, path: str) -> History | None:
        named = node.get("event")
        if named is None:
            self.report(key, path, "no_event", found=key.text)
        event_def = self._event(named, path) if named is not None else None
        within, since_entry = self._window(node, path)
        at_least = self._at_least(node.get("at_least"), path)
        if event_def is None:
            return None
        where = self.where(node.get("where"), event_def, f"{path}/{key.text}/where")
        return History(event_def.name, where, within, since_entry, at_least, key.text == "did_not", path)

    def _event(self, node: Node, path: str) -> EventDef | None:
        events = self.scope.catalogue.events
        name = node.text if isinstance(node, Scalar) else ""
        if name not in events:
            self.report(node, path, "unknown_event", **offer(name, events))
        return events.get(name)

    def _window(self, node: YamlMapping, path: str) -> tuple[Duration | None, bool]:
        within, since = node.get("within"), node.get("since")
        duration = self.operands.duration(within, path) if within is not None else None
        if since is not None and not (isinstance(since, Scalar) and since.text == "entry"):
            self.report(since, path, "bad_since")
        elif since is not None and not self.scope.in_run:
            self.report(since, path, "no_entry_here")
        if since is not None and within is not None:
            self.report(since, path, "two_windows")
        return duration, since is not None

    def _at_least(self, node: Node | None, path: str) -> int:
        value = node.value if isinstance(node, Scalar) else None
        if node is None:
            return 1
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000:
            return value
        self.report(node, path, "bad_at_least")
        return 1

    def where(self, node: Node | None, event_def: EventDef, path: str) -> Condition | None:
        """What the event's properties must be: `batch: X` or `event.batch: X`, in a mapping or a list."""
        if node is None:
            return None
        scope = replace(self.scope, event=event_def, variables={}, namespaces=frozenset({"event"}))
        inner = _Parser(scope, self.file, bare=True)
        found = inner.entries(node, path) if isinstance(node, YamlMapping) else inner.items(node, path, "all")
        self.problems.extend(inner.problems)
        return found

    def segment(self, key: Node, value: Node, path: str) -> Condition | None:
        """The named list, expanded in place: its paths stay those of the segment."""
        book = self.scope.segments
        if book is None or not {"contact", "history"} <= self.scope.namespaces:
            self.report(key, path, "no_segment_here")
            return None
        name = value.value if isinstance(value, Scalar) else None
        if not isinstance(name, str) or not name:
            self.report(value, path, "expected_segment")
            return None
        if name not in book.names():
            self.report(value, path, "unknown_segment", **offer(name, book.names()))
            return None
        found = book.condition(name)
        if found is None:
            self.report(value, path, "broken_segment", found=name)
        return found
