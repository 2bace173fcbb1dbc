"""Accounts: which account of a channel takes the next messages, and what their outcomes say about it.

Each account has a circuit breaker and, where the settings give a rate, a bucket of tokens. Both are one row in the
database, so all processes share them and a restart changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from automation.clock import jitter
from automation.i18n import say
from automation.providers.base import NOT_TRIED
from automation.store.accounts import AccountState, forget_failures, lock_state, write_state

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.providers.accounts import Account, Breaker
    from automation.providers.base import Outcome

_log = logging.getLogger(__name__)
MAX_OPEN_MS = 3_600_000
SET_BACK_MS = 60_000
"""A bucket that was filled further in the future than this: the clock was set back. Less is another machine's clock."""

Standing = Literal["closed", "paused", "open", "half_open", "probing"]
"""paused: it asked to be left alone for a while. half_open: it may be tried once. probing: somebody tries it now."""


@dataclass(frozen=True)
class Route:
    """The account that takes the next messages, at most `limit` of them (None: any number).

    `probe`: it has failed and is tried with one message. `passed` is the first account in order and why it was passed
    over; None when it was not.
    """

    account: Account
    limit: int | None
    probe: bool
    state: AccountState | None
    passed: tuple[str, str] | None = None


def choose(conn: Connection, accounts: Sequence[Account], states: Mapping[str, AccountState], now: int) -> Route | None:
    """The first account in order that may be used now; its row is locked where the use of it must be written down."""
    passed: tuple[str, str] | None = None
    for account in accounts:
        state = states.get(account.key)
        if room_of(account, state, now) == 0:
            passed = passed or (account.key, _why(account, state, now))
            continue
        if account.bucket is not None or standing(account.breaker, state, now) == "half_open":
            state = lock_state(conn, _fresh(account, now))
        room = room_of(account, state, now)
        if room != 0:
            return Route(account, room, standing(account.breaker, state, now) == "half_open", state, passed)
        passed = passed or (account.key, _why(account, state, now))
    return None


def room_of(account: Account, state: AccountState | None, now: int) -> int | None:
    """How many messages the account may take now; None: any number."""
    stands = standing(account.breaker, state, now)
    if stands not in ("closed", "half_open"):
        return 0
    room = None if account.bucket is None else int(tokens_of(account, state, now) + 1e-6)
    return room if stands == "closed" or room == 0 else 1


def standing(breaker: Breaker | None, state: AccountState | None, now: int) -> Standing:
    """How the account's breaker stands."""
    if state is None or breaker is None or (state.failures == 0 and state.open_until is None):
        return "closed"
    tripped = state.failures >= breaker.failures
    if state.open_until is not None and state.open_until > now:
        return "open" if tripped else "paused"
    if not tripped:
        return "closed"
    return "probing" if (state.probing_until or 0) > now else "half_open"


def next_try(breaker: Breaker | None, state: AccountState, now: int) -> int | None:
    """When an account that may not be used now may be used again; None where it may."""
    stands = standing(breaker, state, now)
    if stands == "probing":
        return state.probing_until
    return state.open_until if stands in ("open", "paused") else None


def tokens_of(account: Account, state: AccountState | None, now: int) -> float:
    """What is in the bucket now. After the clock was set back one message may go, and the bucket fills from then on."""
    bucket = account.bucket
    assert bucket is not None
    if state is None:
        return bucket.burst
    if state.tokens_at - now > SET_BACK_MS:
        return max(state.tokens, 1.0)
    seconds = max(0, now - state.tokens_at) / 1000
    return min(bucket.burst, state.tokens + seconds * bucket.per_second)


def spend(conn: Connection, route: Route, count: int, now: int, lease_until: int) -> None:
    """Write down that `count` messages go out: their tokens are gone, and a probe is under way."""
    account, state = route.account, route.state
    if state is None or count == 0:
        return
    if account.bucket is not None:
        at = now if state.tokens_at - now > SET_BACK_MS else max(now, state.tokens_at)
        state = state._replace(tokens=tokens_of(account, state, now) - count, tokens_at=at)
    if route.probe:
        state = state._replace(probing_until=lease_until)
    if state is not route.state:
        write_state(conn, state)


class _Tally(NamedTuple):
    """What a batch says about its account. `failing` counts since the last answer."""

    answered: bool
    failing: int
    code: str | None
    retry_after: float | None


def note(conn: Connection, route: Route, outcomes: Sequence[Outcome], now: int) -> dict[int, float]:
    """Write down what the outcomes say about the account.

    Returns the positions of those that use up no attempt, because the message was not the reason why it could not be
    sent, and for how many seconds the account rests. Before that they would only stand in others' way: if they were
    the reason after all, whoever came meanwhile goes first.
    """
    account = route.account
    if account.breaker is None:
        return {}
    tally = _tally(outcomes)
    after = route.state
    if tally.failing or tally.retry_after is not None or route.probe:
        before = lock_state(conn, _fresh(account, now))
        after = _after(before, tally, account.breaker, route, now)
        write_state(conn, after)
        _tell(account, before, after, now)
    elif after is not None and after.failures:
        forget_failures(conn, account.key, account.breaker.failures)
    down = standing(account.breaker, after, now) != "closed"
    rest = max(0, ((after.open_until if after is not None else None) or now) - now) / 1000
    return {i: rest for i, one in enumerate(outcomes) if _is_free(one, down)}


def _is_free(outcome: Outcome, down: bool) -> bool:
    """Whether it uses up no attempt: what kept it from being sent was the account, and not the person."""
    if outcome.kind != "transient" or _says_of_others(outcome):
        return False
    return down or outcome.about == "account" or _is_a_pause(outcome)


def _says_of_others(outcome: Outcome) -> bool:
    """An answer about the person or the message: the account works."""
    return outcome.about in ("person", "message")


def _is_a_pause(outcome: Outcome) -> bool:
    return outcome.retry_after is not None or outcome.code == NOT_TRIED


def _tally(outcomes: Sequence[Outcome]) -> _Tally:
    answered, failing, code = False, 0, None
    waits = [o.retry_after for o in outcomes if o.retry_after is not None and not _says_of_others(o)]
    for outcome in outcomes:
        if outcome.kind in ("accepted", "permanent") or _says_of_others(outcome):
            answered, failing = True, 0
            continue
        if not _is_a_pause(outcome):
            failing += 1
        if outcome.code != NOT_TRIED:
            code = outcome.code
    return _Tally(answered, failing, code, max(waits, default=None))


def _after(state: AccountState, tally: _Tally, breaker: Breaker, route: Route, now: int) -> AccountState:
    """The account's row after a batch. Once the breaker is open, only its probe decides."""
    tripped = state.failures >= breaker.failures
    code = (tally.code or "")[:80] or state.last_code
    if route.probe:
        state = state._replace(probing_until=None)
    if tripped and route.probe:
        state = _probed(state, tally, breaker, now)
    elif not tripped:
        failures = tally.failing + (0 if tally.answered else state.failures)
        state = state._replace(failures=min(failures, breaker.failures))
        if failures >= breaker.failures:
            state = state._replace(open_until=now + int(breaker.seconds * 1000), changed_at=now)
    if tally.retry_after is not None:
        until = now + int(tally.retry_after * 1000)
        since = state.changed_at if (state.open_until or 0) > now else now
        state = state._replace(open_until=max(until, state.open_until or 0), changed_at=since)
    return state._replace(last_code=code)


def _probed(state: AccountState, tally: _Tally, breaker: Breaker, now: int) -> AccountState:
    if tally.failing:
        rounds = state.failures + 1 - breaker.failures
        wait = min(breaker.seconds * 1000 * 2.0 ** min(rounds, 30), MAX_OPEN_MS)
        return state._replace(failures=state.failures + 1, open_until=now + int(jitter(wait)))
    if tally.answered:
        return state._replace(failures=0, open_until=None, changed_at=now)
    return state


def _tell(account: Account, before: AccountState, after: AccountState, now: int) -> None:
    was, is_ = standing(account.breaker, before, now), standing(account.breaker, after, now)
    if is_ in ("open", "paused") and (after.open_until != before.open_until):
        seconds = round(((after.open_until or now) - now) / 1000)
        key = "daemon.account_open" if is_ == "open" else "daemon.account_paused"
        _log.warning(say(key, account=account.key, code=after.last_code or "–", seconds=seconds))
    elif is_ == "closed" and was != "closed":
        _log.warning(say("daemon.account_closed", account=account.key))


def _why(account: Account, state: AccountState | None, now: int) -> str:
    stands = standing(account.breaker, state, now)
    return "rate" if stands in ("closed", "half_open") else stands


def _fresh(account: Account, now: int) -> AccountState:
    burst = account.bucket.burst if account.bucket is not None else 0.0
    return AccountState(account.key, 0, None, None, burst, now, None, now)
