"""Reads the cases of a rule: those below the rule itself, and those of `*_test.yaml` files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.rules.cases.expect import ExpectReader
from automation.rules.cases.given import GivenReader
from automation.rules.cases.spec import Case, Expect, Given, Moment, Passing
from automation.rules.cases.values import Values
from automation.yamltree import Mapping, Node

if TYPE_CHECKING:
    from datetime import datetime

    from automation.rules.cases.ground import Ground
    from automation.rules.reader import Reader

CASE_KEYS = ("name", "given", "at", "events", "expect")


def read_cases(reader: Reader, ground: Ground, node: Node, rule: str, path: str) -> tuple[Case, ...]:
    """`tests:` of one rule. What is wrong is said by `reader`; such a case is left out."""
    items = reader.items(node, path, empty=True) or ()
    found = [read_case(reader, ground, item, rule, f"{path}/{index}") for index, item in enumerate(items)]
    return tuple(case for case in found if case is not None)


def read_case(
    reader: Reader, ground: Ground, node: Node, rule: str, path: str, also: tuple[str, ...] = ()
) -> Case | None:
    """One case, which may hold the keys `also` besides its own; None when something is wrong with it."""
    before = len(reader.problems)
    mapping = reader.mapping(node, path, (*also, *CASE_KEYS), (*also, "name", "expect"))
    if mapping is None:
        return None
    case = _Case(reader, ground, rule, path).read(mapping)
    return case if len(reader.problems) == before else None


class _Case:
    """Reads the parts of one case."""

    def __init__(self, reader: Reader, ground: Ground, rule: str, path: str) -> None:
        self.reader, self.ground, self.rule, self.path = reader, ground, rule, path
        self.values = Values(reader, ground)

    def read(self, node: Mapping) -> Case:
        name, expect = node.get("name"), node.get("expect")
        given = self._given(node.get("given"))
        return Case(
            rule=self.rule,
            name=(self.reader.text(name, self.path) or "") if name is not None else "",
            file=self.reader.file,
            line=node.line,
            given=given,
            at=self._at(node),
            moments=self._moments(node, given),
            expect=ExpectReader(self.reader, self.ground, self.path).read(expect) if expect else Expect(node.line),
        )

    def _given(self, node: Node | None) -> Given:
        if node is None:
            return Given()
        return GivenReader(self.reader, self.ground, self.values, f"{self.path}/given").read(node)

    def _at(self, node: Mapping) -> datetime | None:
        """A rule that goes by the clock needs its moment."""
        at = node.get("at")
        if at is not None:
            return self.values.moment(at, self.path)
        if not self.ground.listens and self.ground.complete:
            self.reader.error(node, self.path, "tests.needs_at")
        return None

    def _moments(self, case: Mapping, given: Given) -> tuple[Moment, ...]:
        """Without any, one event calls the rule, if events do: it must have what `given` says of it."""
        node, event = case.get("events"), self.ground.names.event
        if node is None:
            if event is not None and isinstance(case.get("given"), Mapping | None):
                self.values.complete(event, given.event, case.get("given") or case, self.path)
            return ()
        items = self.reader.items(node, self.path) or []
        paths = [f"{self.path}/events/{i}" for i in range(len(items))]
        found = [
            self.values.coming(item, path, given.event if i == 0 else None)
            for i, (item, path) in enumerate(zip(items, paths, strict=True))
        ]
        if self.ground.listens and found and isinstance(found[0], Passing):
            self.reader.error(items[0], self.path, "tests.begins_with_event")
        return tuple(moment for moment in found if moment is not None)
