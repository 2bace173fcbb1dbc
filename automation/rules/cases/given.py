"""`given:` of a case: who the person is before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from automation.catalogue.event_fields import FROM_CASES
from automation.catalogue.model import EVENT_FIELDS
from automation.contacts.consent import EVERY_CHANNEL, STATES, check_consent
from automation.contacts.identity import read_identity
from automation.errors import AutomationError
from automation.rules.cases.spec import Given, Happening
from automation.rules.cases.values import written
from automation.rules.reader import is_none
from automation.yamltree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from datetime import datetime

    from automation.catalogue.model import FieldDef
    from automation.rules.cases.ground import Ground
    from automation.rules.cases.values import Values
    from automation.rules.reader import Reader

GIVEN_KEYS = ("tags", "consents", "events", "arms", "control_group")


class GivenReader:
    """Reads one `given:`; what is wrong in it is said and left out."""

    def __init__(self, reader: Reader, ground: Ground, values: Values, path: str) -> None:
        self.reader, self.ground, self.values, self.path = reader, ground, values, path
        self.attributes: dict[str, Any] = {}
        self.identities: dict[str, str | None] = {}
        self.event: dict[str, Any] = {}
        self.created_at: datetime | None = None
        self.other: dict[str, Any] = {}

    def read(self, node: Node) -> Given:
        if not isinstance(node, Mapping):
            self.reader.wrong(node, self.path, "mapping")
            return Given()
        parts = {
            "tags": self._tags, "consents": self._consents, "events": self._events, "arms": self._arms,
            "control_group": self._control_group,
        }  # fmt: skip
        for entry in node.entries:
            name = str(entry.key.value)
            if name in parts:
                self.other[name] = parts[name](entry.value)
            elif name in self.ground.names.catalogue.identity_kinds:
                self._identity(name, entry.value)
            else:
                self._field(entry.key, entry.value)
        return Given(self.attributes, self.identities, self.created_at, event=self.event, **self.other)

    # ------------------------------------------------------------ fields

    def _field(self, key: Scalar, node: Node) -> None:
        name = str(key.value)
        root, _, rest = name.partition(".")
        known = self._known(root, rest)
        if known is None and not self.ground.names.unknowable(root):
            names = [*self.ground.names.known(), *GIVEN_KEYS, *self.ground.names.catalogue.identity_kinds]
            self.reader.unknown(key, self.path, "unknown_field", name, names)
        elif known is not None and root == "event":
            if self.values.value(known, node, self.path) is not None:
                self.event[rest] = written(known, node)
        elif known is not None:
            self._of_contact(known, key, node)

    def _known(self, root: str, name: str) -> FieldDef | None:
        names = self.ground.names
        if root == "contact":
            return names.catalogue.fields.get(name)
        if root != "event" or names.event is None:
            return None
        return names.event.properties.get(name) or (EVENT_FIELDS[name] if name in FROM_CASES else None)

    def _of_contact(self, known: FieldDef, key: Scalar, node: Node) -> None:
        if known.storage == "identity":
            self._identity(known.name, node)
        elif known.storage == "tags":
            self.other["tags"] = self._tags(node)
        elif known.name == "created_at":
            self.created_at = self.values.moment(node, self.path)
        elif known.storage == "column":
            self.reader.error(key, self.path, "tests.not_given", found=str(key.value))
        elif not (isinstance(node, Scalar) and node.value is None):
            self.attributes[known.name] = self.values.value(known, node, self.path)

    def _identity(self, kind: str, node: Node) -> None:
        if is_none(node):
            self.identities[kind] = None
            return
        try:
            text = node.text if isinstance(node, Scalar) else ""
            self.identities[kind] = read_identity(self.ground.names.catalogue, kind, text)
        except AutomationError as error:
            self.reader.say(node, self.path, error.key, dict(error.params))

    # ------------------------------------------------------------ the rest

    def _tags(self, node: Node) -> tuple[str, ...]:
        found = [self.reader.text(item, self.path) for item in self.reader.items(node, self.path, empty=True) or ()]
        return tuple(text for text in found if text is not None)

    def _consents(self, node: Node) -> tuple[tuple[str, str, str], ...]:
        if not isinstance(node, Mapping):
            self.reader.wrong(node, self.path, "mapping")
            return ()
        return tuple(found for entry in node.entries for found in self._answers(entry.key, entry.value))

    def _answers(self, key: Scalar, node: Node) -> Iterator[tuple[str, str, str]]:
        """`marketing: denied` for every channel, or `marketing: {sms: denied}`."""
        each = [(entry.key, entry.value) for entry in node.entries] if isinstance(node, Mapping) else [(None, node)]
        for channel, answer in each:
            state = self.reader.choice(answer, self.path, (*STATES, "none"))
            name = str(channel.value) if channel is not None else EVERY_CHANNEL
            try:
                check_consent(str(key.value), name, "granted")
            except AutomationError as error:
                self.reader.say(channel or key, self.path, error.key, dict(error.params))
            else:
                if state is not None:
                    yield str(key.value), name, state

    def _events(self, node: Node) -> tuple[Happening, ...]:
        items = self.reader.items(node, self.path, empty=True) or ()
        found = [self.values.past(item, f"{self.path}/events/{i}") for i, item in enumerate(items)]
        return tuple(event for event in found if event is not None)

    def _arms(self, node: Node) -> dict[str, str]:
        """The arm that the person is in, by the name of the split."""
        splits, found = self.ground.splits, {}
        if not isinstance(node, Mapping):
            self.reader.wrong(node, self.path, "mapping")
            return {}
        for entry in node.entries:
            name = str(entry.key.value)
            if name not in splits:
                if self.ground.complete:
                    self.reader.unknown(entry.key, self.path, "tests.unknown_split", name, splits)
                continue
            arm = self.reader.choice(entry.value, self.path, splits[name])
            if arm is not None:
                found[name] = arm
        return found

    def _control_group(self, node: Node) -> bool:
        wanted = bool(self.reader.flag(node, self.path))
        if wanted and not self.ground.held_out:
            self.reader.error(node, self.path, "tests.no_holdout")
        return wanted
