"""A batch of imported rows goes into the database: what each row changed, and nothing written that is there already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from automation.contacts.consent import ConsentChange, record_answers
from automation.contacts.profile import add_tags, update_attributes
from automation.contacts.resolve import Conflict, Resolved, resolve_pairs
from automation.contacts.statements import record_statements
from automation.store import contacts as contact_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.contacts.rows import Said

Outcome = Literal["created", "updated", "unchanged"] | Conflict


@dataclass
class Absorbed:
    """`overruled` counts the answers that changed nothing, because an earlier no stands against them."""

    outcomes: list[Outcome]
    merged: int
    overruled: int = 0


@dataclass
class _Person:
    """One contact of the batch: as it was, and as the rows so far want it."""

    before: dict[str, Any]
    tags_before: set[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    answered: bool = False  # an answer about consent is another one now

    def take(self, row: Said) -> bool:
        """The row's values win over what was known. Whether any of them is new."""
        new = {key: value for key, value in row.attributes.items()
               if self.attributes.get(key, self.before.get(key)) != value}  # fmt: skip
        self.attributes |= row.attributes
        tags = set(row.tags) - self.tags - self.tags_before
        self.tags |= tags
        return bool(new or tags)

    def new_attributes(self) -> dict[str, Any]:
        return {key: value for key, value in self.attributes.items() if self.before.get(key) != value}

    def changed(self) -> bool:
        return bool(self.new_attributes() or self.tags or self.answered)


def absorb(conn: Connection, catalogue: Catalogue, rows: Sequence[Said], now_ms: int, source: str) -> Absorbed:
    """Resolve, compare, and write the difference. One outcome per row; of a Conflict only a no counts, for each of the
    contacts that it names."""
    pairs = [row.pairs for row in rows]
    resolved = resolve_pairs(conn, catalogue, pairs, now_ms, create=True, actor=source, stated=True)
    known = [
        (contact, said) for contact, said in zip(resolved.contacts, pairs, strict=True) if isinstance(contact, int)
    ]
    record_statements(conn, known, now_ms, source)
    people = _people(conn, [contact for contact in resolved.contacts if isinstance(contact, int)])
    news = [
        isinstance(contact, int) and people[contact].take(row)
        for contact, row in zip(resolved.contacts, rows, strict=True)
    ]
    answers = record_answers(conn, list(_changes(rows, resolved, now_ms, source)), actor=source)
    _write(conn, people, now_ms, source)
    for place, (contact, row) in enumerate(zip(resolved.contacts, rows, strict=True)):
        if isinstance(contact, int) and any((contact, key) in answers.changed for key in row.consents):
            news[place] = people[contact].answered = True
    return Absorbed(_outcomes(resolved, people, news), sum(resolved.merged.values()), len(answers.overruled))


def _people(conn: Connection, ids: Sequence[int]) -> dict[int, _Person]:
    contacts, tags = contact_rows.read_contacts(conn, ids), contact_rows.read_tags(conn, ids)
    return {id_: _Person(row.attributes, tags.get(id_, set())) for id_, row in contacts.items()}


def _changes(rows: Sequence[Said], resolved: Resolved, now_ms: int, source: str) -> Iterator[ConsentChange]:
    for row, contact in zip(rows, resolved.contacts, strict=True):
        for (purpose, channel), answer in row.consents.items():
            whose = contact.contact_ids if isinstance(contact, Conflict) else (contact,)
            for id_ in whose if answer.state == "denied" or isinstance(contact, int) else ():
                if id_ is not None:
                    yield ConsentChange(id_, purpose, channel, answer.state, source, answer.given_ms, now_ms)


def _write(conn: Connection, people: dict[int, _Person], now_ms: int, source: str) -> None:
    attributes = {id_: new for id_, person in people.items() if (new := person.new_attributes())}
    update_attributes(conn, attributes, now_ms, source)
    add_tags(conn, {id_: person.tags for id_, person in people.items() if person.tags}, now_ms)


def _outcomes(resolved: Resolved, people: dict[int, _Person], news: Sequence[bool]) -> list[Outcome]:
    """The first row of a new contact created it. Rows that contradict each other to no effect changed nothing."""
    outcomes: list[Outcome] = []
    fresh = set(resolved.created)
    for place, contact in enumerate(resolved.contacts):
        if contact is None or isinstance(contact, Conflict):
            outcomes.append(contact or Conflict((), ()))
        elif contact in fresh:
            fresh.discard(contact)
            outcomes.append("created")
        elif place in resolved.changed or (news[place] and people[contact].changed()):
            outcomes.append("updated")
        else:
            outcomes.append("unchanged")
    return outcomes
