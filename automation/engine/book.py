"""The rule book: every rule that runs now, compiled once, indexed by what it listens to. A reload makes a new one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from automation.catalogue.event_fields import whole
from automation.catalogue.types import event_checker
from automation.contacts.share import Share
from automation.engine.entry.unsubscribes import UNSUBSCRIBED
from automation.rules.conditions.fused import fuse
from automation.rules.conditions.python import event_predicate, predicate
from automation.rules.conditions.tree import Compare, History, Reachable, histories, to_load, walk
from automation.rules.program import Act, Program, compile_program
from automation.triggers.base import ClockTrigger, EventTrigger, Trigger

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.catalogue.event_fields import Happened
    from automation.catalogue.model import EventDef
    from automation.engine.journey.listening import Listeners
    from automation.rules.canary import Part
    from automation.rules.conditions.facts import Facts
    from automation.rules.conditions.tree import Condition
    from automation.rules.params import EventPattern
    from automation.rules.project import Project
    from automation.rules.spec import RuleSpec
    from automation.templating import TemplateSet
    from automation.triggers.base import Poll, Watch

Predicate = Callable[["Facts"], bool]
GLOBAL_HOLDOUT = "*"


@dataclass(frozen=True, eq=False)
class LoadedRule:
    """One version of a rule, ready to run."""

    spec: RuleSpec
    rule_id: int
    version_id: int
    trigger: Trigger
    program: Program = field(repr=False)
    templates: TemplateSet = field(repr=False)
    part: Part | None = None  # the people who meet this version while a canary runs; None: everybody
    events: Mapping[str, EventDef] = field(default_factory=dict, repr=False)  # the catalogue's, by name

    def meets(self, contact_id: int | None) -> bool:
        """Whether this version is the one for a contact; of people nobody knows (None), the others' version tells."""
        if self.part is None:
            return True
        return not self.part.canary if contact_id is None else self.part.holds(contact_id)

    @cached_property
    def audience(self) -> Predicate | None:
        return predicate(self.spec.audience) if self.spec.audience is not None else None

    @cached_property
    def audience_histories(self) -> list[History | Reachable]:
        return to_load(self.spec.audience)

    @cached_property
    def exit_when(self) -> Predicate | None:
        return predicate(self.spec.exit_when) if self.spec.exit_when is not None else None

    @cached_property
    def exit_histories(self) -> list[History | Reachable]:
        return to_load(self.spec.exit_when)

    @cached_property
    def exit_names(self) -> frozenset[str]:
        """The events that `exit_when` asks about; who can be reached is asked when somebody opts out."""
        return frozenset(node.event if isinstance(node, History) else UNSUBSCRIBED for node in self.exit_histories)

    @cached_property
    def holdouts(self) -> tuple[Share, ...]:
        """The groups that are kept out: of all rules, and of this one."""
        guards = self.spec.guards
        groups = ((GLOBAL_HOLDOUT, guards.global_holdout), (self.spec.id, guards.holdout))
        return tuple(Share.named(f"holdout:{name}", below) for name, below in groups if below)

    @cached_property
    def people(self) -> str | None:
        """The event property that names the people; None: the event's own contact."""
        return self.trigger.people(self.spec.trigger.params) if isinstance(self.trigger, EventTrigger) else None

    def whole(self, event: Happened) -> dict[str, Any]:
        """An event as the rule's conditions and templates see it, with what every event has."""
        return whole(event, self.events)

    def listens_to(self, event: Happened) -> bool:
        """Whether the trigger would be called by such an event."""
        params, trigger = self.spec.trigger.params, self.trigger
        if not isinstance(trigger, EventTrigger) or event.name not in trigger.names(params):
            return False
        where = trigger.where(params)
        return where is None or event_predicate(where)(self.whole(event))

    @cached_property
    def after(self) -> EventPattern | None:
        """What must have happened before the trigger's event."""
        return self.trigger.after(self.spec.trigger.params) if isinstance(self.trigger, EventTrigger) else None

    @cached_property
    def not_followed_by(self) -> EventPattern | None:
        """What must not happen after the trigger's event; until it can't any more, the entry is put off."""
        trigger, params = self.trigger, self.spec.trigger.params
        return trigger.not_followed_by(params) if isinstance(trigger, EventTrigger) else None

    @cached_property
    def poll(self) -> Poll | None:
        """The query that brings the trigger's events."""
        return self.trigger.polls(self.spec.trigger.params) if isinstance(self.trigger, EventTrigger) else None

    @cached_property
    def watch(self) -> Watch | None:
        """The segment that the trigger follows."""
        return self.trigger.watches(self.spec.trigger.params) if isinstance(self.trigger, ClockTrigger) else None

    def compiled(self, condition: Condition) -> Predicate:
        """The predicate of one of the rule's conditions, compiled when first needed."""
        known = self._compiled.get(id(condition))
        if known is None:
            known = self._compiled[id(condition)] = predicate(condition)
        return known

    @cached_property
    def _compiled(self) -> dict[int, Predicate]:
        """By the identity of the condition, which lives as long as the rule."""
        return {}

    @cached_property
    def acts(self) -> Mapping[str, Act]:
        return {op.path: op for op in self.program.ops if isinstance(op, Act)}

    def mode_key(self, event: Mapping[str, Any] | None) -> str | None:
        """What `mode.per` names for this event; None when runs may stand side by side."""
        mode = self.spec.mode
        if mode.on_again == "parallel":
            return None
        return "\x1f".join(["", *(str((event or {}).get(ref.name)) for ref in mode.per)])[:200]


@dataclass(frozen=True, eq=False)
class EventRules:
    """The rules that listen to one event name, and one function that finds those whose `where` holds."""

    rules: Sequence[LoadedRule]
    matching: Callable[[Mapping[str, Any]], Sequence[int]]
    asks_own: bool = False  # a `where` asks for what is no property, such as the event's time
    events: Mapping[str, EventDef] = field(default_factory=dict)

    def called(self, event: Happened) -> list[LoadedRule]:
        """The rules that such an event calls."""
        seen = whole(event, self.events) if self.asks_own else event.properties
        return [self.rules[index] for index in self.matching(seen)]


@dataclass(frozen=True, eq=False)
class RuleBook:
    """What the engine runs by. Immutable; `project` is what it was made from.

    `rules` are by id; `canaries` hold the versions that a canary's people meet in the place of those.
    """

    project: Project
    rules: Mapping[str, LoadedRule]
    held: frozenset[int]  # rule ids that are disabled, broken or removed
    activated_at: Mapping[int, int]  # since when each active rule runs, by rule id
    listeners: Mapping[str, Listeners] = field(default_factory=dict)  # those inside whom an event may concern, by name
    canaries: Sequence[LoadedRule] = ()
    missing: Mapping[int, str] = field(default_factory=dict)  # rules that the files don't have: absent | finishing | …

    @cached_property
    def waiting(self) -> frozenset[int]:
        """Missing rules that may come back: what is theirs is kept as it is."""
        return frozenset(id_ for id_, state in self.missing.items() if state != "finishing")

    def overtaken_by(self, missing: Mapping[int, str]) -> bool:
        """Whether what another process says of missing rules (id: state) is news here: the files have such a rule, or
        somebody has decided about it."""
        mine = {rule.rule_id for rule in self.versions}
        return any(id_ in mine or self.missing.get(id_, state) != state for id_, state in missing.items())

    @cached_property
    def versions(self) -> tuple[LoadedRule, ...]:
        """Everything that people may enter."""
        return (*self.rules.values(), *self.canaries)

    @cached_property
    def by_event(self) -> dict[str, EventRules]:
        listeners: dict[str, list[tuple[LoadedRule, Any]]] = {}
        for rule in self.versions:
            if isinstance(rule.trigger, EventTrigger):
                params = rule.spec.trigger.params
                for name in rule.trigger.names(params):
                    listeners.setdefault(name, []).append((rule, rule.trigger.where(params)))
        for name in self.watched_events:
            listeners.setdefault(name, [])
        return {
            name: EventRules(
                [rule for rule, _ in found],
                fuse([where for _, where in found]),
                any(_asks_own(where) for _, where in found if where is not None),
                self.project.catalogue.events,
            )
            for name, found in listeners.items()
        }

    @cached_property
    def watchers(self) -> tuple[LoadedRule, ...]:
        """The rules that follow who comes into a segment and who leaves it."""
        return tuple(rule for rule in self.by_clock if rule.watch is not None)

    @cached_property
    def watched_events(self) -> Mapping[str, Sequence[LoadedRule]]:
        """The rules to whose segment an event may bring its contact, or from which it may take it, by event name."""
        found: dict[str, list[LoadedRule]] = {}
        for rule in self.watchers:
            for name in dict.fromkeys(node.event for node in histories(rule.watch.condition if rule.watch else None)):
                found.setdefault(name, []).append(rule)
        return found

    @cached_property
    def naming_events(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """(identity kind, property) of each property by which rules find the people of an event, by event name."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name, listening in self.by_event.items():
            properties = self.project.catalogue.events[name].properties if name in self.project.catalogue.events else {}
            pairs = [(str(properties[rule.people].identity), rule.people) for rule in listening.rules if rule.people]
            if pairs:
                found[name] = list(dict.fromkeys(pairs))
        return found

    @cached_property
    def pollers(self) -> tuple[LoadedRule, ...]:
        """The rules whose events are read from another database."""
        return tuple(rule for rule in self.rules.values() if rule.poll is not None)

    @cached_property
    def has_sequences(self) -> bool:
        """Whether any rule asks what happened before or after its event."""
        return any(rule.after or rule.not_followed_by for rule in self.versions)

    @cached_property
    def ranked(self) -> Mapping[int, RuleSpec]:
        """The rules by their id where they differ in priority; empty where nobody can outrank anybody."""
        differ = len({rule.spec.priority for rule in self.rules.values()}) > 1
        return {rule.rule_id: rule.spec for rule in self.rules.values()} if differ else {}

    @cached_property
    def purposes(self) -> frozenset[str]:
        """What consents the rules ask for."""
        from automation.engine.delivery.message_guards import TRANSACTIONAL

        return frozenset(rule.spec.guards.purpose for rule in self.versions) - {TRANSACTIONAL}

    @cached_property
    def has_lists(self) -> bool:
        """Whether any rule's event names people, and not more than so many of them may enter at once."""
        return any(rule.people and rule.spec.max_audience for rule in self.versions)

    @cached_property
    def by_clock(self) -> tuple[LoadedRule, ...]:
        return tuple(rule for rule in self.versions if isinstance(rule.trigger, ClockTrigger))

    @cached_property
    def checkers(self) -> dict[str, Any]:
        """What normalises an event's properties, by event name."""
        catalogue = self.project.catalogue
        return {name: event_checker(event, self.zone) for name, event in catalogue.events.items()}

    @cached_property
    def zone(self) -> ZoneInfo:
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.project.settings.timezone)

    def by_version(self, version_id: int) -> LoadedRule | None:
        """The rule that runs on this version now."""
        return self._by_version.get(version_id)

    def by_rule(self, rule_id: int) -> LoadedRule | None:
        """The rule with this id in the database, as all but a canary's people meet it; None when it doesn't run."""
        return self._by_rule.get(rule_id)

    def met_by(self, rule_id: int, contact_id: int) -> LoadedRule | None:
        """The rule with this id as a contact meets it; None when they don't."""
        found = (self._by_rule.get(rule_id), self._canaries.get(rule_id))
        return next((rule for rule in found if rule is not None and rule.meets(contact_id)), None)

    @cached_property
    def _by_rule(self) -> dict[int, LoadedRule]:
        return {rule.rule_id: rule for rule in self.rules.values()}

    @cached_property
    def _canaries(self) -> dict[int, LoadedRule]:
        return {rule.rule_id: rule for rule in self.canaries}

    @cached_property
    def _by_version(self) -> dict[int, LoadedRule]:
        return {rule.version_id: rule for rule in self.versions}


def _asks_own(where: Condition) -> bool:
    return any(isinstance(node, Compare) and node.field.storage == "column" for node in walk(where))


def load_rule(spec: RuleSpec, rule_id: int, version_id: int, project: Project, part: Part | None = None) -> LoadedRule:
    """Compile one version, with the project's plugins and templates. KeyError when its trigger's plugin is gone."""
    trigger: Any = project.registry.triggers[spec.trigger.type]()
    trigger.calendar = project.calendar
    events = project.catalogue.events
    return LoadedRule(spec, rule_id, version_id, trigger, compile_program(spec), project.templates, part, events)
