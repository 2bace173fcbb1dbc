"""Where one message of the ledger stands, what it waits for, and what its provider's refusal has left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.contacts.masking import masker
from automation.engine.delivery.accounts import next_try, standing
from automation.engine.switches import paused_now
from automation.i18n import say
from automation.insight.account import Line
from automation.insight.details import shown_time, summary
from automation.providers.accounts import Breaker
from automation.providers.loader import breakers_of
from automation.store.accounts import load_states
from automation.store.audit import read_audit, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.store.types import AnyRow

_EFFECTS = ("consent.denied", "suppression.added", "contact.bad_address")


def standing_lines(conn: Connection, project: Project, row: AnyRow, now: int, zone: ZoneInfo) -> list[Line]:
    """The status with the attempts and the account; below it, what it waits for."""
    seen = {"attempts": row.attempts, "account": row.account, "code": row.outcome_code, "provider_id": None}
    told = summary({name: value for name, value in seen.items() if value is not None}, zone)
    ok = {"accepted": True, "failed": False, "dropped": False}.get(row.status)
    lines = [Line("ledger", ok, say(f"insight.status_{row.status}"), told, f"message {row.id}")]
    return lines + [Line("ledger", None, sentence, "", "", 1) for sentence in _waits(conn, project, row, now, zone)]


def _waits(conn: Connection, project: Project, row: AnyRow, now: int, zone: ZoneInfo) -> Iterator[str]:
    if row.status == "queued":
        yield from _queued(conn, project, row, now, zone)
    elif row.status == "sending" and row.lease_until is not None:
        yield say("why.being_sent", until=shown_time(row.lease_until, zone))
    elif row.status == "unknown":
        at = row.look_up_at
        yield say("why.look_up_at", at=shown_time(at, zone)) if at is not None else say("why.to_be_settled", id=row.id)
    if row.resent_at is not None:
        yield say("why.resent_at", at=shown_time(row.resent_at, zone))
    if row.expires_at is not None and row.status in ("queued", "sending", "unknown"):
        yield say("why.expires_at", at=shown_time(row.expires_at, zone))


def _queued(conn: Connection, project: Project, row: AnyRow, now: int, zone: ZoneInfo) -> Iterator[str]:
    """Why it has not gone yet."""
    names = {"all": "all", f"rule:{row.rule}": "rule", f"channel:{row.channel}": "channel"}
    for pause in paused_now(conn):
        if pause["what"] in names:
            yield say("why.stands_still", what=pause["what"], reason=pause["reason"])
    if row.due_at is not None and row.due_at > now:
        yield say("why.not_before", at=shown_time(row.due_at, zone))
    yield from _resting(conn, project, row.channel, now, zone)


def _resting(conn: Connection, project: Project, channel: str, now: int, zone: ZoneInfo) -> Iterator[str]:
    """The accounts of its channel that may not be used now."""
    usual, breakers = project.settings.delivery.breaker, breakers_of(project.settings)
    for key, state in load_states(conn).items():
        if key.partition(":")[0] != channel:
            continue
        breaker = breakers.get(key, Breaker(usual.failures, usual.seconds))
        stands, until = standing(breaker, state, now), next_try(breaker, state, now)
        if stands in ("open", "paused", "probing") and until is not None:
            state_ = say(f"insight.account_{stands}")
            yield say("why.account_rests", account=key, state=state_, until=shown_time(until, zone))


def effect_lines(conn: Connection, row: AnyRow, people: Sequence[int], zone: ZoneInfo) -> list[Line]:
    """What the refusal wrote down about the person, by the audit of the moment in which it was settled."""
    if row.settled_at is None:
        return []
    subjects = [*(subject_of(contact_id) for contact_id in people), f"address:{row.address}"]
    found = [entry for subject in subjects for entry in read_audit(conn, subject)]
    return [
        Line("ledger", None, say(f"why.effect_{entry.action}"), masker().text(summary(entry.detail, zone)), "", 1)
        for entry in found
        if entry.actor == "provider" and entry.at == row.settled_at and entry.action in _EFFECTS
    ]
