"""Contacts whose data can't be used: a wrong address or time zone holds back that person alone, and is told."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from automation.engine.delivery.quiet import DO_NOT_DISTURB, known_zone, needs_zone, own_windows
from automation.store.problems import EVERY_CHANNEL, TIMEZONE, Problem, clear_problems, note_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sqlalchemy import Connection

    from automation.rules.spec import RuleSpec
    from automation.store.problems import ProblemKey

ADDRESS = "address"
"""The code of an address that is none of its kind."""

_SHAPES = {
    "phone": re.compile(r"\+[1-9][0-9]{6,14}\Z"),  # E.164
    "email": re.compile(r'[^\s<>()\[\],;:\\"@]+@[^\s<>()\[\],;:\\"@.]+(\.[^\s<>()\[\],;:\\"@.]+)*\Z'),
}
_OTHER = re.compile(r"[^\s\x00-\x1f\x7f]+\Z")


def quiet_problem(spec: RuleSpec, contact_id: int, contact: Mapping[str, Any]) -> Problem | None:
    """A time zone of the contact's own that doesn't exist, or a do-not-disturb window that nobody can read, where the
    rule needs it: it is not known when it is quiet.
    """
    if not needs_zone(spec.guards, contact):
        return None
    if not known_zone(contact):
        return Problem(contact_id, EVERY_CHANNEL, TIMEZONE, str(contact.get("timezone")), 0)
    if own_windows(spec.guards, contact) is None:
        return Problem(contact_id, EVERY_CHANNEL, DO_NOT_DISTURB, str(contact.get(DO_NOT_DISTURB)), 0)
    return None


def address_problem(
    known: Mapping[ProblemKey, Problem], contact_id: int, channel: str, kind: str | None, address: str
) -> Problem | None:
    """What is wrong with the address: its shape, or what a provider has said of it."""
    if not usable(kind, address):
        return Problem(contact_id, channel, ADDRESS, address, 0)
    return known.get((contact_id, channel, address))


@lru_cache(maxsize=8192)
def usable(kind: str | None, address: str) -> bool:
    """Whether the address has the shape of its kind: E.164, an @ in an e-mail, no blank in any."""
    return _SHAPES.get(kind or "", _OTHER).match(address) is not None


def keep_problems(
    conn: Connection, known: Mapping[ProblemKey, Problem], found: Iterable[Problem],
    present: Mapping[tuple[int, str], Collection[Any]], now: int,
) -> None:  # fmt: skip
    """Write down what was found, and forget what is over. `present`: what the contacts have today, where asked."""
    new = [one._replace(at=now) for one in found if not _noted(known, one)]
    over = {key for key in known if key[:2] in present and key[2] not in present[key[:2]]}
    clear_problems(conn, over)
    note_problems(conn, new)


def _noted(known: Mapping[ProblemKey, Problem], found: Problem) -> bool:
    before = known.get((found.contact_id, found.channel, found.value))
    return before is not None and before.code == found.code
