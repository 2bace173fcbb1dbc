"""No query on a hot path reads a whole table: what the functions really send is explained by both databases."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from automation.calendars.duration import Duration
from automation.catalogue.model import CouponBatchDef, FieldType
from automation.clock import from_ms
from automation.contacts.consent import load_consents
from automation.contacts.profile import load_contacts
from automation.contacts.suppression import load_suppressed
from automation.i18n import Text
from automation.reasons import Reason
from automation.rules.conditions.history import load_histories
from automation.rules.conditions.sql import SqlScope, clause
from automation.rules.conditions.tree import Compare, FieldRef, Group, History
from automation.store import (
    chains,
    coupons,
    digests,
    dropping,
    entering,
    events,
    funnels,
    identities,
    log,
    messages,
    occurrences,
    people,
    quarantine,
    queueing,
    rules,
    runs,
    schema,
    waiting,
    why,
)  # fmt: skip
from automation.store.database import Database
from automation.store.entry_moment import EntryMoment
from automation.store.sought import Sought
from tests.store import town
from tests.store.plans import plans_of, recording

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = town.NOW
IDS = [1, 2, 3]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def populated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A town on each kind of database."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("town") / "town.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_database").url.render_as_string(hide_password=False)
    database = recording(url)
    town.build(database)
    yield database
    if not database.is_sqlite:
        names = ", ".join(table.name for table in schema.metadata.sorted_tables)
        with database.write() as conn:
            conn.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    database.close()


Action = Callable[[Connection], object]
DID = History("event.3", None, Duration(30, "d"), since_entry=False, at_least=2, negated=False, path="audience/0")
SINCE = replace(DID, within=None, since_entry=True, path="audience/1")
LEVEL = Compare(FieldRef("contact", "level", FieldType.TEXT, "attribute"), "is", "金卡", "audience/2")
POOL = CouponBatchDef("b3", Text("券", "coupon"), "pool")


def _page(**changes: object) -> entering.Page:
    """One page of an audience with every guard there is."""
    scope = SqlScope(
        contact_id=schema.contact.c.id, attributes=schema.contact.c.attributes, columns={},
        now=from_ms(NOW), zone=SHANGHAI,
    )  # fmt: skip
    guards = [
        (Reason.SKIPPED_AUDIENCE, clause(Group("all", (LEVEL, DID), "audience"), scope)),
        (Reason.SKIPPED_HOLDOUT, entering.outside_share(7, 5, 500)),
        (Reason.SKIPPED_COOLDOWN, entering.no_entry_since(3, NOW - town.DAY)),
        (Reason.SKIPPED_ALREADY_INSIDE, entering.not_inside(3, "")),
    ]
    page = entering.Page(
        people=people.on_month_days("birthday", ["08-05"]), guards=guards, occurrence_id=1, key="2026-08-05", rule_id=3,
        version_id=3, mode_key="", restart=True, now=NOW, after=100, size=5,
    )  # fmt: skip
    return replace(page, **changes)  # type: ignore[arg-type]


def _inactive() -> object:
    return people.not_seen_since(
        "event.3", from_ms=NOW - 40 * town.DAY, to_ms=NOW - 39 * town.DAY, late_after_id=11_990,
        late_from_ms=NOW - 50 * town.DAY, called=(3, NOW),
    )  # fmt: skip


def _enter_some(conn: Connection) -> None:
    since = EntryMoment(NOW, 9, NOW)
    rows = [("e9", 7, 7, 9, 9, "x", since), ("e10", 7, 7, 10, 10, "x", since)]
    runs.enter_runs(conn, rows, NOW)
    runs.enter_runs(conn, rows, NOW)  # the second time they are there already, and looked up


def _store_some(conn: Connection) -> None:
    rows = [("event.1", 1, NOW, "s", f"n{i}", None, "{}") for i in range(3)]
    events.store_events(conn, rows, NOW)
    events.store_events(conn, rows, NOW)


def _settle_some(conn: Connection) -> None:
    untimed = [("s", "u5"), ("s", "new"), ("other", "u5")]
    events.settle_times(conn, untimed, NOW)
    events.settle_times(conn, untimed, NOW)


def _take_codes(conn: Connection) -> None:
    claims = [coupons.Claim(100_001, 1), coupons.Claim(100_002, 2)]
    coupons.issue(conn, POOL, claims, step="s", now_ms=NOW)


CASES: dict[str, tuple[Action, dict[str, set[str]]]] = {
    # runs
    "claim_due": (lambda c: runs.claim_due(c, NOW, 50), {"*": {"ix_run_due"}}),
    "next_due": (runs.next_due, {"*": {"ix_run_due"}}),
    "last_entries": (lambda c: runs.last_entries(c, IDS, [1, 2]), {"*": {"ix_run_contact"}}),
    "alive_inside": (lambda c: runs.alive_inside(c, IDS, [1, 2]), {"*": {"uq_run_mode"}}),
    "collecting": (lambda c: digests.collecting(c, IDS), {"sqlite": {"rowid"}, "postgresql": {"pk_run"}}),
    "events_told": (lambda c: digests.events_told(c, [1, 2], IDS), {"*": {"ix_run_contact"}}),
    "enter_runs": (_enter_some, {"sqlite": {"rowid"}, "postgresql": {"pk_run"}}),
    "load_runs": (lambda c: runs.load_runs(c, IDS, lock=True), {"sqlite": {"rowid"}, "postgresql": {"pk_run"}}),
    "save_progress": (
        lambda c: runs.save_progress(c, [(5, "done", 1, None, None, "{}", NOW, "completed")]),
        {"sqlite": {"rowid"}, "postgresql": {"pk_run"}},
    ),
    "end_runs": (lambda c: runs.end_runs(c, IDS, "exited", "x", NOW), {"sqlite": {"rowid"}, "postgresql": {"pk_run"}}),
    "lock_contacts": (lambda c: runs.lock_contacts(c, IDS), {"postgresql": {"pk_contact"}}),
    "runs_of": (lambda c: runs.runs_of(c, 3, 2), {"*": {"ix_run_contact"}}),
    "listening_runs": (lambda c: waiting.listening_runs(c, IDS, [1, 2], None), {"*": {"ix_run_contact"}}),
    "listening_runs, goals": (lambda c: waiting.listening_runs(c, IDS, [1, 2], NOW), {"*": {"ix_run_contact"}}),
    "came_since": (lambda c: waiting.came_since(c, "event.3", IDS, NOW), {"*": {"ix_event_contact"}}),
    "credited_events": (lambda c: waiting.credited_events(c, IDS), {"*": {"ix_run_contact"}}),
    "last_queued": (
        lambda c: waiting.last_queued(c, IDS),
        {"sqlite": {"sqlite_autoindex_message_1"}, "postgresql": {"uq_message_run_id_step_visit_channel"}},
    ),
    "let_next_in": (
        lambda c: queueing.let_next_in(c, IDS, NOW),
        {"sqlite": {"rowid", "ix_run_queue"}, "postgresql": {"pk_run", "ix_run_queue"}},
    ),
    "drop_queued": (
        lambda c: dropping.drop_queued(c, IDS, NOW),
        {"sqlite": {"sqlite_autoindex_message_1"}, "postgresql": {"uq_message_run_id_step_visit_channel"}},
    ),
    "held_rules": (rules.held_rules, {"*": {"ix_run_held"}}),
    "release_runs": (lambda c: rules.release_runs(c, [1, 2]), {"*": {"ix_run_held"}}),
    "last_event_of": (lambda c: why.last_event_of(c, 3, "event.3", 2**62), {"*": {"ix_event_contact"}}),
    # messages
    "claim_queued": (lambda c: messages.claim_queued(c, "sms", NOW, 50), {"*": {"ix_message_due"}}),
    "due_channels": (lambda c: messages.due_channels(c, NOW), {"*": {"ix_message_due"}}),
    "oldest_queued": (lambda c: messages.oldest_queued(c, NOW), {"*": {"ix_message_due"}}),
    "expired_leases": (lambda c: messages.expired_leases(c, NOW, 50), {"*": {"ix_message_lease"}}),
    "recent": (lambda c: messages.recent(c, IDS, NOW - town.DAY), {"*": {"ix_message_contact"}}),
    "lock_standing": (lambda c: messages.lock_standing(c, IDS), {"sqlite": {"rowid"}, "postgresql": {"pk_message"}}),
    "write_outcomes": (
        lambda c: messages.write_outcomes(c, [(5, "accepted", None, None, "p", None, None, NOW, None)]),
        {"sqlite": {"rowid"}, "postgresql": {"pk_message"}},
    ),
    # people
    "holders": (lambda c: identities.holders(c, [("member_no", "M5"), ("email", "x")]),
                {"postgresql": {"pk_identity"}}),
    "load_contacts": (lambda c: load_contacts(c, IDS), {"sqlite": {"rowid", "ix_identity_contact_id"},
                                                       "postgresql": {"pk_contact", "ix_identity_contact_id"}}),
    "load_consents": (lambda c: load_consents(c, IDS), {"postgresql": {"pk_consent"}}),
    "load_suppressed": (lambda c: load_suppressed(c, [(1, "sms", "a@x.cn")], NOW),
                        {"*": {"ix_suppression_contact_id", "ix_suppression_address"}}),
    "histories": (lambda c: load_histories(c, [DID, SINCE], [(1, EntryMoment(NOW, 9, NOW)), (2, None)], NOW, SHANGHAI),
                  {"*": {"ix_event_contact"}}),
    # events
    "store_events": (_store_some, {"sqlite": {"rowid"}, "postgresql": {"pk_event"}}),
    "settle_times": (_settle_some, {"postgresql": {"pk_event_time"}}),
    "load_events": (lambda c: events.load_events(c, IDS),
                              {"sqlite": {"rowid"}, "postgresql": {"pk_event"}}),
    "callers": (lambda c: chains.callers(c, IDS, 0), {"sqlite": {"rowid"}, "postgresql": {"pk_run", "pk_event"}}),
    "last_event_id": (events.last_event_id, {"postgresql": {"pk_event"}}),
    "list_rejected": (lambda c: quarantine.list_rejected(c, limit=10), {"sqlite": {"ix_quarantine_status"}}),
    "count_rejected": (quarantine.count_rejected, {"*": {"ix_quarantine_status"}}),
    # occurrences and their people
    "claim_running": (occurrences.claim_running, {"*": {"ix_occurrence_running"}}),
    "birthday page": (lambda c: entering.enter_page(c, _page()), {"*": {"ix_run_contact", "ix_event_contact"}}),
    "birthday page of two days": (
        lambda c: entering.enter_page(c, _page(people=people.on_month_days("birthday", ["02-28", "02-29"]))),
        {"*": {"ix_run_contact"}},
    ),
    "lunar page": (
        lambda c: entering.enter_page(c, _page(people=people.on_month_days("birthday", ["06-22"], lunar=True))),
        {"*": {"ix_contact_date_lunar"}},
    ),
    "page of everyone": (lambda c: entering.enter_page(c, _page(people=people.everyone(), restart=False)), {}),
    "inactivity page": (
        lambda c: entering.enter_page(c, _page(people=_inactive())),
        {"sqlite": {"ix_event_contact"}, "postgresql": {"uq_event_occurred_at_source_message_id", "ix_event_contact"}},
    ),
    # coupons
    "free codes": (_take_codes, {"*": {"ix_coupon_code_free", "ix_coupon_code_contact"}}),
    # the log
    "log of a contact": (lambda c: log.read_log(c, contact_ids=[3]), {"*": {"ix_execution_log_contact"}}),
    "log of a rule": (lambda c: log.read_log(c, rule_key="r3"), {"*": {"ix_execution_log_rule"}}),
    "log, followed": (lambda c: log.read_log(c, after_id=11_900, newest=False),
                      {"sqlite": {"rowid"}, "postgresql": {"pk_execution_log"}}),
    "log of a message": (lambda c: log.read_message_log(c, [3], 3), {"*": {"ix_execution_log_contact"}}),
    "last_event_for": (lambda c: why.last_event_for(c, 3, [3], 2**62), {"*": {"ix_execution_log_contact"}}),
    "decision_on": (lambda c: why.decision_on(c, 3, [3], 3, 2**62), {"*": {"ix_execution_log_contact"}}),
    "put_off_entry": (lambda c: why.put_off_entry(c, 3, [3], 3),
                      {"postgresql": {"pk_pending_entry"}}),
    "runs_then": (lambda c: why.runs_then(c, 3, [3], 2**62, 20), {"*": {"ix_run_contact"}}),
    "counted_then": (lambda c: why.counted_then(c, 3, NOW - town.DAY, NOW), {"*": {"ix_message_contact"}}),
    "last_occurrences": (lambda c: why.last_occurrences(c, 3, 2**62, 3), {"*": {"ix_occurrence_rule"}}),
    "entered_by": (lambda c: why.entered_by(c, 3, 3, [3]), {"*": {"ix_run_contact"}}),
    "funnel: skipped": (lambda c: funnels.count_skipped(c, funnels.Span(3)), {"*": {"ix_execution_log_rule"}}),
    "funnel: counted": (lambda c: funnels.count_counted(c, funnels.Span(3, NOW - town.DAY)),
                        {"*": {"ix_occurrence_rule"}}),
    "funnel: open": (lambda c: funnels.count_open(c, funnels.Span(3)), {"*": {"ix_pending_entry_due"}}),
    "funnel: steps": (lambda c: funnels.count_steps(c, funnels.Span(3)), {"*": {"ix_execution_log_rule"}}),
    "funnel: last": (lambda c: funnels.count_last(c, funnels.Span(3, NOW - town.DAY)),
                     {"*": {"ix_execution_log_rule"}}),
    "messages of a contact": (lambda c: messages.list_messages(c, Sought(contact_ids=[3])),
                              {"*": {"ix_message_contact"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_uses_its_index(populated: Database, name: str) -> None:
    action, expected = CASES[name]
    plans = plans_of(populated, action)
    told = "\n".join(f"{plan.sql}\n    " + "\n    ".join(plan.lines) for plan in plans)
    assert [scan for plan in plans for scan in plan.scans] == [], told
    wanted = expected.get("*", set()) | expected.get(populated.dialect, set())
    assert wanted <= frozenset().union(*(plan.indexes for plan in plans)), told


def test_the_check_itself_finds_a_scan(populated: Database) -> None:
    """Whoever writes a query without an index is told."""
    plans = plans_of(populated, lambda c: c.execute(select(schema.run.c.id).where(schema.run.c.reason == "x")))
    assert plans[0].scans
