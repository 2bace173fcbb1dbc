"""Why one message came to be and what became of it: who asked for it, its guards, its attempts, and what they left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.channels import CHANNELS
from automation.clock import from_ms
from automation.contacts.masking import masker
from automation.contacts.profile import load_contacts
from automation.engine.delivery.message_guards import Request, ask_with
from automation.engine.delivery.outranking import NOBODY
from automation.errors import AutomationError
from automation.i18n import say
from automation.insight.account import Account, Line, placed
from automation.insight.as_of import Moment, past_then, profile_then
from automation.insight.ledger_now import effect_lines, standing_lines
from automation.insight.past import log_line, outcome
from automation.insight.question import rule_of_version
from automation.insight.sending import guard_line
from automation.reasons import Reason
from automation.rules.positions import Positions
from automation.store.contacts import merged_ids
from automation.store.log import read_message_log
from automation.store.messages import load_message
from automation.store.why import message_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.rules.project import Project
    from automation.store.database import Database
    from automation.store.types import AnyRow


def why_message(database: Database, project: Project, message_id: int, now: datetime) -> Account:
    """The account of one message. AutomationError when there is none with this id."""
    with database.read() as conn:
        row = load_message(conn, message_id)
        if row is None:
            raise AutomationError("cli.no_message", id=message_id)
        return _Story(conn, project, row, Moment(now, now)).account()


class _Story:
    """One message and what is known around it."""

    def __init__(self, conn: Connection, project: Project, row: AnyRow, moment: Moment) -> None:
        self.conn, self.project, self.row, self.moment = conn, project.met_by(row.contact_id), row, moment
        self.people = (row.contact_id, *merged_ids(conn, row.contact_id))
        self.rule = rule_of_version(conn, self.project, row.rule_version_id)
        self.zone = self.rule.spec.zone if self.rule is not None else ZoneInfo(project.settings.timezone)

    def account(self) -> Account:
        log = read_message_log(self.conn, self.people, self.row.id)
        story = [log_line(entry, self.zone, 0) for entry in log]
        lines = [*self._queued(log), *self._guards(), *story]
        lines += effect_lines(self.conn, self.row, self.people, self.zone)
        standing = standing_lines(self.conn, self.project, self.row, self.moment.ms, self.zone)
        lines += [*standing, *self._onward()]
        return Account(
            self.row.rule, self.row.contact_id, placed(lines, self._positions()), self._conclusion(log, standing),
            message=self.row.id,
        )  # fmt: skip

    def _positions(self) -> Positions:
        """Of the files as they are, where they still have the version that sent it."""
        specs = self.project.checked.rules
        spec = next((spec for spec in specs if spec.id == self.row.rule), None)
        same = spec is not None and self.rule is not None and spec.version == self.rule.spec.version
        return spec.positions if spec is not None and same else Positions()

    def _queued(self, log: list[Any]) -> Iterator[Line]:
        """Which step asked for it, of which run, on which channel."""
        row, at = self.row, from_ms(self.row.queued_at).astimezone(self.zone)
        seen = say("why.to_address", channel=_title(row.channel), address=masker().personal(row.address))
        seen += "" if row.template is None else say("why.with_template", template=row.template)
        yield Line("queued", None, say("why.queued_by", at=f"{at:%Y-%m-%d %H:%M}"), seen, row.step)
        after = next((entry.detail["after"] for entry in log if (entry.detail or {}).get("after")), None)
        if after is not None:
            yield Line("queued", None, say("why.after_channel", channel=_title(after)), "", row.step, 1)
        run = message_run(self.conn, row.run_id)
        if run is not None:
            entered = from_ms(run.entered_at).astimezone(self.zone)
            told = say("why.of_run", run=row.run_id, at=f"{entered:%Y-%m-%d %H:%M}", key=run.key)
            yield Line("queued", None, told, "", f"run {row.run_id}", 1)

    def _guards(self) -> list[Line]:
        """Each guard, asked again as of the moment in which it was queued."""
        if self.rule is None or self.row.purpose is None:
            return []
        spec, answers = self.rule.spec, self._answers(self.rule)
        told = [guard_line(spec, self.row.step, reason, refusal) for reason, refusal in answers]
        return [replace(line, kind="guards", depth=0) for line in told]

    def _answers(self, rule: LoadedRule) -> list[Any]:
        row, at = self.row, self.row.queued_at
        profile = load_contacts(self.conn, [row.contact_id]).get(row.contact_id, {})
        then, _ = profile_then(self.conn, self.people, profile, at)
        request = Request(
            rule, row.run_id, row.contact_id, row.step, then, (row.channel,), row.template, row.payload or {},
            row.address or None, row.visit,
        )  # fmt: skip
        past = past_then(self.conn, request, at, NOBODY, self.people, except_message=row.id)
        return ask_with(request, past)[row.channel]

    def _onward(self) -> list[Line]:
        """What the run did with it."""
        run = message_run(self.conn, self.row.run_id)
        return [] if run is None else [
            Line("onward", None, say("why.run_now"), outcome(run, self.zone, self.moment), f"run {run.id}")
        ]  # fmt: skip

    def _conclusion(self, log: list[Any], standing: list[Line]) -> str:
        """Where it stands, in a sentence."""
        status = say(f"insight.status_{self.row.status}")
        last = next((entry for entry in reversed(log) if entry.code in _DECIDING), None)
        told = Reason(last.code).sentence() if last is not None else None
        if self.row.status in ("queued", "unknown") and standing:
            told = say("insight.then").join(line.sentence for line in standing[1:]) or told
        if told is None or (last is not None and last.code == Reason.ACCEPTED and self.row.status == "accepted"):
            return say("why.message_is", id=self.row.id, status=status)
        return say("why.message_stands", id=self.row.id, status=status, told=told)


_DECIDING = frozenset(
    reason.value for reason in Reason
    if reason.value.startswith(("skipped.", "failed.", "held.")) or reason in (
        Reason.ACCEPTED, Reason.RETRYING, Reason.UNKNOWN, Reason.SETTLED, Reason.RESENT, Reason.QUEUED,
    )
)  # fmt: skip


def _title(channel: str) -> Any:
    return CHANNELS[channel].title if channel in CHANNELS else channel
