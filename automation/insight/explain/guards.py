"""What holds people back, in words: on entering, and before every message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from automation.calendars.windows import end_text
from automation.contacts.share import shown_share
from automation.i18n import say
from automation.rules.conditions.sentence import Teller
from automation.rules.days import days_sentence
from automation.rules.limits import period_sentence
from automation.rules.spec import Mode

if TYPE_CHECKING:
    from automation.insight.explain.subject import Subject
    from automation.rules.spec import Budget, Digest, FrequencyCap, Limit, QuietHours, SendWindow

GUARDS = {
    "entry": ("holdout", "global_holdout", "cooldown", "limit"),
    "message": ("purpose", "quiet_hours", "send_window", "do_not_disturb", "frequency_cap", "budget"),
}
"""Which guard is told where; a test finds one that is told nowhere."""


def entry_sentences(subject: Subject) -> Iterator[str]:
    """Control groups, the cooldown, entering again, approval."""
    guards = subject.spec.guards
    if guards.cooldown is not None:
        yield say("explain.cooldown", duration=guards.cooldown.sentence())
    yield from (limit_sentence(limit) for limit in guards.limit if limit.of != "messages")
    if subject.spec.digest is not None:
        yield _digest(subject, subject.spec.digest)
    elif guards.cooldown is None or subject.spec.mode != Mode():
        yield _again(subject, subject.spec.mode)
    if guards.holdout:
        yield say("explain.holdout", share=shown_share(guards.holdout))
    if guards.global_holdout:
        yield say("explain.global_holdout", share=shown_share(guards.global_holdout))
    if subject.spec.max_audience is not None:
        yield say("explain.max_audience", count=f"{subject.spec.max_audience:,}")


def message_sentences(subject: Subject) -> Iterator[str]:
    """Consent, suppression, caps, quiet hours, the budget."""
    guards = subject.spec.guards
    known = guards.purpose in ("transactional", "marketing")
    yield say(f"explain.{guards.purpose}") if known else say("explain.consent", purpose=guards.purpose)
    yield say("explain.suppression")
    if guards.purpose != "transactional":
        yield from (_cap(subject, cap) for cap in guards.frequency_cap)
    yield from (limit_sentence(limit) for limit in guards.limit if limit.of == "messages")
    yield from (_window("quiet", window) for window in guards.quiet_hours)
    yield from (_window("send", window) for window in guards.send_window)
    if not guards.do_not_disturb:
        yield say("explain.do_not_disturb_ignored")
    if guards.budget is not None:
        yield _budget(guards.budget)


def limit_sentence(limit: Limit) -> str:
    shared = "_all" if limit.scope == "all" else ""
    return say(f"explain.limit_{limit.of}{shared}", period=period_sentence(limit), max=limit.max)


def _digest(subject: Subject, digest: Digest) -> str:
    at = "" if digest.at is None else subject.telling.value(digest.at)
    who = _who(subject, subject.spec.mode).lower()
    return say("explain.digest_at" if at else "explain.digest", who=who, duration=digest.for_.sentence(), at=at)


def _again(subject: Subject, mode: Mode) -> str:
    return say(f"explain.again_{mode.on_again}", who=_who(subject, mode))


def _who(subject: Subject, mode: Mode) -> str:
    teller = Teller(subject.catalogue, None, subject.telling.event)
    fields = subject.telling.listed(teller.definition(ref).label.get() for ref in mode.per)
    return say("explain.per_fields", fields=fields) if mode.per else say("explain.per_person")


def _cap(subject: Subject, cap: FrequencyCap) -> str:
    channel = subject.telling.channel(cap.channel) if cap.channel else say("explain.cap_everything")
    key = "explain.cap_rule" if cap.scope == "rule" else "explain.cap"
    return say(key, channel=channel, max=cap.max, per=cap.per.sentence())


def _window(kind: str, window: QuietHours | SendWindow) -> str:
    start, end = f"{window.start:%H:%M}", end_text(window)
    told = say(f"explain.{kind}_{window.then}", start=start, end=end)
    return told if window.days is None else say("explain.on_days", days=days_sentence(window.days), sentence=told)


def _budget(budget: Budget) -> str:
    cost = f"{budget.cost / 10_000:g}" if budget.cost is not None else ""
    which = "messages" if budget.cost is None else "cost" if budget.messages is None else "both"
    return say(f"explain.budget_{which}", messages=f"{budget.messages or 0:,}", cost=cost)
