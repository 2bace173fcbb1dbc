"""What every part of a catalogue file needs: typed reads of YAML nodes that leave a problem and go on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from automation.calendars.duration import Duration
from automation.catalogue.nearest import offer
from automation.i18n import Text
from automation.problems import Problem, Severity
from automation.yamltree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from automation.yamltree import Node

NAME = re.compile(r"[^\W\d][\w-]{0,79}\Z")
EVENT_NAME = re.compile(r"\S(?:[^\x00-\x1f\x7f\"]{0,118}\S)?\Z")


class Reader:
    """Collects the problems of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def report(self, node: Node, key: str, path: str, *, severity: Severity = "error", **params: Any) -> None:
        self.problems.append(
            Problem(self.file, node.line, node.column, f"catalogue.{key}", params, path, severity=severity)
        )

    def unknown(self, node: Scalar, path: str, known: Collection[str]) -> None:
        self.report(node, "unknown_key", path, known=", ".join(known), **offer(node.text, known))

    def mapping(self, node: Node | None, path: str, known: Collection[str] | None = None) -> Mapping:
        """The mapping at `node`; an empty one, and a problem, when it is something else. Keys outside `known` too."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return Mapping((), node.line if node else 0, node.column if node else 0)
        if not isinstance(node, Mapping):
            self.report(node, "not_mapping", path)
            return Mapping((), node.line, node.column)
        if known is not None:
            for entry in node.entries:
                if entry.key.text not in known:
                    self.unknown(entry.key, path, known)
        return node

    def named(self, node: Node | None, path: str, pattern: re.Pattern[str] = NAME) -> Iterator[tuple[Scalar, Node]]:
        """The entries of a mapping of names, without those whose name has a bad form."""
        for entry in self.mapping(node, path).entries:
            if pattern.match(entry.key.text):
                yield entry.key, entry.value
            else:
                self.report(entry.key, "bad_name", path, found=entry.key.text)

    def text(self, node: Node | None, path: str) -> str | None:
        """A text; numbers count as the text that was written."""
        if isinstance(node, Scalar) and node.value not in (None, "") and not isinstance(node.value, bool):
            return node.text
        if node is not None:
            self.report(node, "expected_text", path, found=found(node))
        return None

    def label(self, node: Node | None, path: str, fallback: Text) -> Text:
        """`生日`, or `{zh: 生日, en: birthday}`."""
        if not isinstance(node, Mapping):
            text = self.text(node, path)
            return Text(text, text) if text else fallback
        known = self.mapping(node, path, ("zh", "en"))
        zh, en = self.text(known.get("zh"), path), self.text(known.get("en"), path)
        return Text(zh or en or fallback.zh, en or zh or fallback.en)

    def texts(self, node: Node | None, path: str) -> tuple[str, ...] | None:
        if node is None:
            return None
        if not isinstance(node, Sequence) or not node.items:
            self.report(node, "expected_list", path, found=found(node))
            return None
        return tuple(text for item in node.items if (text := self.text(item, path)) is not None)

    def flag(self, node: Node | None, path: str, default: bool) -> bool:
        if node is None:
            return default
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.report(node, "expected_flag", path, found=found(node))
        return default

    def whole(self, node: Node | None, path: str, least: int, most: int = 2**53 - 1) -> int | None:
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.report(node, "expected_whole", path, found=found(node), least=least, most=most)
        return None

    def option(self, node: Node | None, path: str, options: Collection[str]) -> str | None:
        """One of `options`."""
        text = self.text(node, path)
        if text is None or text in options:
            return text
        if node is not None:
            self.report(node, "not_an_option", path, known=" / ".join(options), **offer(text, options))
        return None

    def duration(self, node: Node | None, path: str) -> Duration | None:
        parsed = Duration.parse(node.text) if isinstance(node, Scalar) else None
        if parsed is not None and parsed.amount > 0:
            return parsed
        if node is not None:
            self.report(node, "expected_duration", path, found=found(node))
        return None


def found(node: Node) -> str:
    """What stands there, for a problem's sentence."""
    if isinstance(node, Scalar):
        return node.text if len(node.text) <= 60 else node.text[:57] + "…"
    return "{…}" if isinstance(node, Mapping) else "[…]"
