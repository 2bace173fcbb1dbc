"""Many mails in one call: what their bodies share is written once, what differs goes along per person.

A body rendered from one template differs from its neighbours in a few lines. Where mails have the same number of
lines, each run of lines that differ becomes a mark in the shared body, and its text a substitution of each person.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from automation.providers.base import Outgoing

# SendGrid's limits for one personalization: "may not exceed 10,000 bytes", and not more than 100 substitutions.
MAX_BYTES = 10_000
MAX_MARKS = 100


@dataclass(frozen=True)
class Letter:
    """A message and its place in the batch."""

    place: int
    message: Outgoing


@dataclass(frozen=True)
class Merged:
    """Letters that travel in one call. `substitutions` has one mapping per letter, empty if all bodies are the same."""

    letters: Sequence[Letter]
    text: str | None
    html: str | None
    substitutions: Sequence[Mapping[str, str]]


def merge(letters: Sequence[Letter]) -> Iterator[Merged]:
    """As few calls as the limits allow. In one call no address appears twice: SendGrid refuses that."""
    for group in _alike(letters):
        yield from _within_limits(group)


def _alike(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """Letters whose bodies have the same shape, the n-th mail to the same address in the n-th group."""
    times: dict[str, Iterator[int]] = defaultdict(count)
    groups: dict[Hashable, list[Letter]] = defaultdict(list)
    for letter in letters:
        nth = next(times[letter.message.address.lower()])
        shape = tuple(-1 if part is None else part.count("\n") for part in _parts(letter))
        groups[nth, shape].append(letter)
    yield from groups.values()


def _within_limits(letters: Sequence[Letter]) -> Iterator[Merged]:
    waiting = [letters]
    while waiting:
        merged = _merge(waiting.pop())
        if all(_fits(one) for one in merged.substitutions):
            yield merged
        else:
            waiting.extend(_split(merged.letters))


def _merge(letters: Sequence[Letter]) -> Merged:
    word = _unused_word(letters)
    text, text_values = _shared([_parts(letter)[0] for letter in letters], f"%{word}t")
    html, html_values = _shared([_parts(letter)[1] for letter in letters], f"%{word}h")
    values = {**text_values, **html_values}
    substitutions = [{mark: of_all[place] for mark, of_all in values.items()} for place in range(len(letters))]
    return Merged(letters, text, html, substitutions)


def _shared(bodies: Sequence[str | None], mark: str) -> tuple[str | None, dict[str, list[str]]]:
    """The body with marks, and for each mark what every letter has in its place."""
    lines = [body.split("\n") for body in bodies if body is not None]
    if not lines:
        return None, {}
    shared: list[str] = []
    values: dict[str, list[str]] = {}
    for same, run in groupby(zip(*lines, strict=True), key=lambda column: len(set(column)) == 1):
        if same:
            shared += [column[0] for column in run]
        else:
            name = f"{mark}{len(values)}%"
            shared.append(name)
            values[name] = ["\n".join(one) for one in zip(*run, strict=True)]
    return "\n".join(shared), values


def _split(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """By the line with the fewest different texts: where two templates met, that is what tells them apart."""
    columns = zip(*(_lines(letter) for letter in letters), strict=True)
    telling = min((column for column in columns if len(set(column)) > 1), key=lambda column: len(set(column)))
    groups: dict[str, list[Letter]] = defaultdict(list)
    for letter, line in zip(letters, telling, strict=True):
        groups[line].append(letter)
    yield from groups.values()


def _fits(substitutions: Mapping[str, str]) -> bool:
    size = sum(len(mark) + len(value.encode(errors="replace")) for mark, value in substitutions.items())
    return size <= MAX_BYTES and len(substitutions) <= MAX_MARKS


def _unused_word(letters: Sequence[Letter]) -> str:
    """A word for marks that stands in no body and no subject, so that nothing else is ever replaced."""
    everything = [part for letter in letters for part in (*_parts(letter), letter.message.content.subject) if part]
    return next(word for word in (f"m{n}" for n in count()) if not any(f"%{word}" in part for part in everything))


def _parts(letter: Letter) -> tuple[str | None, str | None]:
    return letter.message.content.text, letter.message.content.html


def _lines(letter: Letter) -> list[str]:
    return [line for part in _parts(letter) if part is not None for line in part.split("\n")]
