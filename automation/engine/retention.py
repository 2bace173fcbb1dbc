"""Retention: what `[retention]` lets go, as long as no rule asks for it any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from automation.calendars.duration import Duration
from automation.clock import monotonic, to_ms
from automation.errors import AutomationError
from automation.i18n import lookup
from automation.rules.checker import respec
from automation.rules.conditions.tree import History
from automation.store.audit import AuditRow, write_audit
from automation.store.pruning import PRUNABLE, count_range, id_range, living_versions, next_keys, prune_range
from automation.store.retry import retried
from automation.store.rules import load_version

if TYPE_CHECKING:
    from datetime import datetime

    from automation.clock import Clock
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.store.database import Database
    from automation.store.pruning import Key, Prunable

BATCH = 1000
"""Ids, or other keys, of one transaction."""
REST_S = 0.005
"""At least so long nobody prunes between two transactions, and as long as the one before took: others come through."""


class RetentionError(AutomationError):
    """What is kept is shorter than what a rule, or another setting, asks for."""


@dataclass(frozen=True)
class Pruned:
    """`rows` of one kind, from before a moment (milliseconds UTC)."""

    what: str
    before: int
    rows: int


class Need(NamedTuple):
    """What a rule looks back at: `span` None is all there ever was."""

    setting: str
    span: Duration | None
    path: str


class Pruning:
    """Prunes one project's database by its settings."""

    def __init__(self, database: Database, project: Project, clock: Clock) -> None:
        self._database, self._project, self._clock = database, project, clock
        self._chosen = project.settings.retention.chosen
        self._zone = ZoneInfo(project.settings.timezone)

    def run(
        self, *, actor: str, dry_run: bool = False, tell: Callable[[int], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> list[Pruned]:  # fmt: skip
        """Prune everything that is due. RetentionError, before anything is, when a rule needs more than is kept.

        `tell` gets the number of keys of each transaction; `stopping` is asked between them. What was pruned is
        audited, also when something stops it half-way.
        """
        now = self._clock.now()
        self.check(now)
        befores = {what: to_ms(_span(kept).before(now, self._zone)) for what, kept in self._chosen.items()}
        rows: dict[str, int] = {}
        try:
            for kind in PRUNABLE:
                if kind.what in befores:
                    rows.setdefault(kind.what, 0)
                    for count in self._batches(kind, befores[kind.what], dry_run, tell, stopping):
                        rows[kind.what] += count
        finally:
            done = [Pruned(what, befores[what], count) for what, count in rows.items()]
            if not dry_run and any(rows.values()):
                self._audit(done, actor, now)
        return done

    def check(self, now: datetime) -> None:
        """RetentionError that names the rule, or the setting, which asks for more than is kept."""
        self._check_times(now)
        for spec in self._specs():
            for need in needs_of(spec):
                if need.setting in self._chosen:
                    kept = _span(self._chosen[need.setting])
                    if need.span is None or need.span.before(now, self._zone) < kept.before(now, self._zone):
                        wanted = lookup("privacy.for_ever") if need.span is None else str(need.span)
                        raise RetentionError(
                            "privacy.too_short", setting=need.setting, kept=str(kept), rule=spec.id, wanted=wanted,
                            path=need.path,
                        )  # fmt: skip

    def _check_times(self, now: datetime) -> None:
        """An event without a time is recognised by the time it was given, so that must not go before the event."""
        times, events = self._chosen.get("event_times"), self._chosen.get("events")
        if times is None:
            return
        if events is None or _span(events).before(now, self._zone) < _span(times).before(now, self._zone):
            wanted = lookup("privacy.for_ever_kept") if events is None else events
            raise RetentionError("privacy.times_too_short", kept=times, events=wanted)

    def _specs(self) -> Iterator[RuleSpec]:
        """The rules as the files have them, and the older versions that people are still inside of."""
        yield from self._project.checked.rules
        with self._database.read() as conn:
            rows = [load_version(conn, version_id) for version_id in living_versions(conn)]
        for row in rows:
            if row is not None:
                yield respec(row.content, self._project.env)

    def _batches(
        self, kind: Prunable, before: int, dry_run: bool, tell: Callable[[int], None], stopping: Callable[[], bool]
    ) -> Iterator[int]:
        """The rows of each transaction."""
        rest = 0.0
        for after, upto, keys in self._ranges(kind, before):
            if stopping():
                return
            time.sleep(rest)
            began = monotonic()
            yield self._range(kind, after, upto, before, dry_run)
            tell(keys)
            rest = 0.0 if dry_run else max(REST_S, monotonic() - began)

    def _ranges(self, kind: Prunable, before: int) -> Iterator[tuple[Key, Key, int]]:
        """(after, up to, how many keys) of each transaction."""
        if kind.written:
            with self._database.read() as conn:
                first, last = id_range(conn, kind, before)
            for id_ in range(first, last, BATCH):
                upto = min(id_ + BATCH, last)
                yield (id_,), (upto,), upto - id_
            return
        after: Key = ("",) * len(kind.key)
        while True:
            with self._database.read() as conn:
                keys = next_keys(conn, kind, after, BATCH)
            if not keys:
                return
            yield after, keys[-1], len(keys)
            after = keys[-1]

    def _range(self, kind: Prunable, after: Key, upto: Key, before: int, dry_run: bool) -> int:
        if dry_run:
            with self._database.read() as conn:
                return count_range(conn, kind, after, upto, before)

        def transaction() -> int:
            with self._database.write() as conn:
                return prune_range(conn, kind, after, upto, before)

        return retried(transaction)

    def _audit(self, done: list[Pruned], actor: str, now: datetime) -> None:
        detail = {one.what: {"before": one.before, "rows": one.rows} for one in done}
        with self._database.write() as conn:
            write_audit(conn, [AuditRow(to_ms(now), actor, "retention.pruned", "database", detail)])


def needs_of(spec: RuleSpec) -> Iterator[Need]:
    """Everything that a rule looks back at: its histories, its trigger's times, its waits, its frequency caps."""
    for node in _walk(spec):
        if isinstance(node, History) and not node.since_entry:
            yield Need("events", node.within, node.path)
    for node in _walk(spec.trigger.params):
        if isinstance(node, Duration):
            yield Need("events", Duration(abs(node.amount), node.unit), f"{spec.path}/trigger")
    if spec.goal is not None:
        yield Need("events", spec.goal.within, f"{spec.path}/goal")
    for cap in spec.guards.frequency_cap:
        yield Need("messages", cap.per, f"{spec.path}/guards/frequency_cap")
    for limit in spec.guards.limit:
        if limit.of == "messages":
            per = limit.per if isinstance(limit.per, Duration) else Duration(32, "d")
            yield Need("messages", per, f"{spec.path}/guards/limit")


def _walk(value: Any) -> Iterator[Any]:
    """The value and all values in it: specs, conditions, parameters of plugins."""
    yield value
    if isinstance(value, (Duration, ZoneInfo)):
        return
    if isinstance(value, (list, tuple)):
        inside = list(value)
    elif isinstance(value, dict):
        inside = list(value.values())
    elif is_dataclass(value) and not isinstance(value, type):
        inside = [getattr(value, one.name) for one in fields(value) if one.name not in ("content", "positions")]
    elif hasattr(type(value), "model_fields"):
        inside = [getattr(value, name) for name in type(value).model_fields]
    else:
        return
    for item in inside:
        yield from _walk(item)


def _span(text: str) -> Duration:
    found = Duration.parse(text)
    assert found is not None, "the settings have checked it"
    return found
