"""The tables of the database, column by column, for docs/database.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.store.schema import metadata
from automation.store.types import Json, Millis
from scripts.reference.markdown import Page, code

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"

PURPOSES: dict[str, str] = {
    "contact": "People. A row that was merged away stays and points to the survivor.",
    "contact_merge": "Merges: which contact became part of which, and what it brought along.",
    "identity": "How people are known: each (kind, value) belongs to one contact.",
    "contact_date": "Month and day of date attributes, so that anniversaries are an index range.",
    "contact_zone": "In which time zone people live, for triggers that fire by each person's own clock.",
    "contact_tag": "Tags.",
    "consent": "The newest answer of a person for a purpose and a channel.",
    "undated_denial": "What a source said last of a person, where it was a no without a date.",
    "suppression": "Who is sent nothing.",
    "event": "What happened. Written once, never changed.",
    "event_time": "The time given to events that came with a message_id and no time of their own.",
    "quarantine": "Incoming items that could not be taken, with the reason.",
    "rule": "Every rule the database has ever known.",
    "rule_version": "What each version of a rule said.",
    "trigger_state": "How far a clock trigger has been evaluated.",
    "occurrence": "Firings of clock triggers. An event trigger's occurrence is the event itself.",
    "pending_entry": "Entries that are decided later: another event must not follow, or somebody must approve.",
    "segment": "Segments that rules watch, one row a rule.",
    "segment_member": "Who is in a watched segment, as last seen.",
    "poll_state": "How far a query against another database has been read.",
    "rule_change": "People inside a changed rule who are being moved to its new version, or let out.",
    "pause": "What is paused, by whom and why.",
    "failure_rate": "Attempts and failures of a rule's messages, for the automatic pause.",
    "contact_problem": "Addresses and fields that can't be used; they hold the person back on that channel.",
    "provider_account": "Each provider account's circuit breaker and rate limit, shared by all processes.",
    "budget_use": "What a rule has spent on a local calendar day.",
    "run": "One person's passage through one rule for one occurrence.",
    "message": "The ledger: one attempt-series to reach one person on one channel.",
    "test_message": "Test sends: a ledger of their own, which no cap, budget or report counts.",
    "template_version": "Templates as they were when something was sent.",
    "coupon_batch": "Coupon batches of the catalogue, with the count of issued codes.",
    "coupon_code": "Codes: free ones of pools, and all that were issued.",
    "execution_log": "Every decision, append-only.",
    "audit": "Who changed what: people, switches, publications. Append-only, chained by hashes.",
    "publication": "Every state of the project's files that has run, with author and reason.",
    "project_identity": "The project that this database belongs to.",
    "plan_approval": "Who approved which plan.",
    "provider_token": "Access tokens of providers, sealed, shared by all processes.",
    "daemon": "Daemons and their heartbeats.",
}

STATES: dict[str, dict[str, str]] = {
    "rule": {
        "active": "it runs",
        "disabled": "`enabled: false`",
        "broken": "it has an error; status_detail says which",
        "absent": "the files do not have it; those inside wait until they do or somebody decides",
        "finishing": "it is gone; those inside go on to the end",
        "removed": "it is gone from the files; those inside stand still until leaves_at, then they leave",
    },
    "occurrence": {
        "running": "people are still being looked at",
        "held": "waits for approval: it would reach more people than allowed",
        "done": "complete",
        "missed": "it was not run: too late, not the latest after downtime, or rejected; reason says which",
    },
    "run": {
        "active": "it goes on at due_at",
        "sending": "it waits for a message's outcome",
        "held": "the rule is disabled, broken or paused",
        "queued": "it waits until the person's earlier run ends",
        "done": "it reached the end, or a stop step",
        "exited": "an exit condition, its goal, a restart, or the rule was changed or removed",
        "failed": "a step failed",
    },
    "message": {
        "queued": "waits until due_at",
        "sending": "marked before the provider is called",
        "accepted": "the provider has it",
        "failed": "refused for good, or attempts used up",
        "unknown": "it may or may not have been sent; never sent again by itself",
        "dropped": "we refused it ourselves just before sending",
    },
    "test_message": {
        "sending": "marked before the provider is called",
        "accepted": "the provider has it",
        "failed": "it was not sent",
        "unknown": "it may or may not have been sent; never sent again by itself",
    },
    "pending_entry": {
        "waiting": "decided at due_at",
        "disabled": "stands still until its rule runs again",
        "held": "waits for approval",
    },
    "coupon_code": {
        "free": "in the pool",
        "issued": "somebody has it",
        "returned": "taken back, because no message brought it to the person",
        "expired": "its time is over",
    },
    "quarantine": {"open": "waits for somebody", "retried": "taken again", "dropped": "put aside for good"},
    "consent": {"granted": "yes", "denied": "no"},
}

COLUMNS: dict[str, str] = {
    "id": "its number; grows",
    "contact_id": "contact.id",
    "rule_id": "rule.id",
    "rule_version_id": "rule_version.id",
    "run_id": "run.id",
    "event_id": "event.id, of event triggers",
    "message_id": "message.id",
    "created_at": "when the row was written",
    "channel": "the channel",
    "status": "see States",
    "name": "its name",
    "key": "the occurrence's key: `e<event id>`, a date, a local date and time",
    "step": "the step's path in the rule",
    "at": "when",
    "attributes": "{field: value} as the catalogue defines them; money in the minor unit",
    "merged_into": "the surviving contact.id; NULL while it is its own",
    "updated_at": "when anything about the person changed last",
    "kind": "phone, email, member_no …",
    "value": "the value in its normal form: +8613800138000, small letters",
    "field": "the attribute",
    "month_day": "08-04",
    "lunar_month_day": "06-22; a leap month L06-22; empty outside the lunar table",
    "tag": "the tag",
    "purpose": "marketing …",
    "stated_at": "when a record of the person (an import, an identify) last named it; null: only events mention it",
    "stated_by": "whose record that was, for example import:crm",
    "state": "see States",
    "source": "where the answer came from",
    "changed_at": "when the person said so",
    "given_at": "when the person said so, by the clock of the source; NULL: the source gave no date",
    "heard_at": "when we heard of it, by our own clock",
    "address": "the address",
    "reason": "why",
    "until": "when it ends; NULL: never",
    "occurred_at": "when it happened",
    "received_at": "when it came in",
    "properties": "the event's properties, normalised",
    "origin": "file and line, or the sender",
    "code": "a reason code",
    "detail": "the values seen",
    "payload": "the item as it came",
    "version": "hash of the normalised content",
    "version_id": "rule_version.id of the version that runs now",
    "status_detail": "why it is broken",
    "activated_at": "since when it runs without a break",
    "file": "the rules file in which it stood when it was last read",
    "leaves_at": "when those inside a removed rule leave; until then it can be undone",
    "project_id": "project_id of the project's settings",
    "content": "the content, normalised",
    "fingerprint": "hash of the trigger; another trigger starts afresh",
    "evaluated_to": "the last firing seen",
    "last_event_id": "the newest event.id then",
    "due_at": "when it is due; NULL when it is not",
    "since": "the firing before this one",
    "since_event_id": "the newest event.id at that firing",
    "cursor": "the last contact.id looked at",
    "looked_at": "how many people were looked at",
    "entered": "how many of them entered",
    "skipped": "{reason code: count}; entered + skipped = looked_at",
    "finished_at": "when it was complete",
    "occurrence_id": "occurrence.id, of clock triggers",
    "position": "the place in the version's program",
    "mode_key": "what `mode.per` names while the run is alive",
    "variables": "{save_as: outputs}",
    "entered_at": "when the person entered",
    "ended_at": "when the run ended",
    "visit": "0, or how often a loop came by before",
    "rest": "the channels to try if this one refuses",
    "template": "the template's name",
    "template_version": "template_version.hash, once rendered",
    "queued_at": "when it was queued; caps count from here",
    "expires_at": "when it is no longer of use",
    "attempts": "how often it was tried",
    "lease_until": "when a message in `sending` is given up as unknown",
    "provider": "the provider",
    "provider_message_id": "the provider's own id",
    "outcome_code": "the provider's code",
    "outcome_detail": "the provider's words",
    "settled_at": "when the outcome was final",
    "hash": "hash of the content",
    "definition": "as in the catalogue",
    "issued": "how many codes were issued",
    "batch_id": "coupon_batch.id",
    "issued_at": "when it was issued",
    "actor": "who: a command, `ingest`, a plugin's type",
    "action": "contact.merged, consent.granted …",
    "subject": "whom it is about, `contact:42`",
    "account": "provider and application",
    "token": "the sealed token",
    "leased_until": "a process is fetching a new one",
    "instance": "the daemon's name",
    "pid": "its process",
    "host": "its machine",
    "started_at": "when it started",
    "heartbeat_at": "its last sign of life",
    "stopped_at": "when it stopped by itself",
    "last_error": "its last error",
    "repeat": "how many identical items its input held before it",
    "filled_at": "when its members were first all known",
    "swept_at": "when everybody was last looked at",
    "segment_id": "segment.id",
    "watermark": "the last value seen, as JSON",
    "polled_at": "when it was last asked",
    "decided_by": "who approved or rejected it",
    "wait_event": "the event it waits for",
    "queue_key": "the place it queues for, as mode_key",
    "goal_at": "when its goal was met",
    "since_at": "the own time of what let the person in: from when goals and a first wait count",
    "goal_event_id": "event.id of what met it",
    "cost": "in 1/10,000 of the currency unit",
    "look_up_at": "when the provider is asked what became of it",
    "sent_at": "when it was last handed to its provider",
    "resent_at": "when it was queued once more because its outcome was unknown; it happens once",
    "failures": "failures in a row",
    "open_until": "nothing is sent before; NULL: the breaker is closed",
    "probing_until": "one process tries it while the others wait",
    "tokens": "how many messages may be sent at once",
    "tokens_at": "when that was so",
    "last_code": "the last failure's code",
    "day": "the local date",
    "messages": "how many messages",
    "scope": "all, rule:<id> or channel:<name>",
    "moved": "how many were moved to the new version",
    "not_moved": "how many could not be moved and finish on their version",
    "exited": "how many were let out",
    "on_failure": "return or keep, when no message of its run gets out",
    "returned_at": "when it was returned",
    "seq": "the row's place in the chain, without gaps; NULL until its transaction ends",
    "salt": "goes into the digest; NULL: subject and detail were erased",
    "digest": "SHA-256 of salt, subject and detail",
    "prev_hash": "the hash of the row before it in the chain",
    "author": "who published it; daemon: the files were taken over as they were",
    "files_hash": "SHA-256 of layout, files and plugins",
    "layout": "which file is what, and the time zone, as the settings said",
    "files": "{path: text}",
    "plugins": "{path: SHA-256}; code is not stored",
    "rules": "{rule id: version}; null for a broken rule",
    "plan_hash": "the plan's hash",
    "plan": "the plan that was shown, in short",
    "parent_id": "publication.id of what ran before",
    "restores_id": "publication.id that a rollback brings back",
    "canary_share": "in 1/10,000 of all contacts; NULL: everybody",
    "canary_of_id": "publication.id that the others run meanwhile",
    "approver": "who approved it",
    "rule": "the rule's id in the file; NULL: a template alone",
    "rule_version": "hash of the rule's content",
    "absorbed_id": "contact.id of the one that was merged away",
    "link": "the identities that were named together: [[kind, value], …]",
    "before": "both profiles as they were, by contact.id",
    "undone_at": "when the merge was undone",
    "mark": "what was put before the text; empty: nothing",
}
"""What a column of this name means, in every table that has it …"""

SPECIAL: dict[tuple[str, str], str] = {
    ("contact_merge", "contact_id"): "contact.id of the survivor, as of today",
    ("contact_merge", "moved"): "{table: the ids of the rows that the absorbed contact brought}",
    ("contact_merge", "settled_at"): "when the engine had seen to the runs and messages of both",
    ("event", "source"): "the system that sent it",
    ("event", "message_id"): "the sender's id of the event",
    ("event", "contact_id"): "contact.id; NULL: the event names nobody by itself",
    ("event_time", "source"): "the system that sent it",
    ("event_time", "message_id"): "the sender's id of the event",
    ("rule", "key"): "the rule's id in the file",
    ("rule", "name"): "the rule's name",
    ("coupon_batch", "key"): "the batch's key in the catalogue",
    ("coupon_code", "code"): "the code",
    ("coupon_code", "expires_at"): "the code is valid before this moment",
    ("consent", "channel"): "a channel, or `*` for all",
    ("consent", "changed_at"): "given_at where it is known, else heard_at",
    ("undated_denial", "channel"): "a channel, or `*` for all",
    ("undated_denial", "source"): "the import's file, or the system that said so",
    ("suppression", "channel"): "a channel, or `*` for all",
    ("suppression", "source"): "who put it there: `cli`, `import:FILE`, `provider` …",
    ("suppression", "contact_id"): "contact.id, or NULL where an address alone is listed",
    ("quarantine", "code"): "the key of the reason's sentence",
    ("quarantine", "source"): "whom the door knew it to come from",
    ("quarantine", "detail"): "the sentence's parameters",
    ("run", "reason"): "how it ended: a reason code",
    ("message", "payload"): "what the step asks of the channel beyond the template",
    ("message", "variables"): "what the template read, once rendered",
    ("message", "purpose"): "marketing …; NULL where no person is reached (webhook, tag call)",
    ("audit", "detail"): "what was before",
    ("publication", "kind"): "publish, rollback, or reload: files taken over",
    ("audit", "hash"): "SHA-256 of the row and prev_hash",
    ("run", "visit"): "how many rounds its loops have begun, and how often it was moved to another version",
    ("occurrence", "reason"): "held: max_audience, usual, planned, first; "
    "missed: expired, not_latest, skipped, rejected, disabled",
    ("rule", "canary_version_id"): "rule_version.id that a canary's people run meanwhile",
    ("occurrence", "canary"): "1: it looks at a canary's people only",
    ("occurrence", "canary_of_id"): "publication.id that names a canary's people; NULL: everybody is looked at",
    ("occurrence", "canary_share"): "the canary's people, in 1/10,000; without canary = 1, all but these",
    ("trigger_state", "canary"): "1: of the version that a canary's people run",
    ("occurrence", "detail"): "when it was found, if late; the counts that were weighed",
    ("rule_change", "rule_version_id"): "rule_version.id of the version they come to",
    ("rule_change", "cursor"): "the last run.id looked at",
    ("segment", "key"): "the segment's name in the file",
    ("segment", "fingerprint"): "hash of its conditions; other conditions are swept afresh",
    ("segment_member", "since"): "since when",
    ("poll_state", "fingerprint"): "hash of source and query",
    ("run", "since_event_id"): "event.id of what let the person in, or of the newest event then",
    ("failure_rate", "since"): "since when they are counted",
    ("failure_rate", "failures"): "how many of them failed",
    ("contact_zone", "zone"): "where they live now; empty: unknown again",
    ("contact_zone", "was"): "where they lived before, empty: unknown; NULL: they never moved",
    ("contact_zone", "changed_at"): "when they moved",
    ("contact_problem", "channel"): "a channel, or `*` for all",
    ("contact_problem", "value"): "what was wrong; another value is tried again",
    ("contact_problem", "code"): "what is wrong with it",
    ("message", "budget_day"): "the local day on whose budget it counts; NULL without a budget, or given back",
    ("message", "account"): "which of the channel's accounts has it",
    ("provider_account", "changed_at"): "when the breaker last changed",
    ("execution_log", "event_id"): "event.id",
    ("test_message", "contact_id"): "contact.id of whose profile was used; the address is the tester's",
    ("test_message", "rule_version"): "hash of the rule's content as the file had it",
    ("test_message", "payload"): "what the step asks of the channel beyond the template",
    ("test_message", "variables"): "what the template read",
    ("test_message", "sent_at"): "when it was marked, just before the provider was called",
    ("test_message", "lease_until"): "when it is given up as unknown while it is still `sending`",
    ("test_message", "account"): "which of the channel's accounts has it",
    ("test_message", "actor"): "who sent it",
    ("template_version", "content"): "the template's sources",
    ("provider_token", "expires_at"): "when it ends",
}
"""… but for these."""


def tables() -> str:
    """The generated part of docs/database.md."""
    page = Page("en")
    for table in metadata.tables.values():
        page.heading(3, code(table.name))
        page.text(PURPOSES[table.name])
        page.table(("column", "type", "null", "meaning"), [_row(table, column) for column in table.columns])
        if table.name in STATES:
            states = STATES[table.name]
            page.text("States: " + "; ".join(f"`{state}` {meaning}" for state, meaning in states.items()) + ".")
    return page.markdown()


def filled(document: str) -> str:
    """docs/database.md with its generated part as the schema is now."""
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n\n{tables()}\n{END}{tail}"


def _row(table: Table, column: Column[object]) -> tuple[str, str, str, str]:
    name = f"**{code(column.name)}**" if column.primary_key else code(column.name)
    meaning = SPECIAL.get((table.name, column.name)) or COLUMNS[column.name]
    return name, _type(column), "✓" if column.nullable else "", meaning


def _type(column: Column[object]) -> str:
    if column.type is Millis or column.name in _TIMES:
        return "ms"
    if column.type is Json:
        return "JSON"
    words = str(column.type).lower()
    return "integer" if "int" in words else "text"


_TIMES = frozenset({"at", "since", "until", "lease_until", "leased_until", "evaluated_to"})
