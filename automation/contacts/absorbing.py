"""A batch of imported rows goes into the database: what each row changed, and nothing written that is there already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.profile import add_tags, update_attributes
from automation.contacts.resolve import Conflict, Resolved, resolve_pairs
from automation.store import consent as consent_rows
from automation.store import contacts as contact_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.contacts.rows import Row

Outcome = Literal["created", "updated", "unchanged"] | Conflict


@dataclass
class Absorbed:
    outcomes: list[Outcome]
    merged: int


@dataclass
class _Person:
    """One contact of the batch: as it was, and as the rows so far want it."""

    before: dict[str, Any]
    tags_before: set[str]
    consents_before: dict[tuple[str, str], str]
    attributes: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    consents: dict[tuple[str, str], str] = field(default_factory=dict)

    def take(self, row: Row) -> bool:
        """The row's values win over what was known. Whether any of them is new."""
        new = {key: value for key, value in row.attributes.items()
               if self.attributes.get(key, self.before.get(key)) != value}  # fmt: skip
        self.attributes |= row.attributes
        tags = set(row.tags) - self.tags - self.tags_before
        self.tags |= tags
        answers = dict(self._new_answers(row))
        self.consents |= answers
        return bool(new or tags or answers)

    def _new_answers(self, row: Row) -> Iterable[tuple[tuple[str, str], str]]:
        """In one batch, which is one moment, a denial beats a grant."""
        for key, state in row.consents.items():
            known = self.consents.get(key)
            if known is None and self.consents_before.get(key) != state:
                yield key, state
            elif known is None:
                self.consents[key] = state
            elif known != state and state == "denied":
                yield key, state

    def new_attributes(self) -> dict[str, Any]:
        return {key: value for key, value in self.attributes.items() if self.before.get(key) != value}

    def new_consents(self) -> dict[tuple[str, str], str]:
        return {key: state for key, state in self.consents.items() if self.consents_before.get(key) != state}

    def changed(self) -> bool:
        return bool(self.new_attributes() or self.tags or self.new_consents())


def absorb(conn: Connection, catalogue: Catalogue, rows: Sequence[Row], now_ms: int, source: str) -> Absorbed:
    """Resolve, compare, and write the difference. One outcome per row; a Conflict changed nothing."""
    resolved = resolve_pairs(conn, catalogue, [row.pairs for row in rows], now_ms, create=True, actor=source)
    people = _people(conn, [contact for contact in resolved.contacts if isinstance(contact, int)])
    news = [
        isinstance(contact, int) and people[contact].take(row)
        for contact, row in zip(resolved.contacts, rows, strict=True)
    ]
    _write(conn, people, now_ms, source)
    return Absorbed(_outcomes(resolved, people, news), sum(resolved.merged.values()))


def _people(conn: Connection, ids: Sequence[int]) -> dict[int, _Person]:
    contacts = contact_rows.read_contacts(conn, ids)
    tags, consents = contact_rows.read_tags(conn, ids), consent_rows.read_consents(conn, ids)
    return {
        id_: _Person(
            row.attributes, tags.get(id_, set()), {key: one.state for key, one in consents.get(id_, {}).items()}
        )
        for id_, row in contacts.items()
    }


def _write(conn: Connection, people: dict[int, _Person], now_ms: int, source: str) -> None:
    attributes = {id_: new for id_, person in people.items() if (new := person.new_attributes())}
    update_attributes(conn, attributes, now_ms, source)
    add_tags(conn, {id_: person.tags for id_, person in people.items() if person.tags}, now_ms)
    changes = [
        ConsentChange(id_, purpose, channel, state, source, now_ms)
        for id_, person in people.items()
        for (purpose, channel), state in person.new_consents().items()
    ]
    record_consent(conn, changes, actor=source)


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
