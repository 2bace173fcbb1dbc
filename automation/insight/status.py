"""Status: which daemon runs, how far behind it is, what waits, which rules are in what state, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from automation.clock import from_ms, to_ms
from automation.contacts.masking import masker
from automation.contacts.recasting import count_mistyped
from automation.engine.delivery.accounts import next_try, standing
from automation.i18n import say
from automation.insight.attention import attention
from automation.insight.halts import COLUMNS, Rows, read_halts
from automation.providers.accounts import Breaker
from automation.providers.loader import breakers_of
from automation.store import accounts, daemons, messages, polling, quarantine, rules, runs
from automation.store.pauses import load_pauses

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.settings import Settings
    from automation.store.database import Database
    from automation.store.types import AnyRow

LOOKED_AT = 5_000
"""So many of the oldest contacts are looked at for values of another type than the catalogue says."""
ALIVE_MS = 20_000
"""A daemon whose last heartbeat is older than this is taken for dead."""

Table = tuple[str, list[str], list[dict[str, Any]]]
_RULE_COLUMNS = ["rule", "name", "state", "active", "sending", "held", "done", "exited", "failed", "detail"]
_ACCOUNT_COLUMNS = ["account", "state", "since_at", "failures", "last_code", "next_try_at"]
_DAEMON_COLUMNS = ["instance", "pid", "state", "started_at", "heartbeat_at", "last_error"]


@dataclass(frozen=True)
class Status:
    """What `automation status` shows. Lags are in seconds; None: nothing waits."""

    attention: list[str]
    daemons: list[dict[str, Any]]
    run_lag: float | None
    message_lag: float | None
    rules: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    quarantined: int
    problems: list[str]
    accounts: list[dict[str, Any]]
    halts: dict[str, Rows]

    def as_dict(self) -> dict[str, Any]:
        times = [
            daemon | {key: from_ms(daemon[key]).isoformat() for key in ("started_at", "heartbeat_at")}
            for daemon in self.daemons
        ]
        accounts = [
            account | {key: account[key] and from_ms(account[key]).isoformat() for key in ("since_at", "next_try_at")}
            for account in self.accounts
        ]
        shown = dict(vars(self)) | {"daemons": times, "accounts": accounts} | self.halts
        shown["missing_rules"] = [
            row | {"leaves_at": row["leaves_at"] and from_ms(row["leaves_at"]).isoformat()}
            for row in shown["missing_rules"]
        ]
        shown["pauses"] = [row | {"at": from_ms(row["at"]).isoformat()} for row in shown["pauses"]]
        shown["approvals"] = [row | {"due_at": from_ms(row["due_at"]).isoformat()} for row in shown["approvals"]]
        del shown["halts"]
        return shown

    def tables(self) -> list[Table]:
        """Titles, columns and rows, in the order in which an operator looks."""
        waiting: list[dict[str, Any]] = [
            {"what": say("insight.run_lag"), "value": _span(self.run_lag)},
            {"what": say("insight.message_lag"), "value": _span(self.message_lag)},
            {"what": say("insight.quarantined"), "value": self.quarantined},
        ]
        halts = [(say(f"insight.{name}"), columns, self.halts[name]) for name, columns in COLUMNS.items()]
        shouted = [(say("insight.attention"), ["problem"], [{"problem": text} for text in self.attention])]
        tables: list[Table] = [
            *(shouted if self.attention else []),
            *(halt for halt in halts if halt[2]),
            (say("insight.daemons"), _DAEMON_COLUMNS, self.daemons),
            (say("insight.backlog"), ["what", "value"], waiting),
            (say("insight.rules"), _RULE_COLUMNS, self.rules),
            (say("insight.messages"), ["channel", "status", "count"], self.messages),
        ]
        if self.accounts:
            tables.append((say("insight.accounts"), _ACCOUNT_COLUMNS, self.accounts))
        if self.problems:
            tables.append((say("insight.problems"), ["problem"], [{"problem": text} for text in self.problems]))
        return tables


def read_status(database: Database, project: Project, now: datetime, unusable: Sequence[str] = ()) -> Status:
    """Look at everything once, in one snapshot. `unusable`: what is wrong with channels, as sentences."""
    with database.read() as conn:
        halts = read_halts(conn, now)
        return Status(
            attention=attention(halts, unusable, count_mistyped(conn, project.catalogue, LOOKED_AT)),
            daemons=_daemons(conn, now),
            run_lag=_lag(runs.next_due(conn), now),
            message_lag=_lag(messages.oldest_queued(conn, to_ms(now)), now),
            rules=_rules(conn),
            halts=halts,
            messages=[
                {"channel": channel, "status": state, "count": count}
                for (channel, state), count in sorted(messages.counts(conn).items())
            ],
            quarantined=quarantine.count_rejected(conn),
            problems=[problem.shown() for problem in project.problems if problem.severity == "error"]
            + [
                say("triggers.poll_status", rule=row.rule, reason=masker().text(row.last_error))
                for row in polling.poll_errors(conn)
            ],
            accounts=_accounts(conn, project.settings, to_ms(now)),
        )


def _daemons(conn: Connection, now: datetime) -> list[dict[str, Any]]:
    found = []
    for row in daemons.list_daemons(conn):
        alive = row.stopped_at is None and to_ms(now) - row.heartbeat_at < ALIVE_MS
        state = "running" if alive else "stopped" if row.stopped_at is not None else "dead"
        found.append(
            {
                "instance": row.instance,
                "pid": row.pid,
                "state": say(f"insight.daemon_{state}"),
                "started_at": row.started_at,
                "heartbeat_at": row.heartbeat_at,
                "last_error": masker().value(row.last_error),
            }
        )
    return found


def _accounts(conn: Connection, settings: Settings, now: int) -> list[dict[str, Any]]:
    """The provider accounts that have met trouble or have a rate."""
    usual = settings.delivery.breaker
    breakers = breakers_of(settings)
    found = []
    for key, state in accounts.load_states(conn).items():
        breaker = breakers.get(key, Breaker(usual.failures, usual.seconds))
        found.append(
            {
                "account": key,
                "state": say(f"insight.account_{standing(breaker, state, now)}"),
                "since_at": state.changed_at,
                "failures": state.failures,
                "last_code": state.last_code,
                "next_try_at": next_try(breaker, state, now),
            }
        )
    return found


def _rules(conn: Connection) -> list[dict[str, Any]]:
    counted, paused = runs.counts(conn), load_pauses(conn).rule_ids
    return [
        {"rule": row.key, "name": row.name, "state": _state(row, paused), "detail": _detail(row)}
        | {
            state: counted.get((row.id, state), 0)
            for state in ("active", "sending", "held", "done", "exited", "failed")
        }
        for row in rules.list_rules(conn)
    ]


def _detail(row: AnyRow) -> str | None:
    return _canary(row) if row.status == "absent" else row.status_detail or _canary(row)


def _canary(row: AnyRow) -> str | None:
    return None if row.canary_version_id is None else say("canary.in_status")


def _state(row: AnyRow, paused: Set[int]) -> str:
    return say(f"insight.rule_{'paused' if row.status == 'active' and row.id in paused else row.status}")


def _lag(due: int | None, now: datetime) -> float | None:
    return None if due is None or due > to_ms(now) else (to_ms(now) - due) / 1000


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else str(timedelta(seconds=round(seconds)))
