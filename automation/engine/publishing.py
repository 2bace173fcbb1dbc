"""From a checked project to a rule book: versions are kept, rules that went away let their people go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from automation.engine.book import RuleBook, load_rule
from automation.engine.entry.pending import publish_pending
from automation.engine.journey.listening import listeners
from automation.reasons import Reason
from automation.rules.published import keep_taken_over
from automation.store import changes, coupons, rules, runs
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.waiting import older_listeners

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.rules.project import Project


def publish(conn: Connection, project: Project, now: int) -> RuleBook:
    """Store the project's rules and coupon batches, hold or release or end runs accordingly, compile the rest."""
    checked = project.checked
    rows = [
        rules.RuleRow(spec.id, spec.name, "active" if spec.enabled else "disabled", None, spec.version, spec.content)
        for spec in checked.rules
    ]
    for broken in checked.broken:
        reason = broken.problems[0].shown("en") if broken.problems else ""
        rows.append(rules.RuleRow(broken.id, broken.name, "broken", reason))
    published = rules.publish_rules(conn, rows, now)
    keep_taken_over(conn, project, now)
    known = published.known
    coupons.sync_batches(conn, project.catalogue, now)
    active = {}
    for spec in checked.rules:
        ids = known[spec.id]
        if spec.enabled and ids.version_id is not None:
            active[spec.id] = load_rule(spec, ids.rule_id, ids.version_id, project)
    held = frozenset(ids.rule_id for key, ids in known.items() if key not in active) | {
        *published.gone, *published.removed,
    }  # fmt: skip
    publish_pending(conn, [rule.rule_id for rule in active.values()], [*published.gone, *published.removed], now)
    _let_out(conn, published, now)
    stopped = [ids.rule_id for key, ids in known.items() if key not in active and ids.was_active]
    paused = load_pauses(conn).rule_ids
    _hold_or_release(conn, stopped, {rule.rule_id for rule in active.values()} - paused, now)
    _bring(conn, active, known)
    older = older_listeners(conn, [rule.version_id for rule in active.values()])
    return RuleBook(project, active, held, rules.activated_at(conn), listeners(active.values(), older))


def _bring(conn: Connection, active: Mapping[str, LoadedRule], known: Mapping[str, rules.Known]) -> None:
    """People inside a rule that has changed come to its new version, or leave, if that version says so."""
    for key, rule in active.items():
        if not known[key].changed:
            continue
        if rule.spec.on_change == "finish":
            changes.end_change(conn, rule.rule_id)
        else:
            changes.begin_change(conn, rule.rule_id, rule.version_id)


def _let_out(conn: Connection, published: rules.Published, now: int) -> None:
    """People inside a rule that went away leave it; so do those whom another process let in meanwhile."""
    reason = Reason.EXITED_REMOVED
    out = runs.end_runs_of(conn, published.gone, "exited", reason.value, now) if published.gone else []
    if published.removed:
        out += runs.end_runs_of(conn, published.removed, "exited", reason.value, now, held=True)
    write_log(conn, now, [Entry(reason, row.rule_id, row.rule_version_id, row.contact_id, row.id) for row in out])
    counts = Counter(row.rule_id for row in out)
    write_log(conn, now, [Entry(reason, rule_id, detail={"runs": count}) for rule_id, count in counts.items()])


def _hold_or_release(conn: Connection, stopped: Iterable[int], active: Container[int], now: int) -> None:
    """Rules that were stopped keep their people where they are, active ones let them go on."""
    log = []
    for rule_id in stopped:
        count = rules.hold_runs(conn, [rule_id])
        log += [Entry(Reason.HELD_DISABLED, rule_id, detail={"runs": count})] if count else []
    for rule_id in rules.held_rules(conn):
        if rule_id in active:
            count = rules.release_runs(conn, [rule_id])
            log.append(Entry(Reason.RELEASED, rule_id, detail={"runs": count}))
    write_log(conn, now, log)
