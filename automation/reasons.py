"""Reason codes: the stable names of every decision the log can hold. Their sentences are in i18n/tables/reasons.py."""

from __future__ import annotations

from enum import StrEnum

from automation.i18n import say


class Reason(StrEnum):
    """Why something happened, or did not, to a person in a rule. The value is what the database stores."""

    # entry
    ENTERED = "entered"
    SKIPPED_DISABLED = "skipped.disabled"
    SKIPPED_AUDIENCE = "skipped.audience"
    SKIPPED_HOLDOUT = "skipped.holdout"
    SKIPPED_COOLDOWN = "skipped.cooldown"
    SKIPPED_LIMIT = "skipped.limit"
    SKIPPED_ALREADY_INSIDE = "skipped.already_inside"
    SKIPPED_COLLECTED = "skipped.collected"
    SKIPPED_REPEATED = "skipped.repeated"
    SKIPPED_UNKNOWN_CONTACT = "skipped.unknown_contact"
    SKIPPED_SEQUENCE = "skipped.sequence"
    SKIPPED_ENDLESS = "skipped.endless"
    SKIPPED_EXPIRED = "skipped.expired"
    SKIPPED_ERROR = "skipped.error"
    PENDING = "pending"
    QUEUED_BEHIND = "queued_behind"
    # steps
    STEP_DONE = "step.done"
    STEP_BRANCHED = "step.branched"
    STEP_SPLIT = "step.split"
    STEP_REPEATED = "step.repeated"
    STEP_FAILED = "step.failed"
    STEPS_SKIPPED = "step.skipped"
    STEP_SKIPPED_BY_HAND = "step.skipped_by_hand"
    WAITING = "waiting"
    WAITING_FOR = "waiting.for_event"
    EVENT_CAME = "waiting.event_came"
    EVENT_MISSING = "waiting.event_missing"
    HELD_QUIET_HOURS = "held.quiet_hours"
    HELD_DO_NOT_DISTURB = "held.do_not_disturb"
    HELD_VERSION = "held.version_unusable"
    HELD_DISABLED = "held.disabled"
    HELD_ABSENT = "held.absent"
    HELD_PAUSED = "held.paused"
    HELD_APPROVAL = "held.approval"
    HELD_OUTRANKED = "held.outranked"
    RELEASED = "released"
    # the end of a run
    COMPLETED = "completed"
    STOPPED = "stopped"
    EXITED_CONDITION = "exited.condition"
    EXITED_RESTARTED = "exited.restarted"
    EXITED_REMOVED = "exited.removed"
    EXITED_GOAL = "exited.goal"
    EXITED_CHANGED = "exited.changed"
    EXITED_ERASED = "exited.erased"
    EXITED_MERGED = "exited.merged"
    EXITED_BY_HAND = "exited.by_hand"
    EXITED_EMPTY_DIGEST = "exited.empty_digest"
    GOAL_MET = "goal.met"
    MOVED = "moved"
    NOT_MOVED = "not_moved"
    FAILED_STEP = "failed.step"
    FAILED_DEFERRAL = "failed.deferral"
    # before a message
    SKIPPED_SUPPRESSION = "skipped.suppression"
    SKIPPED_CONSENT = "skipped.consent"
    SKIPPED_FREQUENCY_CAP = "skipped.frequency_cap"
    SKIPPED_QUIET_HOURS = "skipped.quiet_hours"
    SKIPPED_DO_NOT_DISTURB = "skipped.do_not_disturb"
    SKIPPED_UNREACHABLE = "skipped.unreachable"
    SKIPPED_NO_TEMPLATE = "skipped.no_template"
    SKIPPED_BAD_CONTACT = "skipped.bad_contact"
    SKIPPED_OUTRANKED = "skipped.outranked"
    SKIPPED_BUDGET = "skipped.budget"
    SKIPPED_ENDED = "skipped.ended"
    # the message ledger
    QUEUED = "message.queued"
    ACCEPTED = "message.accepted"
    RETRYING = "message.retrying"
    UNKNOWN = "message.unknown"
    SETTLED = "message.settled"
    RESENT = "message.resent"
    ROUTED = "message.routed"
    FAILED_PERMANENT = "failed.permanent"
    FAILED_ATTEMPTS = "failed.attempts"
    FAILED_RENDER = "failed.render"
    FAILED_EXPIRED = "failed.expired"
    # coupons
    FAILED_OUT_OF_STOCK = "failed.out_of_stock"
    FAILED_COUPON_LIMIT = "failed.coupon_limit"
    FAILED_COUPON_EXPIRED = "failed.coupon_expired"
    COUPON_RETURNED = "coupon.returned"
    # schedules
    OCCURRENCE_DONE = "occurrence.done"
    OCCURRENCE_MISSED = "occurrence.missed"
    OCCURRENCE_APPROVED = "occurrence.approved"
    OCCURRENCE_REJECTED = "occurrence.rejected"
    # switches
    PAUSED = "paused"
    PAUSED_FAILURES = "paused.failures"
    RESUMED = "resumed"

    def sentence(self, lang: str | None = None) -> str:
        """The reason as a sentence for an operator."""
        return say(f"reasons.{self.value}", lang)
