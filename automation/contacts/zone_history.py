"""In which time zone each contact lives, and in which they lived before: triggers fire zone by zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.store.zones import save_zones

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection


def keep_zones(
    conn: Connection, before: Mapping[int, Mapping[str, Any]], after: Mapping[int, Mapping[str, Any]], now_ms: int,
    new: Collection[int] = (),
) -> None:  # fmt: skip
    """Note the contacts whose zone has become another. Those of `new` had none before: nobody moved."""
    moved = [
        (id_, was, zone) for id_, attributes in after.items()
        if (was := _zone(before.get(id_, {}))) != (zone := _zone(attributes))
    ]  # fmt: skip
    save_zones(conn, [(id_, zone, *((None, None) if id_ in new else (was, now_ms))) for id_, was, zone in moved])


def _zone(attributes: Mapping[str, Any]) -> str:
    value = attributes.get("timezone")
    return value[:64] if isinstance(value, str) else ""
