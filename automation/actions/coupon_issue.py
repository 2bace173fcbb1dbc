"""`coupon.issue`: a code of a coupon batch, in the run's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from automation.actions.base import Action, ActionContext, Done, Failed, Item, Result
from automation.actions.event_emit import own_event
from automation.calendars.local import day_start
from automation.catalogue.model import CouponBatchDef, FieldType
from automation.clock import from_ms, to_ms
from automation.errors import AutomationError
from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.rules.params import CouponBatch, PositiveDuration

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.calendars.duration import Duration
    from automation.rules.telling import Telling
    from automation.store.coupons import Answer


class CouponIssueParams(Params):
    batch: Annotated[str, CouponBatch()] = param(zh="券批次", en="the coupon batch")
    valid_for: PositiveDuration | None = param(
        None,
        zh="有效期，从发券起算；默认用批次的有效期",
        en="how long the code is valid; by default as the batch says",
    )
    on_failure: Literal["return", "keep"] = param(
        "return",
        zh="流程结束而之后的消息都没有发出时：return 退回券码（默认），keep 保留",
        en="when the run is over and no later message of it got out: return the code (the default), or keep it",
    )


class CouponIssue(Action):
    """Gives the person one code; the same step of the same run gives the same code, however often it is repeated.

    A code that nobody was told of is returned when the run is over: a pool's code is free again, a generated one gives
    its place in the stock back. Where no later step of the rule sends anything, the code is kept: it shows elsewhere.

    The code is valid to the end of `expires_on`: `valid_for` from now, or the batch's last day if that is earlier.
    """

    type = "coupon.issue"
    title = Text("发券", "issue a coupon")
    changes_contacts = False
    issues_coupons = True
    outputs: ClassVar[Mapping[str, FieldType]] = {
        "code": FieldType.TEXT,
        "batch": FieldType.TEXT,
        "expires_on": FieldType.DATE,
        "value": FieldType.MONEY,
    }

    Params: ClassVar[Any] = CouponIssueParams

    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        from automation.store.coupons import Claim, issue

        batch = context.catalogue.coupons.get(params.batch)
        if batch is None:
            raise AutomationError("actions.no_batch", batch=params.batch)
        term = term_of(batch, params.valid_for, context.now, context.zone)
        claims = [Claim(item.run_id, item.contact_id, item.visit) for item in items]
        answers = issue(
            context.conn,
            batch,
            claims,
            step=context.step,
            now_ms=to_ms(context.now),
            expires_at=term.expires_at,
            expired=term.expired,
            on_failure=params.on_failure if context.sends_later else "keep",
        )
        self._emit(batch, items, answers, context)
        return [_result(batch, answer, context.zone) for answer in answers]

    def placeholder(self, params: Any, context: ActionContext) -> Mapping[str, Any]:
        """A code of the right length that is none, and the batch's real term and value."""
        batch = context.catalogue.coupons.get(params.batch)
        if batch is None:
            raise AutomationError("actions.no_batch", batch=params.batch)
        term = term_of(batch, params.valid_for, context.now, context.zone)
        code = batch.prefix + "TEST".ljust(batch.length, "0")
        return _outputs(batch, code, term.expires_at, context.zone)

    def sentence(self, params: Any, telling: Telling) -> str:
        told = say("explain.coupon", coupon=telling.coupon(params.batch))
        batch = telling.catalogue.coupons.get(params.batch)
        term = params.valid_for or (batch.valid_for if batch else None)
        if term is not None:
            told = say("explain.coupon_term", sentence=told, duration=term.sentence())
        if batch is not None and batch.expires_at:
            told = say("explain.coupon_until", sentence=told, date=batch.expires_at)
        return say("explain.coupon_kept", sentence=told) if params.on_failure == "keep" else told

    def _emit(
        self, batch: CouponBatchDef, items: Sequence[Item], answers: Sequence[Answer], context: ActionContext
    ) -> None:
        """`coupon.issued` for each code; a repeated one is the same event, because it keeps its time."""
        context.emit(
            [
                own_event(
                    "coupon.issued",
                    item,
                    context,
                    {"batch": batch.key, "code": answer.code, "rule": context.rule},
                    answer.issued_at,
                )
                for item, answer in zip(items, answers, strict=True)
                if not isinstance(answer, str)
            ]
        )


@dataclass(frozen=True)
class Term:
    """When codes issued now end (milliseconds UTC, exclusive), and whether the batch has ended already."""

    expires_at: int | None
    expired: bool


def term_of(batch: CouponBatchDef, valid_for: Duration | None, now: datetime, zone: ZoneInfo) -> Term:
    today = now.astimezone(zone).date()
    end = date.fromisoformat(batch.expires_at) if batch.expires_at else None
    duration = valid_for or batch.valid_for
    own = duration.after(now, zone).astimezone(zone).date() if duration else None
    last = min((day for day in (end, own) if day is not None), default=None)
    return Term(None if last is None else _end_of(last, zone), end is not None and today > end)


def _end_of(day: date, zone: ZoneInfo) -> int:
    return to_ms(day_start(day + timedelta(days=1), zone))


def _result(batch: CouponBatchDef, answer: Answer, zone: ZoneInfo) -> Result:
    if isinstance(answer, str):
        return Failed(answer, {"batch": batch.key})
    return Done(_outputs(batch, answer.code, answer.expires_at, zone))


def _outputs(batch: CouponBatchDef, code: str, expires_at: int | None, zone: ZoneInfo) -> dict[str, Any]:
    outputs: dict[str, Any] = {"code": code, "batch": batch.key}
    if expires_at is not None:
        outputs["expires_on"] = from_ms(expires_at - 1).astimezone(zone).date().isoformat()
    if batch.value is not None:
        outputs["value"] = batch.value
    return outputs
