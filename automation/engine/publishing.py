"""From a checked project to a rule book: versions are kept, rules that went away let their people go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.engine.book import RuleBook, load_rule
from automation.reasons import Reason
from automation.store import coupons, rules, runs
from automation.store.log import Entry, write_log

if TYPE_CHECKING:
    from sqlalchemy import Connection

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
    known = rules.publish_rules(conn, rows, now)
    coupons.sync_batches(conn, project.catalogue, now)
    active = {}
    for spec in checked.rules:
        ids = known[spec.id]
        if spec.enabled and ids.version_id is not None:
            active[spec.id] = load_rule(spec, ids.rule_id, ids.version_id, project.registry)
    held = frozenset(ids.rule_id for key, ids in known.items() if key not in active)
    _move_runs(conn, {rule.rule_id for rule in active.values()}, held, now)
    return RuleBook(project, active, held, rules.activated_at(conn))


def _move_runs(conn: Connection, active: set[int], held: frozenset[int], now: int) -> None:
    """Held rules keep their people where they are, active ones let them go on, removed ones let them out."""
    removed = [row.id for row in rules.list_rules(conn) if row.status == "removed"]
    for row in runs.end_runs_of(conn, removed, "exited", Reason.EXITED_REMOVED.value, now) if removed else ():
        entry = Entry(Reason.EXITED_REMOVED, row.rule_id, row.rule_version_id, row.contact_id, row.id)
        write_log(conn, now, [entry])
    for ids, change, reason in (
        (sorted(held), rules.hold_runs, Reason.HELD_DISABLED),
        (sorted(active), rules.release_runs, Reason.RELEASED),
    ):
        for rule_id in ids:
            count = change(conn, [rule_id])
            if count:
                write_log(conn, now, [Entry(reason, rule_id, detail={"runs": count})])
