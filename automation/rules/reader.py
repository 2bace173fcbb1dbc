"""Reads YAML nodes as what the language expects there, and says in a sentence what is wrong instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from automation.calendars.workdays import OFFICIAL, WorkCalendar
from automation.catalogue.nearest import offer
from automation.contacts.share import read_share
from automation.i18n import Text, lookup
from automation.problems import Problem
from automation.rules.params import positive_duration, signed_duration, time_of_day, zone
from automation.yamltree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from datetime import time

    from automation.calendars.duration import Duration

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_AMOUNT = re.compile(r"(\d{1,9})(?:\.(\d{1,4}))?\Z", re.ASCII)


@dataclass
class Reader:
    """Collects the problems of one file. Every method gives None after it has said what is wrong."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    calendar: WorkCalendar = OFFICIAL
    """The project's workdays."""

    # ------------------------------------------------------------ saying what is wrong

    def error(self, node: Node, path: str, key: str, /, **params: Any) -> None:
        """`key` is a sentence of the rules table."""
        self.say(node, path, key if "." in key else f"rules.{key}", params)

    def warn(self, node: Node, path: str, key: str, /, **params: Any) -> None:
        self.problems.append(
            Problem(self.file, node.line, node.column, f"rules.{key}", params, path, severity="warning")
        )

    def unknown(self, node: Node, path: str, key: str, found: str, known: Iterable[str], /, **params: Any) -> None:
        """Something is named that nobody knows: the sentence ends with the nearest known name."""
        self.error(node, path, key, **offer(found, list(known)), **params)

    def say(self, node: Node, path: str, key: str, params: dict[str, Any]) -> None:
        self.problems.append(Problem(self.file, node.line, node.column, key, params, path))

    # ------------------------------------------------------------ shapes

    def mapping(
        self, node: Node, path: str, known: Collection[str], required: Collection[str] = (), at: Node | None = None
    ) -> Mapping | None:
        """A mapping with `known` keys only. A missing required key is said at `at` (default: the mapping)."""
        if not isinstance(node, Mapping):
            self.wrong(node, path, "mapping")
            return None
        for entry in node.entries:
            if entry.key.value not in known:
                self.unknown(entry.key, path, "unknown_key", str(entry.key.value), known, known=listed(known))
        for name in required:
            if node.get(name) is None:
                self.error(at or node, path, "missing_key", name=name)
        return node

    def items(self, node: Node, path: str, *, empty: bool = False) -> list[Node] | None:
        """The items of a list, which must have some unless `empty`."""
        if not isinstance(node, Sequence):
            self.wrong(node, path, "list")
            return None
        if not node.items and not empty:
            self.error(node, path, "empty_list")
            return None
        return list(node.items)

    def wrong(self, node: Node, path: str, kind: str) -> None:
        """Something else was expected here: a `kind_…` of the table."""
        self.error(node, path, "wrong_kind", expected=lookup(f"rules.kind_{kind}"), found=shown(node))

    # ------------------------------------------------------------ scalars

    def text(self, node: Node, path: str) -> str | None:
        """Text; numbers and true/false need quotes."""
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.value
        self.wrong(node, path, "text")
        return None

    def name(self, node: Node, path: str) -> str | None:
        """A name that templates and addresses can hold: small letters, digits and underscores."""
        text = self.text(node, path)
        if text is not None and not _NAME.match(text):
            self.error(node, path, "bad_name", found=text)
            return None
        return text

    def label(self, node: Node, path: str) -> str | None:
        """A name of staff's own, in any script, that can stand in a path: no slash and no space."""
        text = self.text(node, path)
        if text is not None and ("/" in text or any(letter.isspace() for letter in text)):
            self.error(node, path, "bad_label", found=text)
            return None
        return text

    def flag(self, node: Node, path: str) -> bool | None:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        self.wrong(node, path, "flag")
        return None

    def count(self, node: Node, path: str, least: int = 1, most: int = 1_000_000) -> int | None:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.error(node, path, "bad_count", found=shown(node), least=least, most=most)
        return None

    def choice(self, node: Node, path: str, choices: Collection[str]) -> str | None:
        text = self.text(node, path)
        if text is not None and text not in choices:
            self.unknown(node, path, "bad_choice", text, choices, known=listed(choices))
            return None
        return text

    def percent(self, node: Node, path: str) -> int | None:
        """`5%` or `2.5%`, in 1/10,000."""
        share = read_share(node.text) if isinstance(node, Scalar) else None
        if share is None:
            self.error(node, path, "bad_percent", found=shown(node))
        return share

    def amount(self, node: Node, path: str) -> int | None:
        """Money in the currency's unit, above zero: `500`, `12.5`. In 1/10,000 of the unit."""
        match = _AMOUNT.match(node.text) if isinstance(node, Scalar) else None
        parts = int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0")) if match else 0
        if parts > 0:
            return parts
        self.error(node, path, "bad_amount", found=shown(node))
        return None

    def duration(self, node: Node, path: str, *, signed: bool = False) -> Duration | None:
        return self._form(node, path, signed_duration if signed else positive_duration)

    def time(self, node: Node, path: str, *, end: bool = False) -> time | None:
        """`end`: of a window, which may be 24:00."""
        return self._form(node, path, time_of_day, {"rules.bad_time": "rules.bad_end_time"} if end else None)

    def zone(self, node: Node, path: str) -> ZoneInfo | None:
        return self._form(node, path, zone)

    def _form(self, node: Node, path: str, read: Callable[[Any], T], said: dict[str, str] | None = None) -> T | None:
        """`said`: other sentences than those of `read`."""
        if not isinstance(node, Scalar) or node.value is None or not node.text.strip():
            self.wrong(node, path, "text")
            return None
        try:
            return read(node.text)
        except PydanticCustomError as error:
            self.error(node, path, (said or {}).get(error.type, error.type), **(error.context or {}))
            return None


def shown(node: Node) -> Any:
    """What stands there, for a sentence."""
    if isinstance(node, Scalar):
        return node.text if node.text.strip() else lookup("rules.found_nothing")
    return lookup("rules.found_list" if isinstance(node, Sequence) else "rules.found_mapping")


def is_none(node: Node) -> bool:
    """Whether `none` stands there: what switches something off."""
    return isinstance(node, Scalar) and node.value == "none"


def listed(names: Iterable[str]) -> Text:
    """Names one after the other, as each language separates them."""
    names = list(names)
    return Text("、".join(names), ", ".join(names))
