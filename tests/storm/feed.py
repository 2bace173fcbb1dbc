"""What is fed into a storm: a batch's content follows from the seed and its number alone; so does what must come."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PEOPLE = 300
EVENTS = {
    "order.paid": 4,
    "whitepaper.downloaded": 3,
    "store.visited": 3,
    "order.refunded": 2,
    "cart.added": 2,
    "store.asked": 1,
    "page.viewed": 2,
}
"""Names and how often they come; `x.y` meets the rule y of project.py."""


@dataclass(frozen=True)
class Person:
    """What is known of them before anything happens; what a provider will say of them shows in the number."""

    number: int

    @property
    def member(self) -> str:
        return f"M{self.number:05}"

    @property
    def kind(self) -> str:
        """`bad`: SMS are refused for good; `busy`: for ever for the moment; `silent`: no marketing consent."""
        return {3: "bad", 7: "busy", 11: "silent"}.get(self.number % 20, "fine")

    @property
    def phone(self) -> str:
        return f"+86{({'bad': 139, 'busy': 137}).get(self.kind, 138)}001{self.number:05}"

    @property
    def email(self) -> str:
        return f"p{self.number:05}@example.com"

    @property
    def gold(self) -> bool:
        return self.number % 20 == 1


@dataclass(frozen=True)
class Fact:
    """One event that was meant to be stored; `ref` is the only thing of its kind, and every message says it again."""

    name: str
    person: Person
    ref: str
    timed: bool

    @property
    def rule(self) -> str:
        return self.name.partition(".")[2]

    def line(self) -> str:
        body: dict[str, Any] = {
            "name": self.name,
            "message_id": self.ref,
            "source": "storm",
            "contact": {"member_no": self.person.member},
            "properties": {"ref": self.ref},
        }
        if self.timed:
            body["occurred_at"] = f"2026-03-01T10:00:{int(self.ref.split('-')[1]):02}+08:00"
        return json.dumps(body)


def facts(seed: int, number: int) -> list[Fact]:
    """The new events of one batch."""
    chance = random.Random(f"{seed}:{number}")
    names = chance.choices(list(EVENTS), list(EVENTS.values()), k=chance.randint(3, 9))
    return [
        Fact(name, Person(chance.randrange(PEOPLE)), f"{number}-{i}", chance.random() < 0.5)
        for i, name in enumerate(names)
    ]


def batch(seed: int, number: int) -> list[str]:
    """One batch as it is sent: its events, now and then one that came before, one twice, and one that is no event."""
    chance = random.Random(f"more:{seed}:{number}")
    new = facts(seed, number)
    lines = [fact.line() for fact in new]
    if number and chance.random() < 0.5:
        lines.append(chance.choice(facts(seed, chance.randrange(number))).line())
    if chance.random() < 0.2:
        lines.append(lines[0])
    if chance.random() < 0.1:
        lines.append(bad(number))
    chance.shuffle(lines)
    return lines


def bad(number: int) -> str:
    """What belongs into quarantine."""
    return f'{{"name": "order.paid", "n": {number}'


def everything(seed: int, batches: int) -> Iterator[Fact]:
    """All events of the first so many batches."""
    for number in range(batches):
        yield from facts(seed, number)
