"""What an attribute and a tag may be called. No database: rules are checked with it too."""

from __future__ import annotations

import re

from automation.errors import AutomationError

MAX_NAME = 80
"""Length of an attribute's or a tag's name, as the tables have it."""

_BAD_KEY = re.compile('["\\\\.\x00-\x1f\x7f\ud800-\udfff]')
_BAD_TAG = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class ContactError(AutomationError):
    """Something can't be kept about a contact."""


def check_key(key: str) -> str:
    """`key`, when it can be an attribute's name. ContactError otherwise."""
    if not key or key != key.strip() or len(key) > MAX_NAME or _BAD_KEY.search(key):
        raise ContactError("contacts.bad_key", found=ascii(key) if _BAD_TAG.search(key) else key, max=MAX_NAME)
    return key


def check_tag(tag: str) -> str:
    """`tag` without spaces around it, when it can be a tag. ContactError otherwise."""
    tag = tag.strip()
    if not tag or len(tag) > MAX_NAME or _BAD_TAG.search(tag):
        raise ContactError("contacts.bad_tag", found=ascii(tag) if _BAD_TAG.search(tag) else tag, max=MAX_NAME)
    return tag
