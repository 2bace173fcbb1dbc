"""Every table: people, facts, rules, runs, messages, coupons, the log."""

from automation.store.schema.base import metadata
from automation.store.schema.coupons import coupon_batch, coupon_code
from automation.store.schema.facts import event, event_time, quarantine
from automation.store.schema.journal import audit, daemon, execution_log
from automation.store.schema.ledger import budget_use, message, provider_account, provider_token, template_version
from automation.store.schema.people import (
    consent,
    contact,
    contact_date,
    contact_merge,
    contact_problem,
    contact_tag,
    contact_zone,
    identity,
    suppression,
    undated_denial,
)
from automation.store.schema.publishing import plan_approval, project_identity, publication
from automation.store.schema.rules import (
    failure_rate,
    occurrence,
    pause,
    pending_entry,
    poll_state,
    rule,
    rule_change,
    rule_version,
    segment,
    segment_member,
    trigger_state,
)
from automation.store.schema.runs import run
from automation.store.schema.trials import test_message

__all__ = [
    "audit",
    "budget_use",
    "consent",
    "contact",
    "contact_date",
    "contact_merge",
    "contact_problem",
    "contact_tag",
    "contact_zone",
    "coupon_batch",
    "coupon_code",
    "daemon",
    "event",
    "event_time",
    "execution_log",
    "failure_rate",
    "identity",
    "message",
    "metadata",
    "occurrence",
    "pause",
    "pending_entry",
    "plan_approval",
    "poll_state",
    "project_identity",
    "provider_account",
    "provider_token",
    "publication",
    "quarantine",
    "rule",
    "rule_change",
    "rule_version",
    "run",
    "segment",
    "segment_member",
    "suppression",
    "template_version",
    "test_message",
    "trigger_state",
    "undated_denial",
]
