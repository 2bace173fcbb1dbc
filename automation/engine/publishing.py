"""From a checked project to a rule book: versions are kept, people inside stopped rules wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.engine.book import RuleBook, load_rule
from automation.engine.canaries import apart
from automation.engine.entry.pending import publish_pending
from automation.engine.journey.listening import listeners
from automation.engine.removal import settle_missing
from automation.reasons import Reason
from automation.rules.published import check_vanished, keep_taken_over
from automation.store import changes, coupons, rules
from automation.store.log import Entry, write_log
from automation.store.pauses import load_pauses
from automation.store.waiting import older_listeners

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from sqlalchemy import Connection

    from automation.engine.book import LoadedRule
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec


def publish(conn: Connection, project: Project, now: int) -> RuleBook:
    """Store the project's rules and coupon batches, hold or release or end runs accordingly, compile the rest.

    AutomationError when the project can't be run by: then nothing has changed.
    """
    check_vanished(conn, project)
    divided = apart(project)
    published = rules.publish_rules(conn, _rows(project, divided), now)
    keep_taken_over(conn, project, now)
    known = published.known
    coupons.sync_batches(conn, project.catalogue, now)
    active, canaries = _loaded(project, divided, known)
    missing = settle_missing(conn, project, published, now)
    held = frozenset(ids.rule_id for key, ids in known.items() if key not in active) | {*missing.waiting, *missing.gone}
    finishing = [id_ for id_, state in missing.states.items() if state == "finishing"]
    publish_pending(conn, [rule.rule_id for rule in active.values()], [*missing.gone, *finishing], now)
    stopped = [ids.rule_id for key, ids in known.items() if key not in active and ids.was_active]
    paused = load_pauses(conn).rule_ids
    _hold_or_release(conn, stopped, {rule.rule_id for rule in active.values()} - paused, now)
    _bring(conn, active, known)
    rules.forget_canaries(conn, [known[key].rule_id for key in divided])
    everything = [*active.values(), *canaries]
    older = older_listeners(conn, [rule.version_id for rule in everything])
    return RuleBook(
        project, active, held, rules.activated_at(conn), listeners(everything, older), canaries, missing.states
    )


def _rows(project: Project, divided: Mapping[str, RuleSpec | None]) -> list[rules.RuleRow]:
    """What the database keeps of every rule; one that only a canary's people meet is a rule like any other."""
    rows = []
    for spec in _specs(project, divided):
        theirs, status = divided.get(spec.id), "active" if spec.enabled else "disabled"
        canary = (theirs.version, theirs.content) if theirs is not None and theirs is not spec else None
        rows.append(rules.RuleRow(spec.id, spec.name, status, None, spec.version, spec.content, canary, spec.file))
    for broken in project.checked.broken:
        reason = broken.problems[0].shown("en") if broken.problems else ""
        rows.append(rules.RuleRow(broken.id, broken.name, "broken", reason, file=broken.file))
    return rows


def _specs(project: Project, divided: Mapping[str, RuleSpec | None]) -> list[RuleSpec]:
    ours = {spec.id for spec in project.checked.rules}
    return [*project.checked.rules, *(spec for key, spec in divided.items() if spec is not None and key not in ours)]


def _loaded(
    project: Project, divided: Mapping[str, RuleSpec | None], known: Mapping[str, rules.Known]
) -> tuple[dict[str, LoadedRule], list[LoadedRule]]:
    """The active rules by id, and the versions that a canary's people meet in their place."""
    active: dict[str, LoadedRule] = {}
    canaries: list[LoadedRule] = []
    theirs = project.canary
    for spec in _specs(project, divided):
        ids = known[spec.id]
        if not spec.enabled or ids.version_id is None:
            continue
        part = theirs.part if theirs is not None and spec.id in divided else None
        if theirs is not None and part is not None and divided[spec.id] is spec:
            active[spec.id] = load_rule(spec, ids.rule_id, ids.version_id, theirs.project, part)
            continue
        active[spec.id] = load_rule(spec, ids.rule_id, ids.version_id, project, part and part.others)
        other = divided.get(spec.id)
        if theirs is not None and other is not None and ids.canary_version_id is not None:
            canaries.append(load_rule(other, ids.rule_id, ids.canary_version_id, theirs.project, theirs.part))
    return active, canaries


def _bring(conn: Connection, active: Mapping[str, LoadedRule], known: Mapping[str, rules.Known]) -> None:
    """People inside a rule that has changed come to its new version, or leave, if that version says so."""
    for key, rule in active.items():
        if not known[key].changed:
            continue
        if rule.spec.on_change == "finish":
            changes.end_change(conn, rule.rule_id)
        else:
            changes.begin_change(conn, rule.rule_id, rule.version_id)


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
