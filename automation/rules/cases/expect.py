"""`expect:` of a case: a reason code, a list of actions, or a mapping of what must have come of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from automation.channels import CHANNELS
from automation.reasons import Reason
from automation.rules.cases.spec import STATES, Expect, ExpectedMessage, State
from automation.rules.reader import is_none
from automation.yamltree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from automation.rules.cases.ground import Ground
    from automation.rules.reader import Reader

EXPECT_KEYS = ("entered", "steps", "messages", "skipped", "exited", "state", "coupons")
MESSAGE_KEYS = ("channel", "template", "contains")


class ExpectReader:
    """Reads one `expect:`."""

    def __init__(self, reader: Reader, ground: Ground, path: str) -> None:
        self.reader, self.ground, self.path = reader, ground, path

    def read(self, node: Node) -> Expect:
        if isinstance(node, Sequence):
            return Expect(node.line, steps=self._steps(node))
        if isinstance(node, Scalar):
            return Expect(node.line, code=self._reason(node, ""))
        mapping = self.reader.mapping(node, self.path, EXPECT_KEYS)
        if mapping is not None and not mapping.entries:
            self.reader.error(node, self.path, "tests.nothing_expected")
        reads: dict[str, Callable[[Node], Any]] = {
            "entered": lambda value: self.reader.flag(value, self.path),
            "steps": self._steps,
            "messages": self._messages,
            "skipped": lambda value: self._reason(value, "skipped."),
            "exited": lambda value: self._reason(value, "exited."),
            "state": self._state,
            "coupons": self._coupons,
        }
        entries = mapping.entries if mapping is not None else ()
        known = [(str(entry.key.value), entry.value) for entry in entries if entry.key.value in reads]
        return Expect(node.line, **{name: reads[name](value) for name, value in known})

    def _reason(self, node: Node, prefix: str) -> Reason | None:
        """A code that begins with `prefix`, which may be left out."""
        text = self.reader.text(node, self.path)
        if text is None:
            return None
        known = [reason.value for reason in Reason if reason.value.startswith(prefix)]
        for found in (text, prefix + text):
            if found in known:
                return Reason(found)
        if text in set(Reason):
            self.reader.error(node, self.path, "tests.other_reason", found=text, prefix=prefix)
        else:
            self.reader.unknown(node, self.path, "unknown_reason", text, known)
        return None

    def _steps(self, node: Node) -> tuple[str, ...]:
        actions, ids = list(self.ground.registry.actions), self.ground.step_ids
        found = []
        for item in self.reader.items(node, self.path, empty=True) or ():
            text = self.reader.text(item, self.path)
            if text is not None and text not in actions and text not in ids and self.ground.complete:
                self.reader.unknown(item, self.path, "unknown_action", text, [*actions, *ids], broken="")
            found.append(text or "")
        return tuple(found)

    def _state(self, node: Node) -> State | None:
        return cast("State | None", self.reader.choice(node, self.path, STATES))

    # ------------------------------------------------------------ messages and coupons

    def _messages(self, node: Node) -> tuple[ExpectedMessage, ...]:
        if is_none(node):
            return ()
        items = self.reader.items(node, self.path, empty=True) or ()
        found = [self._message(item, f"{self.path}/messages/{i}") for i, item in enumerate(items)]
        return tuple(message for message in found if message is not None)

    def _message(self, node: Node, path: str) -> ExpectedMessage | None:
        mapping = self.reader.mapping(node, path, MESSAGE_KEYS)
        if mapping is None:
            return None
        channel, template, contains = (mapping.get(name) for name in MESSAGE_KEYS)
        return ExpectedMessage(
            node.line,
            self.reader.choice(channel, path, tuple(CHANNELS)) if channel is not None else None,
            self._template(template, path) if template is not None else None,
            self._contains(contains, path) if contains is not None else (),
        )

    def _template(self, node: Node, path: str) -> str | None:
        text, known = self.reader.text(node, path), self.ground.templates.names()
        if text is not None and text not in known:
            self.reader.unknown(node, path, "unknown_template", text, known)
        return text

    def _contains(self, node: Node, path: str) -> tuple[str, ...]:
        """One piece of text or several; a number is meant as it is written."""
        items = self.reader.items(node, path) or [] if isinstance(node, Sequence) else [node]
        return tuple(
            item.text if isinstance(item, Scalar) and item.text else self.reader.text(item, path) or ""
            for item in items
        )

    def _coupons(self, node: Node) -> dict[str, int]:
        """How many codes of each batch; a number alone: of all batches together."""
        if not isinstance(node, Mapping):
            return {"*": self._count(node)}
        known = self.ground.names.catalogue.coupons
        for entry in node.entries:
            name = str(entry.key.value)
            if name not in known:
                self.reader.unknown(entry.key, self.path, "unknown_batch", name, known)
        return {str(entry.key.value): self._count(entry.value) for entry in node.entries}

    def _count(self, node: Node) -> int:
        return self.reader.count(node, self.path, least=0) or 0
