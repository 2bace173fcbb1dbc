"""What the messages of one batch need to be checked and rendered: their people, runs and events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms
from automation.contacts.profile import load_contacts
from automation.engine.delivery.addresses import named_address
from automation.engine.delivery.message_guards import Request
from automation.rules.rule_vars import VARS
from automation.store.contacts import survivors
from automation.store.events import load_events
from automation.store.rules import keep_template
from automation.store.runs import load_variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule, RuleBook
    from automation.store.types import AnyRow


class Work:
    """The people, runs and events of one batch of messages, read at once."""

    def __init__(self, conn: Connection, book: RuleBook, rows: Sequence[AnyRow], now: int) -> None:
        self._conn, self._book, self._now = conn, book, now
        self._contacts = load_contacts(conn, sorted({row.contact_id for row in rows}))
        self._runs = load_variables(conn, sorted({row.run_id for row in rows}))
        events = {run.event_id for run in self._runs.values() if run.event_id is not None}
        self._events = load_events(conn, sorted(events))
        self._kept: set[str] = set()
        self._of_rule: dict[int, dict[str, Any]] = {}

    def has_left(self, row: AnyRow) -> bool:
        """Whether the run that a message belongs to was ended from outside since it was queued, or has become somebody
        else's: a split gave it back, and the message has the address of the one that both were."""
        run = self._runs.get(row.run_id)
        if run is None or run.left or run.contact_id == row.contact_id:
            return run is not None and run.left
        today = survivors(self._conn, [run.contact_id, row.contact_id])
        return today.get(run.contact_id) != today.get(row.contact_id)

    def request(self, row: AnyRow, rule: LoadedRule) -> Request:
        contact = self._contacts.get(row.contact_id, {})
        return Request(
            rule, row.run_id, row.contact_id, row.step, contact, (row.channel,), row.template, row.payload or {},
            named_address(contact, row.channel, row.address),
        )  # fmt: skip

    def variables(self, row: AnyRow, rule: LoadedRule, request: Request) -> Mapping[str, Any]:
        """What a template may name."""
        event_id, variables = self._runs[row.run_id][:2]
        event = self._events.get(event_id) if event_id is not None else None
        seen = {} if event is None else rule.whole(event)
        return {**variables, "contact": request.contact, "event": seen, **self._common(rule)}

    def _common(self, rule: LoadedRule) -> dict[str, Any]:
        """What is the same for all messages of a rule."""
        found = self._of_rule.get(rule.version_id)
        if found is None:
            moment = from_ms(self._now).astimezone(rule.spec.zone)
            found = self._of_rule[rule.version_id] = {
                "brand": self._book.project.settings.template_variables,
                "rule": {"id": rule.spec.id, "name": rule.spec.name},
                VARS: rule.spec.vars,
                "now": moment,
                "today": moment.date(),
                "zone": rule.spec.zone,
            }
        return found

    def keep(self, template: Any) -> None:
        if template.version not in self._kept:
            self._kept.add(template.version)
            keep_template(self._conn, template.version, template.name, template.channel, template.content, self._now)
