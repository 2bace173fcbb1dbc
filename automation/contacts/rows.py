"""One record of a file as what it says about a person, checked cell by cell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from automation.calendars.local import moment_of as local_moment
from automation.catalogue.dates import moment_of, read_date
from automation.catalogue.model import FieldDef, FieldType
from automation.catalogue.types import normalise
from automation.clock import to_ms
from automation.contacts.answers import read_answer
from automation.contacts.cells import listed_cell, split_cell
from automation.contacts.columns import CONSENT_AT
from automation.contacts.identity import read_identity
from automation.contacts.names import ContactError, check_tag
from automation.contacts.zones import check_zone
from automation.csvfiles import is_blank, read_cell
from automation.errors import AutomationError
from automation.i18n import Text, say
from automation.store.bulk import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue
    from automation.contacts.columns import Target
    from automation.contacts.reading import Record, Survey
    from automation.store.identities import Pair

DateOrder = Literal["dmy", "mdy"]
DATE_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy")

_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?=\D|\Z)", re.ASCII)
_SPOILT = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")


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
    """Empty cells say nothing, so they are not here; nor are wrong ones, which `left_out` tells of."""

    record: Record = field(kw_only=True)
    given: dict[tuple[str, str], Given] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class RowReader:
    """Reads the records of one file. A record that can't be used raises AutomationError with all that is wrong."""

    def __init__(
        self,
        catalogue: Catalogue,
        bound: Sequence[tuple[str, Target]],
        zone: ZoneInfo,
        found: Survey,
        date_order: DateOrder | None = None,
    ) -> None:
        self._bound = bound
        self._catalogue = catalogue
        self._zone = zone
        self._csv = found.fmt == "csv"
        self._as_it_is = found.raw or not self._csv
        self._order = date_order

    def read(self, record: Record) -> Row:
        """A wrong cell is left out, as long as another one says who the person is."""
        if record.problem is not None:
            raise record.problem
        row = Row(record=record)
        for column, target in self._bound:
            value = self._value(target, record.values.get(column))
            if value is None:
                continue
            try:
                self._take(row, target, value)
            except AutomationError as error:
                row.left_out.append(say("contacts.in_column", column=column, reason=error.text()))
        if not row.pairs:
            columns = ", ".join(column for column, target in self._bound if target.kind == "identity")
            nobody = say("contacts.no_identity", known=columns)
            raise ContactError("contacts.rejected", reasons=told_together([*row.left_out, nobody]))
        _date_answers(row)
        return row

    def _value(self, target: Target, value: Any) -> Any:
        """What the cell holds; None when it holds nothing. A choice is a value, whatever the word."""
        if not isinstance(value, str):
            return None if value == [] else value
        if self._as_it_is:
            return value if value.strip() else None
        choice = target.field is not None and value.strip() in target.field.choices
        return None if is_blank(value) and not choice else read_cell(value)

    def _take(self, row: Row, target: Target, value: Any) -> None:
        if target.kind == "identity":
            self._take_identities(row, target.key, value)
        elif target.kind == "tags":
            row.tags.extend([check_tag(text) for text in self._texts(value)])
        elif target.kind == "consent":
            row.consents[target.consent] = Answer(read_answer(value), None)
        elif target.kind == "consent_at":
            row.given[target.consent] = self._given(value)
        elif target.field is not None:
            row.attributes[target.key] = self._attribute(target.field, value)

    def _take_identities(self, row: Row, kind: str, value: Any) -> None:
        problem: AutomationError | None = None
        for text in self._texts(value):
            try:
                if _SPOILT.fullmatch(text):
                    raise ContactError("contacts.spoilt_number", found=text)
                pair = kind, read_identity(self._catalogue, kind, text)
            except AutomationError as error:
                problem = problem or error
                continue
            if pair not in row.pairs:
                row.pairs.append(pair)
        if problem is not None:
            raise problem

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
        text = year_first(value, self._order) if isinstance(value, str) else value
        day = read_date(text)
        if day is None:
            defn = FieldDef(CONSENT_AT, FieldType.DATETIME, Text("同意时间", "time of consent"))
            moment = to_ms(moment_of(normalise(defn, text, self._zone)))
            return Given(moment, moment)
        begin = datetime.fromisoformat(day)
        end = begin + timedelta(days=1)
        return Given(to_ms(local_moment(begin, self._zone)), to_ms(local_moment(end, self._zone)) - 1)

    def _attribute(self, defn: FieldDef, value: Any) -> Any:
        known = self._catalogue.fields.get(defn.name) is defn
        if not known and not isinstance(value, str):
            value = to_json(value)
        if isinstance(value, str):
            if defn.type is FieldType.LIST:
                value = listed_cell(value) or value
            elif defn.type in (FieldType.DATE, FieldType.DATETIME):
                value = year_first(value, self._order)
            elif defn.name == "timezone":
                check_zone(value)
        return normalise(defn, value, self._zone)


def _date_answers(row: Row) -> None:
    """Each answer gets its own date, or that of all answers: a yes counts from its beginning, a no until its end."""
    for (purpose, channel), answer in row.consents.items():
        given = row.given.get((purpose, channel)) or row.given.get((purpose, "")) or row.given.get(("", ""))
        if given is not None:
            at = given.earliest if answer.state == "granted" else given.latest
            row.consents[purpose, channel] = Answer(answer.state, at)


def year_first(text: str, order: DateOrder | None) -> str:
    """5/6/1992 as 1992-6-5 or 1992-5-6. ContactError when nobody said which comes first."""
    match = _YEAR_LAST.match(text.strip())
    if match is None:
        return text
    if order is None:
        raise ContactError("contacts.date_order", found=text.strip()[:40])
    first, _, second, year = match.groups()
    day, month = (first, second) if order == "dmy" else (second, first)
    return f"{year}-{month}-{day}{text.strip()[match.end() :]}"


def told_together(reasons: Sequence[str]) -> str:
    """Several reasons in one cell."""
    return say("contacts.between").join(reasons)
