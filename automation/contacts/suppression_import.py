"""A do-not-contact list comes in: what is there already stays or is lengthened, nothing is ever taken off by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from automation.clock import to_ms
from automation.contacts.columns import ImportProblem, Unknown
from automation.contacts.consent import EVERY_CHANNEL
from automation.contacts.names import ContactError
from automation.contacts.reading import Survey, records
from automation.contacts.rejects import Rejects, rejects_path
from automation.contacts.resolve import resolve_pairs
from automation.contacts.rows import told_together
from automation.contacts.suppression import Suppression, suppress
from automation.contacts.suppression_rows import Entry, EntryReader, list_columns, list_keys
from automation.errors import AutomationError
from automation.i18n import LANGS, Text, say
from automation.store.retry import retried
from automation.store.sealing import is_sealed

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.clock import Clock
    from automation.contacts.reading import Record
    from automation.store.database import Database

BATCH = 1000


@dataclass(frozen=True)
class Defaults:
    """What a list that doesn't say so means."""

    channel: str | None = None
    reason: str = ""
    until_ms: int | None = None


@dataclass
class ListReport:
    """read = listed + ended + rejected. `added` counts entries that were new or lengthened; a row may make several."""

    read: int = 0
    listed: int = 0
    added: int = 0
    ended: int = 0
    created: int = 0
    rejected: int = 0
    left_out: int = 0
    rejects_file: Path | None = None
    told: list[tuple[Record, str]] = field(default_factory=list)


def understood(
    catalogue: Catalogue, found: Survey, mapping: Mapping[str, str], skip: Sequence[str], unknown: Unknown
) -> dict[str, str]:
    """{column: key}; "" for one that says nothing here.

    ImportProblem when a column is unknown and must not be passed over, or none names anybody.
    """
    known, file = list_keys(catalogue), found.path.name
    for key, column in mapping.items():
        if column not in found.columns:
            names = ", ".join(found.columns)
            raise ImportProblem("contacts.missing_column", target=key, column=column, file=file, columns=names)
        if key not in known:
            reason = Text(*(say("contacts.list_key", lang, known=", ".join(known)) for lang in LANGS))
            raise ImportProblem("contacts.bad_target", column=column, target=key, reason=reason)
    columns = list_columns(catalogue, found.columns, mapping) | dict.fromkeys(skip, "")
    strange = [name for name in found.columns if name not in columns]
    if strange and unknown == "stop":
        listed = Text(*(mark.join(f"“{name}”" for name in strange) for mark in ("、", ", ")))
        raise ImportProblem("contacts.unknown_list_columns", file=file, columns=listed)
    if not any(key in ("contact", "address") or key in catalogue.identity_kinds for key in columns.values()):
        raise ImportProblem("contacts.no_identity_column", file=file, known=", ".join(known))
    return {column: columns.get(column, "") for column in found.columns}


def import_suppressions(
    database: Database,
    catalogue: Catalogue,
    found: Survey,
    columns: Mapping[str, str],
    defaults: Defaults,
    *,
    zone: ZoneInfo,
    clock: Clock,
    rejects: Path | None = None,
) -> ListReport:
    """In transactions of 1,000 rows. `columns` is what `understood` said of them."""
    wanted = {column: key for column, key in columns.items() if key}
    reader, report = EntryReader(catalogue, wanted, found, zone), ListReport()
    rows = records(found)
    with Rejects(found, rejects_path(found, rejects)) as refused:
        while batch := list(islice(rows, BATCH)):
            _import(database, catalogue, reader, batch, defaults, clock, f"import:{found.path.name}", report)
            for record, reason in sorted(report.told, key=lambda pair: pair[0].line):
                refused.add(record, reason)
            report.told.clear()
        report.rejects_file = refused.file
    return report


def _import(
    database: Database, catalogue: Catalogue, reader: EntryReader, batch: Sequence[Record], defaults: Defaults,
    clock: Clock, actor: str, report: ListReport,
) -> None:  # fmt: skip
    entries: list[Entry] = []
    now = to_ms(clock.now())
    report.read += len(batch)
    for record in batch:
        try:
            entry = _entry(reader, record, defaults)
        except AutomationError as error:
            report.rejected += 1
            report.told.append((record, error.text()))
            continue
        if entry.left_out:
            report.left_out += len(entry.left_out)
            report.told.append((record, say("contacts.taken_without", reasons=told_together(entry.left_out))))
        ended = entry.until_ms is not None and entry.until_ms <= now
        report.ended += ended
        report.listed += not ended
        entries += [] if ended else [entry]

    def transaction() -> tuple[int, int]:
        with database.write() as conn:
            people, created = _people(conn, catalogue, entries, now, actor)
            return suppress(conn, _suppressions(entries, people), now, actor=actor), created

    added, created = retried(transaction)
    report.added += added
    report.created += created


def _entry(reader: EntryReader, record: Record, defaults: Defaults) -> Entry:
    entry = reader.read(record)
    if any(is_sealed(address) for address in entry.addresses):
        raise ContactError("contacts.sealed_entry")
    entry.channels = entry.channels or [defaults.channel or EVERY_CHANNEL]
    entry.reason = entry.reason or defaults.reason
    entry.until_ms = entry.until_ms or (None if entry.left_out else defaults.until_ms)
    return entry


def _people(
    conn: Connection, catalogue: Catalogue, entries: Sequence[Entry], now: int, actor: str
) -> tuple[list[set[int]], int]:
    """Everybody whom an entry names by any identity, merging nobody. Who is not known yet is kept, to be held back."""
    pairs = [(place, pair) for place, entry in enumerate(entries) for pair in entry.pairs]
    found: list[set[int]] = [set() for _ in entries]
    known = resolve_pairs(conn, catalogue, [[pair] for _, pair in pairs], now, create=False, actor=actor).contacts
    for (place, _), contact in zip(pairs, known, strict=True):
        if isinstance(contact, int):
            found[place].add(contact)
    new = [place for place, entry in enumerate(entries) if entry.pairs and not found[place]]
    made = resolve_pairs(conn, catalogue, [entries[place].pairs[:1] for place in new], now, create=True, actor=actor)
    for place, contact in zip(new, made.contacts, strict=True):
        if isinstance(contact, int):
            found[place].add(contact)
    return found, len(made.created)


def _suppressions(entries: Sequence[Entry], people: Sequence[set[int]]) -> list[Suppression]:
    return [
        Suppression(entry.reason, contact, address, channel, entry.until_ms, entry.source, entry.since_ms)
        for entry, contacts in zip(entries, people, strict=True)
        for contact, address in [*((id_, None) for id_ in sorted(contacts)), *((None, one) for one in entry.addresses)]
        for channel in dict.fromkeys(entry.channels)
    ]
