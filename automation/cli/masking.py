"""`--reveal`: without it a command masks personal data; with it, the audit says first who saw whom."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue
    from automation.contacts.masking import Masker
    from automation.store.database import Database

RevealOption = Annotated[
    bool, typer.Option("--reveal", help="Show personal data in full; audited 显示完整个人信息，记入审计")
]
REVEALED = "contact.revealed"


@contextmanager
def shown(
    database: Database, catalogue: Catalogue, command: str, ids: Collection[int], *, reveal: bool, others: str = ""
) -> Iterator[Masker]:
    """What is shown of these people inside the block: masked, or in full once the audit says who saw whom.

    `others`: what else personal data stand in, as the audit names it, where nobody can say whose they are.
    """
    from automation.contacts.masking import REVEALED, masker_of, masking

    if reveal:
        told_to_the_audit(database, command, ids, others)
        with masking(REVEALED) as chosen:
            yield chosen
        return
    with database.read() as conn:
        known = masker_of(conn, catalogue, list(ids))
    with masking(known) as chosen:
        yield chosen


def told_to_the_audit(
    database: Database, command: str, ids: Collection[int], others: str = "", action: str = REVEALED
) -> None:
    """One row for each person, before anything of theirs is shown."""
    from automation.clock import SystemClock, to_ms
    from automation.settings import author
    from automation.store.audit import AuditRow, subject_of, write_audit
    from automation.store.contacts import survivors
    from automation.store.retry import retried

    def write() -> None:
        with database.write() as conn:
            now = to_ms(SystemClock().now())
            subjects = [subject_of(id_) for id_ in sorted(set(survivors(conn, list(ids)).values()))]
            subjects += [others] if others or not subjects else []
            rows = [AuditRow(now, author(), action, one or "nobody", {"command": command}) for one in subjects]
            write_audit(conn, rows)

    retried(write)


def known_in(conn: Connection, catalogue: Catalogue, ids: Collection[int]) -> Masker:
    """A masker for a page of a longer listing."""
    from automation.contacts.masking import masker_of

    return masker_of(conn, catalogue, list(ids))
