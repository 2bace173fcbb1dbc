"""What each column of an import becomes: an identity, an attribute, the tags, an answer about consent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automation.catalogue.model import FieldDef, FieldType
from automation.contacts.consent import EVERY_CHANNEL, check_consent
from automation.contacts.names import ContactError, check_key
from automation.errors import AutomationError
from automation.i18n import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automation.catalogue.model import Catalogue

LINE, REASON, RAW = "import_line", "import_reason", "import_raw"
OWN_COLUMNS = (LINE, REASON, RAW)
"""What a rejects file adds; passed over when it is imported again."""

CONTACT = "contact."
CONSENT = "consent."
CONSENT_AT = "consent_at"
"""When the answers of a row were given; `consent_at.<purpose>[.<channel>]` of one of them."""


class ImportProblem(AutomationError):
    """A file can't be imported as it is; nothing was written."""


@dataclass(frozen=True)
class Target:
    """`key` is the identity kind, the attribute, "tags", `consent.<purpose>[.<channel>]`, or `consent_at`."""

    kind: Literal["identity", "attribute", "tags", "consent", "consent_at"]
    key: str
    field: FieldDef | None = None  # of an attribute
    consent: tuple[str, str] = ("", "")  # purpose, channel or "*"; of a consent_at also "" for all of them


def bind(
    catalogue: Catalogue, columns: Sequence[str], mapping: Mapping[str, str], file: str
) -> list[tuple[str, Target]]:
    """Each column with its target: as `mapping` (key to column) says, else by name, else by label, else its own name.

    ImportProblem when a column is missing, a target impossible or given twice, or nothing identifies a person.
    """
    for key, column in mapping.items():
        if column not in columns:
            raise ImportProblem(
                "contacts.missing_column", target=key, column=column, file=file, columns=", ".join(columns)
            )
    labels = label_keys(catalogue)
    wanted = [(column, key) for key, column in mapping.items()]
    wanted += [(column, _own_key(catalogue, labels, column)) for column in columns
               if column not in mapping.values() and column not in OWN_COLUMNS]  # fmt: skip
    bound = [(column, target_of(catalogue, key, column)) for column, key in wanted]
    _check_unique(bound)
    if not any(target.kind == "identity" for _, target in bound):
        raise ImportProblem("contacts.no_identity_column", file=file, known=", ".join(catalogue.identity_kinds))
    return bound


def target_of(catalogue: Catalogue, key: str, column: str) -> Target:
    """What `key` names. ImportProblem with the reason when it can't be imported."""
    key = key.strip()
    if key == CONSENT_AT:
        return Target("consent_at", key)
    if key.startswith(f"{CONSENT_AT}."):
        found = _consent(CONSENT + key.removeprefix(f"{CONSENT_AT}."), column)
        one = found.consent if key.count(".") > 1 else (found.consent[0], "")
        return Target("consent_at", key, consent=one)
    if key.startswith(CONSENT):
        return _consent(key, column)
    name = key.removeprefix(CONTACT)
    if name in catalogue.identity_kinds:
        return Target("identity", name)
    field = catalogue.fields.get(name)
    if name == "tags" or (field and field.storage == "tags"):
        return Target("tags", name)
    if field and field.storage != "attribute":
        reason = Text(*_read_only(name, column))
        raise ImportProblem("contacts.bad_target", column=column, target=name, reason=reason)
    try:
        return Target("attribute", check_key(name), field or free_field(name))
    except ContactError as error:
        raise _bad(column, key, error) from None


def free_field(name: str) -> FieldDef:
    """An attribute that the catalogue doesn't know is a text."""
    return FieldDef(name, FieldType.TEXT, Text(name, name))


def label_keys(catalogue: Catalogue) -> dict[str, str]:
    """{label in small letters: key}, in both languages. A label of two keys means neither."""
    found: dict[str, set[str]] = {}
    labelled = [(kind, label) for kind, label in catalogue.identity_kinds.items()]
    labelled += [(name, field.label) for name, field in catalogue.fields.items()]
    for key, label in labelled:
        for text in label:
            found.setdefault(text.casefold(), set()).add(key)
    return {text: keys.pop() for text, keys in found.items() if len(keys) == 1}


def _own_key(catalogue: Catalogue, labels: Mapping[str, str], column: str) -> str:
    name = column.strip()
    known = name in catalogue.identity_kinds or name in catalogue.fields or name in ("tags", CONSENT_AT)
    return name if known or name.startswith((CONTACT, CONSENT, f"{CONSENT_AT}.")) else labels.get(name.casefold(), name)


def _consent(key: str, column: str) -> Target:
    parts = key.removeprefix(CONSENT).split(".", 1)
    purpose, channel = parts[0], parts[1] if len(parts) == 2 else EVERY_CHANNEL
    try:
        check_consent(purpose, channel, "granted")
    except ContactError as error:
        raise _bad(column, key, error) from None
    return Target("consent", f"{CONSENT}{purpose}.{channel}", consent=(purpose, channel))


def _check_unique(bound: Sequence[tuple[str, Target]]) -> None:
    columns: dict[tuple[str, str], str] = {}
    for column, target in bound:
        first = columns.setdefault((target.kind, target.key), column)
        if first is not column:
            raise ImportProblem("contacts.target_twice", first=first, second=column, target=target.key)


def _bad(column: str, key: str, error: AutomationError) -> ImportProblem:
    return ImportProblem(
        "contacts.bad_target", column=column, target=key, reason=Text(error.text("zh"), error.text("en"))
    )


def _read_only(name: str, column: str) -> tuple[str, str]:
    error = ContactError("contacts.target_read_only", target=name, column=column)
    return error.text("zh"), error.text("en")
