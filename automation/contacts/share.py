"""A stable share of all contacts: a control group, a canary. Computed alike in Python and in SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

WHOLE = 10_000
"""Shares are in this part of all contacts."""
_PRIME = 2147483647
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?%\Z", re.ASCII)


def read_share(text: str) -> int | None:
    """`5%` or `2.5%`, in 1/10,000; None for anything else, and for more than the whole."""
    match = _PERCENT.match(text)
    parts = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0")) if match else WHOLE + 1
    return parts if parts <= WHOLE else None


def shown_share(below: int) -> str:
    """`2.5%`"""
    return f"{below / 100:g}%"


@dataclass(frozen=True)
class Share:
    """`below`/10,000 of all contacts, named by a seed. A larger share of the same seed holds everybody of a smaller."""

    multiplier: int
    offset: int
    below: int

    @classmethod
    def named(cls, seed: str, below: int) -> Share:
        digest = sha256(seed.encode()).digest()
        multiplier = int.from_bytes(digest[:4], "big") % (_PRIME - 2) + 1
        return cls(multiplier, int.from_bytes(digest[4:8], "big") % _PRIME, below)

    def bucket(self, contact_id: int) -> int:
        """A number from 0 to 9,999. The square keeps two shares independent: shifts alone would not.

        `store.entering.outside_share` is the same arithmetic in SQL; every product stays below 2**63.
        """
        mixed = (contact_id % _PRIME * self.multiplier + self.offset) % _PRIME
        return mixed * (mixed % 65521) % _PRIME % WHOLE

    def holds(self, contact_id: int) -> bool:
        return self.bucket(contact_id) < self.below
