"""Control groups: who is held out, stable per contact, computed alike in Python and in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

_PRIME = 2147483647


@dataclass(frozen=True)
class Holdout:
    """A control group of `share`/10,000 of all contacts, named by `seed`."""

    multiplier: int
    offset: int
    share: int

    @classmethod
    def named(cls, seed: str, share: int) -> Holdout:
        digest = sha256(f"holdout:{seed}".encode()).digest()
        multiplier = int.from_bytes(digest[:4], "big") % (_PRIME - 2) + 1
        return cls(multiplier, int.from_bytes(digest[4:8], "big") % _PRIME, share)

    def bucket(self, contact_id: int) -> int:
        """A number from 0 to 9,999. The square keeps two groups independent: shifts alone would not.

        `store.entering.bucket_clause` is the same arithmetic in SQL; every product stays below 2**63.
        """
        mixed = (contact_id % _PRIME * self.multiplier + self.offset) % _PRIME
        return mixed * (mixed % 65521) % _PRIME % 10_000

    def holds(self, contact_id: int) -> bool:
        return self.bucket(contact_id) < self.share
