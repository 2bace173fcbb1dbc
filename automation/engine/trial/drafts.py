"""Drafts: the messages that a template is, or that a rule's steps would send, for one contact and one event.

A rule's sending actions are asked as the engine asks them, inside a transaction that is rolled back. Actions that send
nothing are not run: what they would have saved is a placeholder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

from automation.actions.base import ActionContext, Item, Outbound
from automation.actions.item_params import run_action
from automation.channels import CHANNELS
from automation.clock import to_ms
from automation.contacts.profile import load_contacts
from automation.engine.book import LoadedRule, load_rule
from automation.errors import AutomationError
from automation.rules.conditions.facts import Facts
from automation.rules.digest import DIGEST
from automation.rules.rule_vars import VARS
from automation.rules.spec import Do, WaitFor, each_step
from automation.store.events import newest_events
from automation.triggers.base import EventTrigger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.templating import Template

LOOKED_AT = 200
"""How many of a person's newest events are looked at for one that the rule listens to."""


@dataclass(frozen=True)
class Draft:
    """One message before it is rendered. `rule` and `step` are None when a template alone is tested."""

    channel: str
    template: Template | None
    variables: Mapping[str, Any]
    payload: Mapping[str, Any] = field(default_factory=dict)
    rule: RuleSpec | None = None
    step: str | None = None


@dataclass(frozen=True)
class Unsent:
    """A step that sends nothing in this test, and why."""

    step: str | None
    reason: str


Drafted: TypeAlias = Draft | Unsent


@dataclass(frozen=True)
class Given:
    """Whose profile is used, the channel, and what somebody gave by hand: it goes before what is stored."""

    contact_id: int
    channel: str
    event: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


def of_template(conn: Connection, project: Project, name: str, given: Given, now: datetime) -> list[Drafted]:
    """AutomationError when the template has no file, or a broken one, for the channel."""
    having = sorted(project.templates.channels(name))
    if given.channel not in having:
        raise AutomationError("cli.no_template_on", name=name, channel=given.channel, known=", ".join(having))
    template = project.templates.get(name, given.channel)
    if template is None:
        raise AutomationError("cli.broken_template", name=name, channel=given.channel)
    zone = ZoneInfo(project.settings.timezone)
    variables = _variables(conn, project, given, given.event, {"id": name, "name": name}, now.astimezone(zone))
    return [Draft(given.channel, template, {**variables, "zone": zone, **given.values})]


def of_rule(conn: Connection, project: Project, spec: RuleSpec, given: Given, now: datetime) -> list[Drafted]:
    """Every step of the rule that sends a message to a person. AutomationError when there is none."""
    event = {**_newest_event(conn, project, spec, given.contact_id), **given.event}
    moment = now.astimezone(spec.zone)
    variables = {
        **_saved(conn, project, spec, given.contact_id, moment),
        **({DIGEST: {"count": 1, "events": [event]}} if spec.digest is not None else {}),
        **_variables(conn, project, given, event, {"id": spec.id, "name": spec.name}, moment),
        "zone": spec.zone,
        **given.values,
    }
    found = list(_Steps(conn, project, spec, given, variables, moment).drafted())
    if not found:
        raise AutomationError("trial.no_messages", rule=spec.id)
    return found


class _Steps:
    """The sending steps of one rule for one contact."""

    def __init__(
        self, conn: Connection, project: Project, spec: RuleSpec, given: Given, variables: Mapping[str, Any],
        now: datetime,
    ) -> None:  # fmt: skip
        self._conn, self._project, self._spec, self._given, self._now = conn, project, spec, given, now
        self._variables = variables
        known = ("contact", "event", "rule", "brand", "now", "today", "zone")
        saved = {name: value for name, value in variables.items() if name not in known}
        self._facts = Facts(
            contact=variables["contact"], event=variables["event"], now=to_ms(now), zone=spec.zone, variables=saved,
            history={},
        )  # fmt: skip

    def drafted(self) -> Iterator[Drafted]:
        for step in each_step(self._spec.steps):
            action: Any = self._project.registry.actions.get(step.action) if isinstance(step, Do) else None
            if isinstance(step, Do) and action is not None and action.sends:
                result = self._ask(action, step)
                if isinstance(result, Unsent):
                    yield result
                elif any(CHANNELS[channel].reaches_person for channel in result.channels):
                    yield self._draft(step, result)

    def _ask(self, action: Any, step: Do) -> Outbound | Unsent:
        context = _context(self._conn, self._project, self._spec, step, self._now)
        try:
            (result,) = run_action(action(), step.params, [Item(0, self._given.contact_id, self._facts)], context)
        except Exception as error:  # foreign code may raise anything, and harms only its own step
            return Unsent(step.path, error.text() if isinstance(error, AutomationError) else type(error).__name__)
        if isinstance(result, Outbound):
            return result
        return Unsent(step.path, str(getattr(result, "detail", {}).get("error") or getattr(result, "reason", "–")))

    def _draft(self, step: Do, wanted: Outbound) -> Drafted:
        """On the first channel that fits the address."""
        channel = self._given.channel
        if channel not in wanted.channels:
            return Unsent(step.path, AutomationError("trial.other_way", known=", ".join(wanted.channels)).text())
        template = None if wanted.template is None else self._project.templates.get(wanted.template, channel)
        if template is None and wanted.template is not None:
            return Unsent(
                step.path, AutomationError("cli.broken_template", name=wanted.template, channel=channel).text()
            )
        return Draft(channel, template, self._variables, wanted.payload, self._spec, step.path)


def _variables(
    conn: Connection, project: Project, given: Given, event: Mapping[str, Any], rule: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """What every template may name, as the engine gives it."""
    profile = load_contacts(conn, [given.contact_id]).get(given.contact_id, {})
    brand = project.settings.template_variables
    return {"contact": profile, "event": event, "brand": brand, "rule": rule, "now": now, "today": now.date()}


def _newest_event(conn: Connection, project: Project, spec: RuleSpec, contact_id: int) -> Mapping[str, Any]:
    """The contact's newest event that would call the rule; empty when there is none, or the rule goes by the clock."""
    rule: LoadedRule = load_rule(spec, 0, 0, project)
    if not isinstance(rule.trigger, EventTrigger):
        return {}
    events = newest_events(conn, contact_id, rule.trigger.names(spec.trigger.params), LOOKED_AT)
    return next((rule.whole(event) for event in events if rule.listens_to(event)), {})


def _saved(
    conn: Connection, project: Project, spec: RuleSpec, contact_id: int, now: datetime
) -> Mapping[str, Mapping[str, Any]]:
    """What the steps' `save_as` would hold: placeholders of actions, the newest of an awaited event."""
    saved: dict[str, dict[str, Any]] = {VARS: dict(spec.vars)}
    for step in each_step(spec.steps):
        if isinstance(step, Do) and step.save_as is not None:
            action: Any = project.registry.actions[step.action]
            kept = action().placeholder(step.params, _context(conn, project, spec, step, now))
            saved.setdefault(step.save_as, {}).update(kept)
        elif isinstance(step, WaitFor) and step.save_as is not None:
            newest = newest_events(conn, contact_id, [step.event], 1)
            saved.setdefault(step.save_as, {}).update(newest[0].properties if newest else {})
    return saved


def _context(conn: Connection, project: Project, spec: RuleSpec, step: Do, now: datetime) -> ActionContext:
    return ActionContext(
        conn, now, spec.zone, spec.id, step.path, project.catalogue, lambda _: None,
        rule_name=spec.name, brand=project.settings.template_variables,
    )  # fmt: skip
