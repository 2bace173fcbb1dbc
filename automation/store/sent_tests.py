"""Test sends: written down before the call, settled after it, listed beside the messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update

from automation.store.bulk import allocate_ids, insert_rows, update_rows
from automation.store.expressions import constant
from automation.store.schema import test_message

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.store.sought import Sought
    from automation.store.types import AnyRow

_OUTCOME = ("status", "provider_message_id", "outcome_code", "outcome_detail", "settled_at")


class NewTest(NamedTuple):
    """A test that is about to be sent; `payload` and `variables` are JSON text."""

    actor: str
    contact_id: int
    rule: str | None
    rule_version: str | None
    step: str | None
    channel: str
    address: str
    template: str | None
    template_version: str | None
    payload: str
    variables: str | None
    mark: str
    sent_at: int
    lease_until: int
    provider: str
    account: str


def begin_test(conn: Connection, test: NewTest) -> int:
    """Write it down as `sending`; returns its id."""
    (id_,) = allocate_ids(conn, test_message, 1)
    insert_rows(conn, test_message, ("id", "status", *NewTest._fields), [(id_, "sending", *test)])
    return id_


def end_test(
    conn: Connection, id_: int, status: str, provider_id: str | None, code: str | None, detail: str | None, now: int
) -> None:
    """Write what became of it, also when it was given up as unknown meanwhile."""
    row = (id_, status, provider_id, code, detail, now)
    update_rows(conn, test_message, _OUTCOME, [row], guard="status IN ('sending', 'unknown')")


def lose_tests(conn: Connection, now: int, code: str, detail: str) -> int:
    """Call those whose sender died before it knew the outcome `unknown`; returns how many."""
    lost = test_message.c.status == constant("sending"), test_message.c.lease_until < now
    values = {"status": "unknown", "outcome_code": code, "outcome_detail": detail, "settled_at": now}
    return conn.execute(update(test_message).where(*lost).values(**values)).rowcount


def list_tests(conn: Connection, sought: Sought) -> list[AnyRow]:
    """The newest tests, the newest first. A test is that of the contact whose profile was used."""
    columns = test_message.c
    return list(conn.execute(sought.newest(select(test_message), test_message, columns.rule, columns.sent_at)))


def load_test(conn: Connection, id_: int) -> AnyRow | None:
    """One test."""
    return conn.execute(select(test_message).where(test_message.c.id == id_)).one_or_none()
