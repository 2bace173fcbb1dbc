"""One record of a file as what it says about a person, checked cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from automation.catalogue.dates import moment_of, read_date
from automation.catalogue.model import FieldDef, FieldType
from automation.catalogue.types import normalise
from automation.clock import to_ms
from automation.contacts.cells import listed_cell, split_cell
from automation.contacts.columns import CONSENT_AT
from automation.contacts.identity import normalise_identity
from automation.contacts.names import ContactError, check_tag
from automation.errors import AutomationError
from automation.i18n import Text
from automation.store.bulk import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue
    from automation.contacts.columns import Target
    from automation.contacts.reading import Record
    from automation.store.identities import Pair

_ANSWERS = {
    "granted": "granted", "yes": "granted", "true": "granted", "是": "granted",
    "denied": "denied", "no": "denied", "false": "denied", "否": "denied",
}  # fmt: skip


class Given(NamedTuple):
    """The first and the last moment at which an answer can have been given, in milliseconds UTC."""

    earliest: int
    latest: int


class Answer(NamedTuple):
    """A yes or no; `given_ms` None: nobody says when it was given."""

    state: str  # granted | denied
    given_ms: int | None


@dataclass
class Said:
    """What somebody says about a person, checked and in normal form."""

    pairs: list[Pair] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    consents: dict[tuple[str, str], Answer] = field(default_factory=dict)


@dataclass
class Row(Said):
    """Empty cells say nothing, so they are not here."""

    record: Record = field(kw_only=True)
    given: dict[tuple[str, str], Given] = field(default_factory=dict)


class RowReader:
    """Reads the records of one file. AutomationError says what is wrong with a record, and in which column."""

    def __init__(self, catalogue: Catalogue, bound: Sequence[tuple[str, Target]], zone: ZoneInfo, fmt: str) -> None:
        self._bound = bound
        self._catalogue = catalogue
        self._zone = zone
        self._csv = fmt == "csv"

    def read(self, record: Record) -> Row:
        if record.problem is not None:
            raise record.problem
        row = Row(record=record)
        for column, target in self._bound:
            value = record.values.get(column)
            if value is None or value == [] or (isinstance(value, str) and not value.strip()):
                continue
            try:
                self._take(row, target, value)
            except AutomationError as error:
                raise ContactError("contacts.in_column", column=column, reason=error.text()) from None
        if not row.pairs:
            columns = ", ".join(column for column, target in self._bound if target.kind == "identity")
            raise ContactError("contacts.no_identity", known=columns)
        _date_answers(row)
        return row

    def _take(self, row: Row, target: Target, value: Any) -> None:
        if target.kind == "identity":
            for text in self._texts(value):
                pair = target.key, normalise_identity(target.key, text, self._catalogue.country)
                if pair not in row.pairs:
                    row.pairs.append(pair)
        elif target.kind == "tags":
            row.tags.extend(check_tag(text) for text in self._texts(value))
        elif target.kind == "consent":
            row.consents[target.consent] = Answer(_answer(value), None)
        elif target.kind == "consent_at":
            row.given[target.consent] = self._given(value)
        elif target.field is not None:
            row.attributes[target.key] = self._attribute(target.field, value)

    def _texts(self, value: Any) -> list[str]:
        if isinstance(value, str):
            return split_cell(value) if self._csv else [value]
        items = value if isinstance(value, list) else [value]
        texts = [str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in items]
        if not all(isinstance(text, str) for text in texts):
            raise ContactError("contacts.not_plain", found=to_json(value)[:60])
        return texts

    def _given(self, value: Any) -> Given:
        """When an answer was given. Of a day without a time of day nobody knows the hour."""
        defn = FieldDef(CONSENT_AT, FieldType.DATETIME, Text("同意时间", "time of consent"))
        day = read_date(value)
        if day is None:
            moment = to_ms(moment_of(normalise(defn, value, self._zone)))
            return Given(moment, moment)
        begin = datetime.fromisoformat(day).replace(tzinfo=self._zone)
        return Given(to_ms(begin), to_ms(begin + timedelta(days=1)) - 1)

    def _attribute(self, defn: FieldDef, value: Any) -> Any:
        known = self._catalogue.fields.get(defn.name) is defn
        if not known and not isinstance(value, str):
            value = to_json(value)
        if defn.type is FieldType.LIST and isinstance(value, str):
            value = listed_cell(value) or value
        return normalise(defn, value, self._zone)


def _answer(value: Any) -> str:
    text = value.strip().lower() if isinstance(value, str) else to_json(value)
    state = _ANSWERS.get(text)
    if state is None:
        raise ContactError("contacts.bad_state", found=text[:60])
    return state


def _date_answers(row: Row) -> None:
    """Each answer gets its own date, or that of all answers: a yes counts from its beginning, a no until its end."""
    for (purpose, channel), answer in row.consents.items():
        given = row.given.get((purpose, channel)) or row.given.get((purpose, "")) or row.given.get(("", ""))
        if given is not None:
            at = given.earliest if answer.state == "granted" else given.latest
            row.consents[purpose, channel] = Answer(answer.state, at)
