"""`reachable` in SQL: an address that is neither suppressed nor known to be wrong, and consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, exists, false, func, literal, not_, or_, select, true

from automation.channels import CHANNELS
from automation.contacts.consent import CLOCKS_DIFFER_MS, EVERY_CHANNEL
from automation.rules.conditions.reachable import TRANSACTIONAL
from automation.rules.conditions.sql_tests import CodePoints
from automation.store.expressions import two_valued
from automation.store.identities import TYPED
from automation.store.schema import consent, contact_problem, identity, suppression
from automation.store.suppression import OUT_OF_REACH

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from automation.rules.conditions.tree import Reachable


def reachable(node: Reachable, contact_id: ColumnElement[Any], now_ms: int) -> ColumnElement[bool]:
    return or_(false(), *(_way(node, channel, contact_id, now_ms) for channel in node.channels))


def first_identity(contact_id: ColumnElement[Any], kind: str) -> ColumnElement[Any]:
    """In the order of `automation.store.identities.held_by`."""
    return (
        select(identity.c.value)
        .where(identity.c.contact_id == contact_id, identity.c.kind == kind)
        .order_by(func.coalesce(identity.c.stated_at, 0).desc(), identity.c.created_at, CodePoints(identity.c.value))
        .limit(1)
        .correlate_except(identity)
        .scalar_subquery()
    )


def _way(node: Reachable, channel: str, contact_id: ColumnElement[Any], now_ms: int) -> ColumnElement[bool]:
    """Any address of the channel's kind will do, but for further hearsay; a no to one of them is a no to all."""
    own, any_ = identity.alias(), identity.alias()
    active = (
        suppression.c.channel.in_((EVERY_CHANNEL, channel)),
        or_(suppression.c.until.is_(None), suppression.c.until > now_ms),
    )
    listed = select(literal(1)).where(suppression.c.address == own.c.value, *active)
    of_person = select(literal(1)).where(suppression.c.contact_id == contact_id, *active)
    no = (
        select(literal(1))
        .select_from(any_)
        .join(suppression, suppression.c.address == any_.c.value)
        .where(
            any_.c.contact_id == contact_id,
            any_.c.kind == CHANNELS[channel].identity,
            not_(suppression.c.reason.startswith(OUT_OF_REACH)),
            *active,
        )
    )
    wrong = select(literal(1)).where(
        contact_problem.c.contact_id == contact_id,
        contact_problem.c.channel == channel,
        contact_problem.c.value == own.c.value,
    )
    address = select(literal(1)).where(
        own.c.contact_id == contact_id,
        own.c.kind == CHANNELS[channel].identity,
        _may_be_used(own, contact_id, str(CHANNELS[channel].identity)),
        not_(exists(listed.correlate_except(suppression))),
        not_(exists(wrong.correlate_except(contact_problem))),
    )
    allowed = true() if node.purpose == TRANSACTIONAL else _allowed(contact_id, node.purpose, channel)
    return and_(
        exists(address.correlate_except(own)),
        not_(exists(of_person.correlate_except(suppression))),
        not_(exists(no.correlate_except(any_, suppression))),
        allowed,
    )


def _may_be_used(own: Any, contact_id: ColumnElement[Any], kind: str) -> ColumnElement[bool]:
    """Without `hearsay` (automation.store.identities.PrimaryIdentities)."""
    if kind not in TYPED:
        return true()
    return or_(own.c.stated_at.is_not(None), own.c.value == first_identity(contact_id, kind))


def _allowed(contact_id: ColumnElement[Any], purpose: str, channel: str) -> ColumnElement[bool]:
    """The channel's own answer, unless a no to all channels is not known to be earlier; without one the one for all."""
    own, whole = consent.alias(), consent.alias()
    mine = (own.c.contact_id == contact_id, own.c.purpose == purpose, own.c.channel == channel)
    all_ = (whole.c.contact_id == contact_id, whole.c.purpose == purpose, whole.c.channel == EVERY_CHANNEL)
    latest = case(
        (whole.c.given_at.is_(None), whole.c.heard_at),
        (whole.c.given_at + CLOCKS_DIFFER_MS < whole.c.heard_at, whole.c.given_at + CLOCKS_DIFFER_MS),
        else_=whole.c.heard_at,
    )
    said_after = case(
        (and_(whole.c.given_at.is_not(None), own.c.source == whole.c.source), own.c.given_at > whole.c.given_at),
        else_=own.c.given_at > latest,
    )
    overruled = exists(
        select(literal(1)).where(*all_, whole.c.state == "denied", not_(two_valued(said_after))).correlate_except(whole)
    )
    yes = exists(select(literal(1)).where(*mine, own.c.state == "granted", not_(overruled)).correlate_except(own))
    none = not_(exists(select(literal(1)).where(*mine).correlate_except(own)))
    anywhere = exists(select(literal(1)).where(*all_, whole.c.state == "granted").correlate_except(whole))
    return or_(yes, and_(none, anywhere))
