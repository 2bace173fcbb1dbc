"""What each column of an import becomes: an identity, an attribute, the tags, an answer about consent, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from automation.catalogue.model import FieldDef, FieldType
from automation.contacts.consent import EVERY_CHANNEL, check_consent
from automation.contacts.headers import header_keys, key_of, near
from automation.contacts.names import ContactError, check_key
from automation.errors import AutomationError
from automation.i18n import LANGS, Text, lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from automation.catalogue.model import Catalogue

LINE, REASON, RAW = "import_line", "import_reason", "import_raw"
OWN_COLUMNS = (LINE, REASON, RAW)
"""What a rejects file adds; passed over when it is imported again."""

CONTACT = "contact."
CONSENT = "consent."
CONSENT_AT = "consent_at"
"""When the answers of a row were given; `consent_at.<purpose>[.<channel>]` of one of them."""

Unknown = Literal["stop", "attribute", "ignore"]
"""What becomes of a column that nobody knows."""
UNKNOWN: tuple[Unknown, ...] = ("stop", "attribute", "ignore")


class ImportProblem(AutomationError):
    """A file can't be imported as it is; nothing was written."""


@dataclass(frozen=True)
class Target:
    """`key` is the identity kind, the attribute, "tags", `consent.<purpose>[.<channel>]`, or `consent_at`."""

    kind: Literal["identity", "attribute", "tags", "consent", "consent_at"]
    key: str
    field: FieldDef | None = None  # of an attribute
    consent: tuple[str, str] = ("", "")  # purpose, channel or "*"; of a consent_at also "" for all of them


@dataclass(frozen=True)
class Column:
    """How a column was understood. `target` is None for one that is left out, or not known (`known` False)."""

    name: str
    target: Target | None = None
    known: bool = True
    new: bool = False  # an attribute that is not in the catalogue
    nearest: str = ""  # the known key that an unknown one is like


@dataclass(frozen=True)
class Choices:
    """What the operator says about the columns: `mapping` is {key: column}, `skip` columns are left out."""

    mapping: Mapping[str, str]
    skip: Collection[str] = ()
    unknown: Unknown = "stop"


def understand(
    catalogue: Catalogue, columns: Sequence[str], choices: Choices, file: str, in_use: Collection[str] = ()
) -> list[Column]:
    """Each column as `choices` say, else by its name or label, else by what others call it, else unknown.

    `in_use`: attributes that people have already, which are known. ImportProblem when a column that is named is
    missing, a target impossible or given twice.
    """
    named = [*choices.mapping.items(), *(("", column) for column in choices.skip)]
    for key, column in named:
        if column not in columns:
            raise ImportProblem(
                "contacts.missing_column", target=key, column=column, file=file, columns=", ".join(columns)
            )
    keys = header_keys(catalogue)
    wanted = [(column, key) for key, column in choices.mapping.items()]
    wanted += [(column, _own_key(catalogue, keys, column)) for column in columns
               if column not in choices.mapping.values() and column not in OWN_COLUMNS]  # fmt: skip
    found = [
        Column(column) if column in choices.skip else _column(catalogue, keys, in_use, column, key)
        for column, key in sorted(wanted, key=lambda pair: columns.index(pair[0]))
    ]
    _check_unique(found)
    return found


def decide(found: Sequence[Column], unknown: Unknown, catalogue: Catalogue, file: str) -> list[Column]:
    """The columns with nothing unknown left. ImportProblem when `unknown` is "stop", or nothing identifies a person."""
    strange = [one for one in found if not one.known]
    if strange and unknown == "stop":
        raise ImportProblem("contacts.unknown_columns", file=file, columns=_listed(strange))
    decided = [one if one.known else _settled(catalogue, one, unknown) for one in found]
    if not any(one.target and one.target.kind == "identity" for one in decided):
        raise ImportProblem("contacts.no_identity_column", file=file, known=", ".join(catalogue.identity_kinds))
    return decided


def bound(columns: Iterable[Column]) -> list[tuple[str, Target]]:
    """(column, target) of those that are imported."""
    return [(one.name, one.target) for one in columns if one.target is not None]


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


def _settled(catalogue: Catalogue, one: Column, unknown: Unknown) -> Column:
    if unknown == "ignore":
        return Column(one.name)
    return Column(one.name, one.target or target_of(catalogue, one.name, one.name), new=True)


def _own_key(catalogue: Catalogue, keys: Mapping[str, str], column: str) -> str:
    name = column.strip()
    known = name in catalogue.identity_kinds or name in catalogue.fields or name in ("tags", CONSENT_AT)
    if known or name.startswith((CONTACT, CONSENT, f"{CONSENT_AT}.")):
        return name
    return key_of(keys, name) or name


def _column(catalogue: Catalogue, keys: Mapping[str, str], in_use: Collection[str], name: str, key: str) -> Column:
    """`contact.…` says that an attribute is wanted; a bare name that the catalogue doesn't have is unknown."""
    try:
        target = target_of(catalogue, key, name)
    except ImportProblem:
        if key != name or name.startswith((CONTACT, CONSENT)) or name in catalogue.fields:
            raise  # somebody meant it so
        return Column(name, None, known=False, new=True, nearest=near(keys, name))
    if target.kind != "attribute" or target.key in catalogue.fields:
        return Column(name, target)
    return Column(name, target, key.startswith(CONTACT) or target.key in in_use, True, near(keys, target.key))


def _consent(key: str, column: str) -> Target:
    parts = key.removeprefix(CONSENT).split(".", 1)
    purpose, channel = parts[0], parts[1] if len(parts) == 2 else EVERY_CHANNEL
    try:
        check_consent(purpose, channel, "granted")
    except ContactError as error:
        raise _bad(column, key, error) from None
    return Target("consent", f"{CONSENT}{purpose}.{channel}", consent=(purpose, channel))


def _check_unique(found: Sequence[Column]) -> None:
    columns: dict[tuple[str, str], str] = {}
    for column, target in bound(found):
        first = columns.setdefault((target.kind, target.key), column)
        if first is not column:
            raise ImportProblem("contacts.target_twice", first=first, second=column, target=target.key)


def _listed(strange: Sequence[Column]) -> Text:
    """“levle” (did you mean level?), “备注”."""
    told: dict[str, str] = {}
    for lang, mark in zip(LANGS, ("、", ", "), strict=True):
        items = []
        for one in strange:
            like = lookup("contacts.perhaps").get(lang).format(nearest=one.nearest) if one.nearest else ""
            items.append(f"“{one.name}”{like}")
        told[lang] = mark.join(items)
    return Text(*(told[lang] for lang in LANGS))


def _bad(column: str, key: str, error: AutomationError) -> ImportProblem:
    return ImportProblem(
        "contacts.bad_target", column=column, target=key, reason=Text(error.text("zh"), error.text("en"))
    )


def _read_only(name: str, column: str) -> tuple[str, str]:
    error = ContactError("contacts.target_read_only", target=name, column=column)
    return error.text("zh"), error.text("en")
