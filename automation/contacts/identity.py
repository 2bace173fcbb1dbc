"""One normal form for each identity, so that the same person is found however the number was written.

Whatever reads an identity (files, events, polls, the command line, conditions) reads it here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)

from automation.contacts.nobody import is_nobody
from automation.errors import AutomationError

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue

MAX_LENGTH = 320
"""Of an e-mail address: 64 for the mailbox, "@", 255 for the domain. Every other identity is shorter."""

_UNSEEN = re.compile("[ \u00ad\u200b-\u200f\u2060\ufeff]+")
"""Blanks, and signs that nobody sees: a pasted number brings them along."""
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_NOT_IN_MAIL = re.compile(r'[\s<>()\[\],;:\\"]')


class IdentityError(AutomationError):
    """A value is no identity of its kind. `params` hold `kind` and `found`."""


class NobodyError(IdentityError):
    """A value that is written for nothing (`undefined`, `0`, `无`), or that the catalogue calls nobody's."""


def read_identity(catalogue: Catalogue, kind: str, value: str) -> str:
    """The normal form of an identity. IdentityError: it can't be one; NobodyError: it is written for nothing."""
    return normalise_identity(
        kind, value, catalogue.country, kind in catalogue.caseless_identities, catalogue.nobody.get(kind, ())
    )


@lru_cache(maxsize=32_768)
def normalise_identity(
    kind: str, value: str, country: str, caseless: bool = False, nobody: tuple[str, ...] = ()
) -> str:
    """`+8613800138000`, `li@example.com`, `A19`: half-width, without blanks; with `caseless`, in small letters.

    `country` reads numbers without a code. `nobody`: values of this kind that are nobody's, as the catalogue has them.
    """
    text = normal_form(kind, value, country, caseless=caseless)
    if is_nobody(kind, text) or (nobody and text in _listed(kind, country, caseless, nobody)):
        raise NobodyError("contacts.identity_nobody", kind=kind, found=value.strip()[:60])
    return text


@lru_cache(maxsize=256)
def _listed(kind: str, country: str, caseless: bool, nobody: tuple[str, ...]) -> frozenset[str]:
    found = set()
    for value in nobody:
        try:
            found.add(normal_form(kind, value, country, caseless=caseless))
        except IdentityError:  # it can't be one anyway
            continue
    return frozenset(found)


def normal_form(kind: str, value: str, country: str, *, caseless: bool = False) -> str:
    """As `normalise_identity`, also of what is nobody's."""
    text = unicodedata.normalize("NFKC", value)
    text = text.strip() if kind in ("phone", "email") else _UNSEEN.sub("", text.strip())
    if not text:
        raise IdentityError("contacts.identity_empty", kind=kind, found=value)
    if _UNSTORABLE.search(text):
        raise IdentityError("contacts.identity_unreadable", kind=kind, found=ascii(text)[1:60])
    if kind == "phone":
        return _phone(text, country)
    if kind == "email":
        text = _email(text)
    if caseless:
        text = text.lower()
    text = unicodedata.normalize("NFKC", text)  # once more: what stood on both sides of a blank may belong together
    if len(text) > MAX_LENGTH:
        raise IdentityError("contacts.identity_long", kind=kind, found=text[:40] + "…", max=MAX_LENGTH)
    return text


def _phone(text: str, country: str) -> str:
    problem = IdentityError("contacts.bad_phone", kind="phone", found=text[:60], country=country)
    if len(text) > 60 or any(letter.isalpha() for letter in text):  # also "1.38E+10", which a spreadsheet spoilt
        raise problem
    try:
        number = parse(text, country)
    except NumberParseException:
        raise problem from None
    if number.extension or not is_valid_number(number):
        raise problem
    return format_number(number, PhoneNumberFormat.E164)


def _email(text: str) -> str:
    mailbox, _, domain = text.partition("@")
    labels = domain.split(".")
    if not mailbox or "@" in domain or not all(labels) or _NOT_IN_MAIL.search(text):
        raise IdentityError("contacts.bad_email", kind="email", found=text[:60])
    return text.lower()
