"""Whom a channel may reach for a purpose: asked for a batch of people, by a fixed number of queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.channels import CHANNELS
from automation.contacts.consent import allows, load_consents
from automation.contacts.suppression import load_suppressed
from automation.store.contacts import survivors
from automation.store.identities import primary_identities
from automation.store.problems import load_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from automation.rules.conditions.tree import Reachable
    from automation.store.identities import PrimaryIdentities

TRANSACTIONAL = "transactional"
"""The purpose that needs no consent."""


def load_reachable(conn: Connection, node: Reachable, people: Sequence[int], now_ms: int) -> set[int]:
    """Those of these contacts who have an address on one of the channels that nothing forbids now.

    Any of their addresses counts unless it is suppressed, known to be wrong, or further hearsay; but a no to one of
    them is a no to all of the channel. A purpose other than `transactional` needs consent.
    """
    today = survivors(conn, people)
    ids = sorted(set(today.values()))
    held = primary_identities(conn, ids)
    pairs = [
        (id_, channel, address)
        for channel in node.channels
        for id_ in ids
        for address in _values(held, id_, str(CHANNELS[channel].identity))
    ]
    hits, noes = load_suppressed(conn, pairs, now_ms) if pairs else (set(), set())
    refusing = {pairs[place][:2] for place in noes}
    consents = load_consents(conn, ids) if pairs and node.purpose != TRANSACTIONAL else {}
    wrong = load_problems(conn, ids) if pairs else {}
    reached = {
        id_
        for place, (id_, channel, address) in enumerate(pairs)
        if place not in hits
        and (CHANNELS[channel].identity, address) not in held.hearsay.get(id_, ())
        and (id_, channel) not in refusing
        and (node.purpose == TRANSACTIONAL or allows(consents[id_], node.purpose, channel))
        and (id_, channel, address) not in wrong
    }
    return {asked for asked, now in today.items() if now in reached}


def _values(held: PrimaryIdentities, id_: int, kind: str) -> tuple[str, ...]:
    """A no to any of them counts, also to one that is only hearsay."""
    first = held.first.get(id_, {}).get(kind)
    return () if first is None else (first, *held.further.get(id_, {}).get(kind, ()))
