"""`attribution` and `tests`: they change nothing about who gets what. Checked fully, kept, and said so."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from automation.catalogue.model import FieldDef
from automation.catalogue.values import ValueProblem, normalise
from automation.reasons import Reason
from automation.rules.reader import shown
from automation.yamltree import Mapping, Node, Scalar, Sequence, plain

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.plugin import Registry
    from automation.rules.names import Names
    from automation.rules.reader import Reader

MEASURED_KEYS = ("attribution", "tests")
ATTRIBUTION_KEYS = ("credit", "id", "window")
TEST_KEYS = ("name", "given", "at", "expect")


def read_measured(reader: Reader, names: Names, registry: Registry, zone: ZoneInfo, rule: Mapping, path: str) -> None:
    """Check the two keys of a rule, as far as they are there."""
    attribution, tests = (rule.get(name) for name in MEASURED_KEYS)
    if attribution is not None:
        _attribution(reader, names, attribution, f"{path}/attribution")
    if tests is not None:
        for index, test in enumerate(reader.items(tests, f"{path}/tests") or ()):
            _Test(reader, names, registry, zone, f"{path}/tests/{index}").check(test)
    for name in MEASURED_KEYS:
        key = rule.key_node(name)
        if key is not None:
            reader.warn(key, f"{path}/{name}", "counted_later", what=name)


def _attribution(reader: Reader, names: Names, node: Node, path: str) -> None:
    mapping = reader.mapping(node, path, ATTRIBUTION_KEYS, ("credit", "id", "window"))
    if mapping is None:
        return
    credit, who = mapping.get("credit"), mapping.get("id")
    if credit is not None:
        reader.name(credit, path)
    if who is not None:
        names.reference(reader, who, path, ("contact", "event"))
    window = mapping.get("window")
    if window is not None:
        reader.duration(window, path)


class _Test:
    """One case of `tests:`: what is given, when, and what should come of it."""

    def __init__(self, reader: Reader, names: Names, registry: Registry, zone: ZoneInfo, path: str) -> None:
        self.reader, self.names, self.registry, self.zone, self.path = reader, names, registry, zone, path

    def check(self, node: Node) -> None:
        mapping = self.reader.mapping(node, self.path, TEST_KEYS, ("name", "expect"))
        for entry in mapping.entries if mapping else ():
            checks = {"name": self._name, "given": self._given, "at": self._at, "expect": self._expect}
            check = checks.get(str(entry.key.value))
            if check is not None:
                check(entry.value)

    def _name(self, node: Node) -> None:
        self.reader.text(node, self.path)

    def _given(self, node: Node) -> None:
        if not isinstance(node, Mapping):
            self.reader.wrong(node, self.path, "mapping")
            return
        for entry in node.entries:
            known = self._field(entry.key)
            if known is not None:
                self._value(known, entry.value)

    def _field(self, key: Scalar) -> FieldDef | None:
        found = self.names.reference(self.reader, key, self.path, ("contact", "event"))
        if found is None:
            return None
        event = self.names.event
        holder = self.names.catalogue.fields if found.namespace == "contact" or event is None else event.properties
        return holder.get(found.name)

    def _value(self, known: FieldDef, node: Node) -> None:
        try:
            normalise(known, plain(node), self.zone)
        except ValueProblem as error:
            self.reader.say(node, self.path, error.key, dict(error.params))

    def _at(self, node: Node) -> None:
        text = node.text if isinstance(node, Scalar) else ""
        try:
            datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007  (local to the rule's zone)
        except ValueError:
            self.reader.error(node, self.path, "bad_moment", found=shown(node))

    def _expect(self, node: Node) -> None:
        """A reason code, or the actions in the order in which they happen."""
        if isinstance(node, Sequence):
            for item in node.items:
                self._known(item, list(self.registry.actions), "unknown_action", broken="")
        else:
            self._known(node, [reason.value for reason in Reason], "unknown_reason")

    def _known(self, node: Node, known: list[str], key: str, **params: str) -> None:
        text = self.reader.text(node, self.path)
        if text is not None and text not in known:
            self.reader.unknown(node, self.path, key, text, known, **params)
