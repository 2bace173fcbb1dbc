"""A test on its safe way: marked as sending and committed, then the call, then its outcome.

Nothing looks for tests to send them, so none is ever sent twice: one whose sender died becomes unknown and stays so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from automation.clock import to_ms
from automation.contacts.suppression import load_suppressed
from automation.engine.delivery.accounts import Route, choose, next_try, note, spend
from automation.engine.delivery.deliver import LOST
from automation.engine.delivery.sending import send_all
from automation.engine.trial.drafts import Draft, Drafted, Given, Unsent, of_rule, of_template
from automation.engine.trial.testers import Address, allowed_address
from automation.engine.trial.wanted import Wanted, wanted
from automation.errors import AutomationError
from automation.i18n import say
from automation.jsontext import compact
from automation.providers.base import Outcome, Outgoing
from automation.store.accounts import load_states
from automation.store.audit import AuditRow, write_audit
from automation.store.identities import holders
from automation.store.pauses import load_pauses
from automation.store.retry import insistent, retried
from automation.store.rules import keep_template
from automation.store.sent_tests import NewTest, begin_test, end_test, lose_tests
from automation.templating import RenderError
from automation.templating.content import Content
from automation.templating.marking import marked

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.clock import Clock
    from automation.providers.accounts import Account
    from automation.providers.loader import Providers
    from automation.rules.project import Project
    from automation.store.accounts import AccountState
    from automation.store.database import Database

NOBODY = -1
_STATUS = {"accepted": "accepted", "permanent": "failed", "transient": "failed", "unknown": "unknown"}


@dataclass(frozen=True)
class Wish:
    """What somebody wants to see on their own phone. `event` and `values` go before what is stored."""

    what: str  # a rule or a template
    to: str
    contact_id: int
    actor: str
    channel: str | None = None
    event: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tried:
    """One test that was sent, as the provider got it, and what it said."""

    id: int
    step: str | None
    template: str | None
    address: Address
    content: Content
    status: str  # accepted | failed | unknown
    outcome: Outcome


Result: TypeAlias = Tried | Unsent


@dataclass(frozen=True)
class _Ready:
    draft: Draft
    content: Content
    used: str | None  # JSON
    mark: str

    def outgoing(self, id_: int, address: Address) -> Outgoing:
        return Outgoing(f"t{id_}", address.channel, address.value, self.content, self.draft.payload)


class Trial:
    """Sends tests for one project. The rule need not run: the project's files are what is tested."""

    def __init__(self, project: Project, database: Database, clock: Clock, providers: Providers) -> None:
        self._project, self._database, self._clock, self._providers = project, database, clock, providers
        self._lease_ms = project.settings.delivery.lease_seconds * 1000

    def __call__(self, wish: Wish) -> Iterator[Result]:
        """Each result once it is known. AutomationError, before anything is sent, when the wish can't be fulfilled."""
        settings = self._project.settings
        address = allowed_address(wish.to, wish.channel, settings, self._project.catalogue)
        mark = say("trial.mark", settings.language()) if settings.testing.mark else ""
        meant = wanted(self._project, wish.what)
        with self._database.read() as conn:
            drafts = self._drafts(conn, meant, Given(wish.contact_id, address.channel, wish.event, wish.values))
            self._refuse(conn, address)
        return (self._one(drafted, address, wish, mark) for drafted in drafts)

    def _drafts(self, conn: Connection, meant: Wanted, given: Given) -> Sequence[Drafted]:
        now = self._clock.now()
        if meant.rule is not None:
            return of_rule(conn, self._project, meant.rule, given, now)
        return of_template(conn, self._project, meant.template, given, now)

    def _refuse(self, conn: Connection, address: Address) -> None:
        """A tester who does not want to be written to is not, and what is paused sends no tests either."""
        pauses = load_pauses(conn)
        if pauses.everything or address.channel in pauses.channels:
            raise AutomationError("trial.paused", scope="all" if pauses.everything else address.channel)
        owner = holders(conn, [(address.kind, address.value)]).get((address.kind, address.value), NOBODY)
        if load_suppressed(conn, [(owner, address.channel, address.value)], to_ms(self._clock.now())).hits:
            raise AutomationError("trial.suppressed", to=address.masked)

    def _one(self, drafted: Drafted, address: Address, wish: Wish, mark: str) -> Result:
        ready = _rendered(drafted, mark)
        if isinstance(ready, Unsent):
            return ready
        id_, route, lease_until = retried(lambda: self._begin(ready, address, wish))
        outgoing = ready.outgoing(id_, address)
        (outcome,) = send_all(route.account.provider, [outgoing], lambda: to_ms(self._clock.now()) < lease_until)
        insistent(lambda: self._end(id_, route, outcome))
        name = ready.draft.template.name if ready.draft.template is not None else None
        return Tried(id_, ready.draft.step, name, address, ready.content, _STATUS[outcome.kind], outcome)

    def _begin(self, ready: _Ready, address: Address, wish: Wish) -> tuple[int, Route, int]:
        accounts = self._providers.accounts(address.channel)
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            lose_tests(conn, now, *LOST)
            self._refuse(conn, address)
            states = load_states(conn)
            route = choose(conn, accounts, states, now)
            if route is None:
                raise _resting(accounts, states, now)
            lease_until = now + self._lease_ms
            test = _row(ready, address, wish, route, now, lease_until)
            id_ = begin_test(conn, test)
            template = ready.draft.template
            if template is not None:
                keep_template(conn, template.version, template.name, template.channel, template.content, now)
            spend(conn, route, 1, now, lease_until)
            write_audit(conn, [_audit(id_, test, address)])
            return id_, route, lease_until

    def _end(self, id_: int, route: Route, outcome: Outcome) -> None:
        with self._database.write() as conn:
            now = to_ms(self._clock.now())
            note(conn, route, [outcome], now)
            code = (outcome.code or "")[:80] or None
            end_test(conn, id_, _STATUS[outcome.kind], outcome.provider_id, code, outcome.detail, now)


def _rendered(drafted: Drafted, mark: str) -> _Ready | Unsent:
    if isinstance(drafted, Unsent):
        return drafted
    if drafted.template is None:
        return _Ready(drafted, Content(), None, "")
    try:
        rendered = drafted.template.render(drafted.variables)
    except RenderError as error:
        more = say("trial.give_values") if error.key == "templating.missing" else ""
        return Unsent(drafted.step, error.text() + more)
    return _Ready(drafted, marked(rendered.content, mark), compact(rendered.used), mark)


def _row(ready: _Ready, address: Address, wish: Wish, route: Route, now: int, lease_until: int) -> NewTest:
    draft, account = ready.draft, route.account
    rule, template = draft.rule, draft.template
    return NewTest(
        wish.actor[:80], wish.contact_id,
        rule.id if rule is not None else None, rule.version if rule is not None else None, draft.step,
        address.channel, address.value,
        template.name if template is not None else None, template.version if template is not None else None,
        compact(dict(draft.payload)), ready.used, ready.mark, now, lease_until, account.provider.type, account.key,
    )  # fmt: skip


def _audit(id_: int, test: NewTest, address: Address) -> AuditRow:
    detail = {
        "to": address.masked, "channel": test.channel, "contact": test.contact_id, "rule": test.rule,
        "rule_version": test.rule_version, "step": test.step, "template": test.template,
        "template_version": test.template_version,
    }  # fmt: skip
    told = {name: value for name, value in detail.items() if value is not None}
    return AuditRow(test.sent_at, test.actor, "message.tested", f"test:{id_}", told)


def _resting(accounts: Sequence[Account], states: Mapping[str, AccountState], now: int) -> AutomationError:
    """No account may send now: the breaker is open, or the rate is used up."""
    tries = [next_try(account.breaker, states[account.key], now) for account in accounts if account.key in states]
    at = min((moment for moment in tries if moment is not None), default=now + 1000)
    keys = ", ".join(account.key for account in accounts)
    return AutomationError("trial.resting", accounts=keys, seconds=max(1, round((at - now) / 1000)))
