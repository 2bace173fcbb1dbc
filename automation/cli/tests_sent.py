"""Test sends as `messages list` and `messages show` tell them: beside the messages, and never taken for one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from automation.cli.receipt import Receipt, content_of
from automation.errors import AutomationError
from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from automation.store.database import Database
    from automation.store.sought import Sought
    from automation.store.types import AnyRow


def with_tests(conn: Connection, messages: Sequence[AnyRow], sought: Sought) -> list[Any]:
    """The newest of both, the newest first. `sought` is what the messages were looked up by."""
    from automation.store.sent_tests import list_tests

    tests = [as_message(row) for row in list_tests(conn, sought)]
    if not tests:
        return list(messages)
    both: Iterable[Any] = (*messages, *tests)
    return sorted(both, key=lambda row: row.queued_at, reverse=True)[: sought.limit]


def marked_rule(row: Any) -> str | None:
    """The rule as people read it: of a test, with the word before it."""
    rule: str | None = row.rule
    return say("cli.test_of", rule=rule or "–") if getattr(row, "test", False) else rule


def test_number(text: str) -> int | None:
    """The id of a test as it is written, `t12`; None for anything else."""
    digits = text.removeprefix("t")
    return int(digits) if text.startswith("t") and digits.isdecimal() else None


def read_test_receipt(database: Database, id_: int) -> Receipt:
    """AutomationError when there is no such test."""
    from dataclasses import replace

    from automation.store.sent_tests import load_test
    from automation.templating.marking import marked

    with database.read() as conn:
        row = load_test(conn, id_)
        if row is None:
            raise AutomationError("cli.no_message", id=f"t{id_}")
        content, problem = content_of(conn, row)
    receipt = Receipt(as_message(row), content, problem, ())
    return receipt if content is None else replace(receipt, content=marked(content, row.mark))


def as_message(row: AnyRow) -> Any:
    """A test with the names that a message has."""
    values = dict(row._mapping)
    values.update(id=f"t{row.id}", queued_at=row.sent_at, test=True)
    return SimpleNamespace(**values, attempts=1)
