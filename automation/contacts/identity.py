"""One normal form for each identity, so that the same person is found however the number was written."""

from __future__ import annotations

import re
from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)

from automation.errors import AutomationError

MAX_LENGTH = 320
"""Of an e-mail address: 64 for the mailbox, "@", 255 for the domain. Every other identity is shorter."""

_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_NOT_IN_MAIL = re.compile(r'[\s<>()\[\],;:\\"]')


class IdentityError(AutomationError):
    """A value is no identity of its kind. `params` hold `kind` and `found`."""


@lru_cache(maxsize=32_768)
def normalise_identity(kind: str, value: str, country: str) -> str:
    """`+8613800138000`, `li@example.com`; other kinds are only trimmed. `country` reads numbers without a code."""
    text = value.strip()
    if not text:
        raise IdentityError("contacts.identity_empty", kind=kind, found=value)
    if _UNSTORABLE.search(text):
        raise IdentityError("contacts.identity_unreadable", kind=kind, found=ascii(text)[1:60])
    if kind == "phone":
        return _phone(text, country)
    if kind == "email":
        text = _email(text)
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
