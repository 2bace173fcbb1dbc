"""Whether a rule's limit of coupons would let this person have one more, were its step taken now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.engine.limits import limits_of, load_usage
from automation.i18n import say
from automation.insight.account import Line
from automation.insight.entering import limit_use
from automation.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from automation.insight.subject import Subject


def coupon_lines(conn: Connection, subject: Subject) -> Iterator[Line]:
    """Each limit by itself."""
    rule, moment = subject.rule, subject.moment.ms
    limits = limits_of(rule, "coupons")
    if not limits:
        return
    usage = load_usage(conn, [rule], "coupons", [subject.contact_id], moment).until(moment)
    for limit in limits:
        count = usage.count(limit, subject.contact_id, rule, moment)
        room = count < limit.max
        told = say("insight.passes_coupons") if room else Reason.SKIPPED_LIMIT.sentence()
        yield Line("entry", room, told, limit_use(limit, count), f"{rule.spec.path}/guards/limit")
