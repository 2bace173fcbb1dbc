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
    SKIPPED_ALREADY_INSIDE = "skipped.already_inside"
    SKIPPED_REPEATED = "skipped.repeated"
    SKIPPED_UNKNOWN_CONTACT = "skipped.unknown_contact"
    SKIPPED_ERROR = "skipped.error"
    # steps
    STEP_DONE = "step.done"
    STEP_BRANCHED = "step.branched"
    STEP_SPLIT = "step.split"
    STEP_FAILED = "step.failed"
    WAITING = "waiting"
    HELD_QUIET_HOURS = "held.quiet_hours"
    HELD_VERSION = "held.version_unusable"
    HELD_DISABLED = "held.disabled"
    RELEASED = "released"
    # the end of a run
    COMPLETED = "completed"
    STOPPED = "stopped"
    EXITED_CONDITION = "exited.condition"
    EXITED_RESTARTED = "exited.restarted"
    EXITED_REMOVED = "exited.removed"
    FAILED_STEP = "failed.step"
    # before a message
    SKIPPED_SUPPRESSION = "skipped.suppression"
    SKIPPED_CONSENT = "skipped.consent"
    SKIPPED_FREQUENCY_CAP = "skipped.frequency_cap"
    SKIPPED_QUIET_HOURS = "skipped.quiet_hours"
    SKIPPED_UNREACHABLE = "skipped.unreachable"
    SKIPPED_NO_TEMPLATE = "skipped.no_template"
    # the message ledger
    QUEUED = "message.queued"
    ACCEPTED = "message.accepted"
    RETRYING = "message.retrying"
    UNKNOWN = "message.unknown"
    FAILED_PERMANENT = "failed.permanent"
    FAILED_ATTEMPTS = "failed.attempts"
    FAILED_RENDER = "failed.render"
    FAILED_EXPIRED = "failed.expired"
    # coupons
    FAILED_OUT_OF_STOCK = "failed.out_of_stock"
    FAILED_COUPON_LIMIT = "failed.coupon_limit"
    FAILED_COUPON_EXPIRED = "failed.coupon_expired"
    # schedules
    OCCURRENCE_DONE = "occurrence.done"
    OCCURRENCE_MISSED = "occurrence.missed"

    def sentence(self, lang: str | None = None) -> str:
        """The reason as a sentence for an operator."""
        return say(f"reasons.{self.value}", lang)
