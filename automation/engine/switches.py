"""Switches: what somebody stops for a while, everything, a rule or a channel, and lets go on again.

A pause is a row that every transaction asks for before it moves anything, so it counts at once for all processes. A
paused rule's runs are put on hold as they come due, never all at once: a pause costs nothing, however many wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from automation.catalogue.nearest import offer
from automation.channels import CHANNELS
from automation.errors import AutomationError
from automation.reasons import Reason
from automation.store.audit import AuditRow, write_audit
from automation.store.log import Entry, write_log
from automation.store.pauses import (
    ALL,
    begin_pause,
    channel_scope,
    end_pause,
    hasten_messages,
    is_paused,
    list_pauses,
    rule_scope,
)
from automation.store.rates import clear_rate
from automation.store.rules import list_rules, release_runs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from automation.store.types import AnyRow


PUT_OFF_MS = 10 * 60_000
"""Messages put off for less than this are sent now. Those of a paused rule are put off by a minute
(`delivery.deliver.HELD_RETRY_MS`), counted from another process's moment, which may be later than ours."""


class SwitchError(AutomationError):
    """Nothing, or more than one thing, has this name."""


@dataclass(frozen=True)
class Target:
    """What a switch stops. `shown` is how an operator names it: `all`, `rule:birthday`, `channel:sms`."""

    kind: Literal["all", "rule", "channel"]
    scope: str
    shown: str
    rule_id: int | None = None
    runs: bool = True  # whether the rule is active, apart from pauses


def target_of(conn: Connection, name: str) -> Target:
    """What `name` means: `all`, a rule, a channel; `rule:` or `channel:` before it where one name means both.

    SwitchError when nobody has the name, with the nearest known one, or when two have it.
    """
    if name == ALL:
        return Target("all", ALL, ALL)
    rows = {row.key: row for row in list_rules(conn)}
    kind, colon, rest = name.partition(":")
    if colon and kind == "rule" and rest in rows:
        return _rule(rows[rest])
    if colon and kind == "channel" and rest in CHANNELS:
        return _channel(rest)
    if name in rows and name in CHANNELS:
        raise SwitchError("control.ambiguous", found=name)
    if name in rows:
        return _rule(rows[name])
    if name in CHANNELS:
        return _channel(name)
    known = list(dict.fromkeys([ALL, *CHANNELS, *rows]))
    raise SwitchError("control.nothing_named", **offer(rest or name, known), known=", ".join(known))


def pause(conn: Connection, target: Target, reason: str, actor: str, now: int) -> bool:
    """Stop it from this transaction's end on; False when it was stopped already."""
    if not begin_pause(conn, target.scope, reason, actor, now):
        return False
    _tell(conn, Reason.PAUSED, target, {"reason": reason}, actor, now)
    return True


def resume(conn: Connection, target: Target, reason: str, actor: str, now: int) -> bool:
    """Let it go on; what came due meanwhile is due at once. False when it was not paused.

    A rule that is also disabled or broken keeps its people until it runs again.
    """
    if not is_paused(conn, target.scope):
        return False
    if target.rule_id is not None:
        clear_rate(conn, target.rule_id)  # before the pause, in the order in which a rule pauses by itself
    if not end_pause(conn, target.scope):
        return False
    detail: dict[str, Any] = {"reason": reason}
    if target.rule_id is not None and target.runs:
        detail["runs"] = release_runs(conn, [target.rule_id])
        hasten_messages(conn, target.rule_id, now, now + PUT_OFF_MS)
    _tell(conn, Reason.RESUMED, target, detail, actor, now)
    return True


def paused_now(conn: Connection) -> list[dict[str, Any]]:
    """Every pause as an operator reads it: what, since when, by whom and why."""
    keys = {rule_scope(row.id): f"rule:{row.key}" for row in list_rules(conn)}
    return [
        {"what": keys.get(row.scope, row.scope), "at": row.at, "actor": row.actor, "reason": row.reason}
        for row in list_pauses(conn)
    ]


def _rule(row: AnyRow) -> Target:
    return Target("rule", rule_scope(row.id), f"rule:{row.key}", row.id, row.status == "active")


def _channel(name: str) -> Target:
    return Target("channel", channel_scope(name), f"channel:{name}")


def _tell(conn: Connection, code: Reason, target: Target, detail: Mapping[str, Any], actor: str, now: int) -> None:
    seen = {"what": target.shown, "actor": actor, **detail}
    write_log(conn, now, [Entry(code, target.rule_id, detail=seen)])
    write_audit(conn, [AuditRow(now, actor, f"switch.{code.value}", target.shown, dict(detail))])
