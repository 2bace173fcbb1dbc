"""What a batch of identities asks for: who is meant, who is new, who merges with whom. Pure: no database."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automation.i18n import say
from automation.store.identities import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


MOST = 20
"""How many values of a kind a person may have: what more would share is a default value, and not one person's."""
_ENDLESS = frozenset({"anonymous_id"})
"""Kinds of which a person has a new one whenever a browser forgets the old one."""


@dataclass(frozen=True)
class Conflict:
    """These identities can't be one person: there would be two values of a single kind, or too many of another."""

    kinds: tuple[str, ...]
    contact_ids: tuple[int, ...]
    crowded: bool = False

    def text(self, lang: str | None = None) -> str:
        ids = ", ".join(f"#{id_}" for id_ in self.contact_ids)
        if self.crowded:
            return say("contacts.crowded", lang, kinds=", ".join(self.kinds), ids=ids or "–", most=MOST)
        return say("contacts.conflict", lang, kinds=", ".join(self.kinds), ids=ids or "–")

    def __str__(self) -> str:
        return self.text()


@dataclass
class Plan:
    """Contacts are ids; one that has yet to be created is a negative number, the first -1, the next -2.

    `owners` knows every identity met so far, `held` the values per contact and kind.
    """

    owners: dict[Pair, int]
    held: dict[int, dict[str, set[str]]]
    single_kinds: frozenset[str]
    results: list[int | Conflict | None] = field(default_factory=list)
    attached: dict[Pair, int] = field(default_factory=dict)  # identities that nobody had
    merges: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # (survivor, absorbed, place of the item), in order
    changed: set[int] = field(default_factory=set)  # places of items that attached or merged something
    merged: dict[int, int] = field(default_factory=dict)  # place of an item: how many contacts it merged away
    _joined: dict[int, int] = field(default_factory=dict)
    _fresh: int = 0

    def place(self, item: Sequence[Pair]) -> None:
        """Decide about the next item of the batch."""
        new = [pair for pair in item if pair not in self.owners]
        found = sorted({self.now(self.owners[pair]) for pair in item if pair in self.owners}, key=_age)
        kinds = self._clash(found, new)
        if kinds:
            crowded = self.single_kinds.isdisjoint(kinds)
            self.results.append(Conflict(kinds, tuple(found), crowded))
        elif not item:
            self.results.append(None)
        else:
            self.results.append(self._unite(found or [self._create()], new))

    def now(self, contact: int) -> int:
        """The contact that this one is after the merges so far."""
        while contact in self._joined:
            contact = self._joined[contact]
        return contact

    def _clash(self, found: Sequence[int], new: Iterable[Pair]) -> tuple[str, ...]:
        before = [self.held.get(contact, {}) for contact in found]
        after: dict[str, set[str]] = defaultdict(set)
        for held in before:
            for kind, values in held.items():
                after[kind] |= values
        for kind, value in new:
            after[kind].add(value)
        # A contact that held too many before there was a limit is no new conflict.
        return tuple(sorted(
            kind for kind, values in after.items()
            if kind not in _ENDLESS and len(values) > (1 if kind in self.single_kinds else MOST)
            and not any(held.get(kind) == values for held in before)
        ))  # fmt: skip

    def _create(self) -> int:
        self._fresh -= 1
        return self._fresh

    def _unite(self, found: Sequence[int], new: Sequence[Pair]) -> int:
        survivor, *others = found
        place = len(self.results)
        held = self.held.setdefault(survivor, {})
        for other in others:
            self._joined[other] = survivor
            for kind, values in self.held.pop(other, {}).items():
                held.setdefault(kind, set()).update(values)
            if other > 0:
                self.merges.append((survivor, other, place))
                self.merged[place] = self.merged.get(place, 0) + 1
        for kind, value in new:
            self.owners[kind, value] = self.attached[kind, value] = survivor
            held.setdefault(kind, set()).add(value)
        if new or others:
            self.changed.add(place)
        return survivor


def plan(
    items: Sequence[Sequence[Pair]],
    owners: Mapping[Pair, int],
    held: Mapping[int, Mapping[str, set[str]]],
    single_kinds: frozenset[str],
) -> Plan:
    """Decide about the items in their order. `held` covers every contact that an item might change."""
    own = {contact: {kind: set(values) for kind, values in one.items()} for contact, one in held.items()}
    made = Plan(dict(owners), own, single_kinds)
    for item in items:
        made.place(item)
    return made


def _age(contact: int) -> tuple[bool, int]:
    """Oldest first; those yet to be created come last, in the order in which they were met."""
    return (contact < 0, abs(contact))
