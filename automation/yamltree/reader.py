"""From the parser's events to the tree. Everything refused is a problem with its place, and reading goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from yaml import events

from automation.problems import Problem, in_order
from automation.yamltree import characters, recovery
from automation.yamltree.nodes import Entry, Mapping, Node, Scalar, Sequence
from automation.yamltree.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 64
"""30,000 nested brackets would exhaust the stack of whoever walks the tree."""

_TOO_DEEP = "maximum nesting depth"
"""libyaml's own limit since PyYAML 6.0.4: its scanner looks ahead past 1,000 levels before it tells of the first."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The tree of `text` and every problem of its form, in order of line.

    After a syntax error the tree holds what could still be read, so that the rest can be checked too; None when that
    is nothing useful. Whoever uses the tree for more than finding problems must see that there are none.
    """
    text, problems = characters.cleaned(text, file)
    reading = Reading(text, file)
    if reading.error is None:
        return reading.root, in_order([*problems, *reading.problems])
    faults, rest = recovery.recover(text, file, reading.error)
    again = Reading(rest, file) if rest is not None else reading
    whole = again.root if rest is not None and again.error is None else None
    named = {problem.line for problem in again.problems}  # what a line's own characters explain needs no other word
    faults = [fault for fault in faults if fault.line not in named]
    return whole, in_order([*problems, *faults, *again.problems])


class _Open:
    """A collection that is being read."""

    __slots__ = ("column", "entries", "flow", "items", "key", "line", "seen")

    def __init__(self, event: Any, mapping: bool) -> None:
        self.line, self.column = event.start_mark.line + 1, event.start_mark.column + 1
        self.flow = bool(event.flow_style)
        self.items: list[Node] | None = None if mapping else []
        self.entries: list[Entry] = []
        self.key: Node | None = None
        self.seen: dict[Any, Scalar] = {}

    def node(self) -> Node:
        if self.items is not None:
            return Sequence(tuple(self.items), self.line, self.column)
        return Mapping(tuple(self.entries), self.line, self.column)


class Reading:
    """One pass over a text: `root`, `problems`, and the syntax error that ended it early, if any."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self.error: yaml.MarkedYAMLError | None = None
        self._stack: list[_Open] = []
        self._bad_indents = characters.bad_indents(text)
        self._spans: list[tuple[int, int]] = []
        self._parse(text)
        self._report_indents()

    def _parse(self, text: str) -> None:
        loader = _Loader(text)
        try:
            self._read(iter(loader.get_event, None))
        except yaml.MarkedYAMLError as error:
            self.root = None
            if _TOO_DEEP in (error.problem or "") and error.problem_mark is not None:
                for gathered in (self._stack, self._spans, self.problems):
                    gathered.clear()
                self._parse(text[: error.problem_mark.index])  # shallow enough for the scanner, too deep for us
            else:
                self.error = error
        finally:
            loader.dispose()

    def _read(self, stream: Iterator[Any]) -> None:
        documents = 0
        for event in stream:
            kind = type(event)
            if kind is events.ScalarEvent:
                self._scalar(event)
            elif kind is events.MappingStartEvent or kind is events.SequenceStartEvent:
                self._check_properties(event)
                self._stack.append(_Open(event, kind is events.MappingStartEvent))
                if len(self._stack) > MAX_DEPTH:
                    self._refuse(event, "too_deep", limit=MAX_DEPTH)
                    return
            elif kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
                self._add(self._stack.pop().node())
            elif kind is events.AliasEvent:
                self._refuse(event, "anchor", found="*" + event.anchor)
                self._add(Scalar(None, "", False, event.start_mark.line + 1, event.start_mark.column + 1))
            elif kind is events.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._refuse(event, "several_documents")
                    return

    def _scalar(self, event: Any) -> None:
        text, mark = event.value, event.start_mark
        if event.anchor is not None or event.tag is not None:
            self._check_properties(event)
        if self._bad_indents:
            self._spans.append((mark.line + 1, event.end_mark.line + 1))
        if event.style:  # quoted, or a block of text; the C parser says "" or None for a plain one, the other ""
            self._add(Scalar(text, text, True, mark.line + 1, mark.column + 1))
            return
        node = Scalar(resolve(text), text, False, mark.line + 1, mark.column + 1)
        if not text.isascii():
            self._check_full_width(node)
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if top.items is not None:
            top.items.append(node)
        elif top.key is None:
            top.key = node
        else:
            key, top.key = top.key, None
            self._entry(top, key, node)

    def _entry(self, top: _Open, key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            self._report(key, "key_not_text", found="[…]" if isinstance(key, Sequence) else "{…}")
            return
        if key.text == "<<" and not key.quoted:
            self._report(key, "merge_key")
            return
        if not isinstance(key.value, str):
            self._report(key, "key_not_text", found=key.text or "null")
            key = Scalar(key.text, key.text, key.quoted, key.line, key.column)
        first = top.seen.setdefault(key.value, key)
        if first is not key:
            self._report(key, "duplicate_key", found=key.text, first=first.line)
            return
        top.entries.append(Entry(key, value))

    def _check_properties(self, event: Any) -> None:
        if event.anchor is not None:
            self._refuse(event, "anchor", found="&" + event.anchor)
        if event.tag is not None:
            self._refuse(event, "tag", found=event.tag.replace("tag:yaml.org,2002:", "!!"))

    def _check_full_width(self, node: Scalar) -> None:
        """An unquoted text that is valid YAML but shows that a full-width mark was typed for a YAML one."""
        top = self._stack[-1] if self._stack else None
        as_value = top is not None and isinstance(top.key, Scalar) and top.key.line == node.line
        found = characters.mistyped(node.text, in_flow=top is not None and top.flow, after_key=as_value)
        if found is not None:
            params = {"found": found, "instead": characters.HALF_WIDTH[found]}
            column = node.column + node.text.index(found)
            self.problems.append(Problem(self.file, node.line, column, "yamltree.full_width", params))

    def _refuse(self, event: Any, key: str, **params: Any) -> None:
        mark = event.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, f"yamltree.{key}", params))

    def _report(self, node: Node, key: str, **params: Any) -> None:
        self.problems.append(Problem(self.file, node.line, node.column, f"yamltree.{key}", params))

    def _report_indents(self) -> None:
        """Tabs and wide spaces at the beginning of lines, except inside texts of several lines."""
        last = self.error.problem_mark.line + 1 if self.error and self.error.problem_mark else None
        for line, column, found in self._bad_indents:
            inside = any(start < line <= end for start, end in self._spans)
            if not inside and (last is None or line <= last):
                key = "yamltree.tab" if found == "\t" else "yamltree.wide_space"
                self.problems.append(Problem(self.file, line, column, key))
