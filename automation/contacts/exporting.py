"""All contacts as CSV or JSON Lines, in the form that the import reads back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TextIO

from automation.catalogue import money
from automation.catalogue.model import FieldType
from automation.contacts.cells import BAR, LIST_MARKS, join_cell
from automation.contacts.columns import CONSENT, CONTACT
from automation.contacts.consent import EVERY_CHANNEL
from automation.csvfiles import CsvWriter, kept_exact
from automation.store import consent as consent_rows
from automation.store import contacts as contact_rows
from automation.store import identities
from automation.store.bulk import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue, FieldDef
    from automation.store.contacts import ContactRow
    from automation.store.database import Database


def export_contacts(
    database: Database,
    catalogue: Catalogue,
    out: TextIO,
    fmt: Literal["csv", "jsonl"],
    *,
    page_size: int = 1000,
    raw: bool = False,
) -> int:
    """Write every contact that was not merged away, by id, and return how many. Open a file with `newline=""`.

    Identities (several values of a kind as `a|b`), attributes, tags and consents. Ids, times and suppressions are
    this database's own and stay. In CSV no cell is a formula, and the import takes off what was put on for that;
    `raw`: cells as they are, for machines, which the import reads with `raw` too.
    """
    count = 0
    with database.read() as conn:
        write = _csv(conn, catalogue, out, raw) if fmt == "csv" else _jsonl(catalogue, out)
        for page in contact_rows.pages(conn, page_size):
            for values in _page(conn, catalogue, page):
                write(values)
            count += len(page)
    return count


Values = dict[str, Any]
"""{column: text, or list of texts}, without what is missing."""


def _page(conn: Connection, catalogue: Catalogue, page: Sequence[ContactRow]) -> Iterator[Values]:
    ids = [row.id for row in page]
    held, tags = identities.held_by(conn, ids), contact_rows.read_tags(conn, ids)
    consents = consent_rows.read_consents(conn, ids)
    for row in page:
        values: Values = {}
        for kind, value, _ in held.get(row.id, ()):
            values.setdefault(kind, []).append(value)
        for key, value in sorted(row.attributes.items()):
            if _exported(catalogue, key):
                values[_column(catalogue, key)] = _text(catalogue.fields.get(key), value)
        if row.id in tags:
            values["tags"] = sorted(tags[row.id])
        for (purpose, channel), answer in consents.get(row.id, {}).items():
            values[_consent_column(purpose, channel)] = answer.state
        yield values


def _csv(conn: Connection, catalogue: Catalogue, out: TextIO, raw: bool) -> Any:
    columns = _columns(conn, catalogue)
    writer, keep = CsvWriter(out, raw=True), str if raw else kept_exact
    writer.write([keep(column) for column in columns])
    marks = {
        name: LIST_MARKS for name, field in catalogue.fields.items()
        if field.type is FieldType.LIST and field.storage == "attribute"
    }  # fmt: skip

    def write(values: Values) -> None:
        writer.write([
            keep(_cell(values[column], marks.get(column, BAR))) if column in values else "" for column in columns
        ])  # fmt: skip

    return write


def _jsonl(catalogue: Catalogue, out: TextIO) -> Any:
    def write(values: Values) -> None:
        plain = {
            key: value[0] if key in catalogue.identity_kinds and len(value) == 1 else value
            for key, value in values.items()
        }
        out.write(to_json(plain) + "\n")

    return write


def _columns(conn: Connection, catalogue: Catalogue) -> list[str]:
    """Identities first, then attributes in the catalogue's order, the other attributes, tags, consents."""
    used = identities.kinds_in_use(conn)
    kinds = [kind for kind in catalogue.identity_kinds if kind in used]
    kinds += [kind for kind in used if kind not in kinds]
    keys = [key for key in contact_rows.attribute_keys(conn) if _exported(catalogue, key)]
    known = [key for key in catalogue.fields if key in keys]
    attributes = [_column(catalogue, key) for key in known + [key for key in keys if key not in known]]
    return [*kinds, *attributes, "tags", *(_consent_column(*key) for key in consent_rows.consent_keys(conn))]


def _exported(catalogue: Catalogue, key: str) -> bool:
    """An attribute that has the name of an identity or a column is hidden by it everywhere."""
    field = catalogue.fields.get(key)
    hidden = key in catalogue.identity_kinds or key == "tags" or (field and field.storage != "attribute")
    return not hidden


def _column(catalogue: Catalogue, key: str) -> str:
    """The attribute's name; `contact.…` where the catalogue has no such field, so that the import knows it is meant."""
    return key if key in catalogue.fields else CONTACT + key


def _consent_column(purpose: str, channel: str) -> str:
    return CONSENT + purpose + ("" if channel == EVERY_CHANNEL else f".{channel}")


def _text(field: FieldDef | None, value: Any) -> Any:
    if field is not None and field.type is FieldType.MONEY and isinstance(value, int):
        return str(money.major(value, field.currency))
    if field is not None and field.type is FieldType.LIST and isinstance(value, list):
        return value
    return value if isinstance(value, str) else to_json(value)


def _cell(value: Any, marks: str) -> str:
    return join_cell(value, marks) if isinstance(value, list) else value
