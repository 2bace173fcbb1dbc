"""Attributes whose stored value is of another type than the catalogue says today: found, and brought to that type."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from automation.catalogue.stored import in_normal_form
from automation.catalogue.types import normalise
from automation.contacts.profile import update_attributes
from automation.errors import AutomationError
from automation.store import contacts as contact_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue, FieldDef
    from automation.store.contacts import ContactRow
    from automation.store.database import Database

PAGE = 1000
ACTOR = "recast"


@dataclass(frozen=True)
class Mistyped:
    """What a contact holds under a field, and what it becomes; None: nobody can tell, for the `reason`."""

    contact_id: int
    field: FieldDef
    value: Any
    becomes: Any
    reason: str = ""


@dataclass
class Recast:
    """found = changed + dropped + left."""

    found: int = 0
    changed: int = 0
    dropped: int = 0
    left: int = 0


def mistyped(
    conn: Connection, catalogue: Catalogue, zone: ZoneInfo, limit: int | None = None, only: str | None = None
) -> list[Mistyped]:
    """The first of them, by contact number; `only` one field's."""
    found = (one for page in contact_rows.pages(conn, PAGE) for one in _wrong(page, catalogue, zone, only))
    return list(islice(found, limit))


def count_mistyped(conn: Connection, catalogue: Catalogue, most: int | None = None) -> dict[str, int]:
    """How many people hold such a value, by field; of the first `most` people alone, where it is given."""
    counts: dict[str, int] = {}
    for page in islice(contact_rows.pages(conn, PAGE), None if most is None else most // PAGE):
        for row in page:
            for name, value in row.attributes.items():
                defn = catalogue.fields.get(name)
                if defn is not None and not in_normal_form(defn, value):
                    counts[name] = counts.get(name, 0) + 1
    return counts


def recast(
    database: Database, catalogue: Catalogue, zone: ZoneInfo, now_ms: int, *, only: str | None = None,
    drop: bool = False, dry_run: bool = False,
) -> Recast:  # fmt: skip
    """Bring what can be read to its type, in transactions of 1,000 people, each change audited.

    With `drop`, what can't be read goes; without it it stays. A dry run counts only.
    """
    done = Recast()
    with database.read() as conn:
        wrong = mistyped(conn, catalogue, zone, only=only)
    for start in range(0, len(wrong), PAGE):
        changes: dict[int, dict[str, Any]] = {}
        for one in wrong[start : start + PAGE]:
            done.found += 1
            if one.becomes is None and not drop:
                done.left += 1
                continue
            done.changed += one.becomes is not None
            done.dropped += one.becomes is None
            changes.setdefault(one.contact_id, {})[one.field.name] = one.becomes
        if changes and not dry_run:
            with database.write() as conn:
                update_attributes(conn, _still(conn, changes, catalogue), now_ms, ACTOR)
    return done


def _still(conn: Connection, changes: dict[int, dict[str, Any]], catalogue: Catalogue) -> dict[int, dict[str, Any]]:
    """Without what somebody put right meanwhile."""
    rows = contact_rows.read_contacts(conn, changes)
    return {
        id_: {
            name: value
            for name, value in change.items()
            if not in_normal_form(catalogue.fields[name], rows[id_].attributes.get(name))
        }
        for id_, change in changes.items()
        if id_ in rows
    }


def _wrong(page: Sequence[ContactRow], catalogue: Catalogue, zone: ZoneInfo, only: str | None) -> Iterator[Mistyped]:
    for row in page:
        for name, value in row.attributes.items():
            defn = catalogue.fields.get(name)
            if defn is None or only not in (None, name) or in_normal_form(defn, value):
                continue
            try:
                yield Mistyped(row.id, defn, value, normalise(defn, value, zone))
            except AutomationError as error:
                yield Mistyped(row.id, defn, value, None, error.text())
