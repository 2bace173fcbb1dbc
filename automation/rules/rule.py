"""One rule: its node read, checked and put together as a RuleSpec."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from automation.calendars.workdays import OFFICIAL, WorkCalendar
from automation.rules.cases.ground import Ground
from automation.rules.cases.reader import read_cases
from automation.rules.digest import DIGEST, OUTPUTS, read_digest
from automation.rules.event_match import read_event_match
from automation.rules.guards import read_guards
from automation.rules.handling import HANDLING_KEYS, read_handling
from automation.rules.marked import named_event, names_events
from automation.rules.measured import MEASURED_KEYS, read_measured
from automation.rules.names import Names
from automation.rules.plugin_params import read_params
from automation.rules.plugins import plugin_named
from automation.rules.positions import Positions
from automation.rules.reader import Reader
from automation.rules.references import Place, resolve
from automation.rules.rule_vars import VARS, read_vars, types_of
from automation.rules.segments import SegmentUse
from automation.rules.spec import Digest, Goal, Guards, Mode, RuleSpec, TriggerSpec
from automation.rules.steps import Steps
from automation.rules.stored import content_of, version_of
from automation.rules.template_use import TemplateUse
from automation.yamltree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.plugin import Registry
    from automation.problems import Problem
    from automation.rules.cases.spec import Case
    from automation.rules.segments import Segments

RULE_KEYS = (
    "id", "name", "owner", "enabled", "timezone", "trigger", "audience", "guards", "mode", "exit_when", "steps",
    "goal", DIGEST, VARS, *HANDLING_KEYS, *MEASURED_KEYS, "tests",
)  # fmt: skip
ON_AGAIN = ("skip", "restart", "parallel", "queue")

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


@dataclass(frozen=True)
class Surroundings:
    """What a rule is checked against, the file it stands in included."""

    registry: Registry
    names: Names  # the catalogue, nothing else yet
    templates: TemplateUse
    defaults: Guards
    zone: ZoneInfo
    segments: Segments
    stored: bool = False  # the rule is a stored version's content
    sources: Collection[str] | None = None  # the settings' databases; None: not asked about
    priced: bool = True  # whether the settings know any price
    written_defaults: Node | None = None  # `defaults:` as it stands in the file
    calendar: WorkCalendar = OFFICIAL


@dataclass(frozen=True)
class ReadRule:
    """`spec` is None when the rule is broken; `id` and `name` are then what could be made out."""

    spec: RuleSpec | None
    id: str
    name: str
    line: int
    id_node: Node
    problems: tuple[Problem, ...]


def read_rule(around: Surroundings, node: Node, file: str, index: int) -> ReadRule:
    """The rule at position `index` of its file."""
    reader = Reader(file, calendar=around.calendar)
    if not isinstance(node, Mapping):
        reader.wrong(node, f"rules/{index}", "rule")
        return ReadRule(None, "", "", node.line, node, tuple(reader.problems))
    spec = _Rule(around, reader, node, index).read()
    broken = any(problem.severity == "error" for problem in reader.problems)
    label = node.get("name")
    return ReadRule(
        None if broken else spec,
        spec.id,
        spec.name if label is not None else "",
        node.line,
        node.get("id") or node,
        tuple(reader.problems),
    )


class _Rule:
    """Reads the parts of one rule in an order in which each knows what it may name."""

    def __init__(self, around: Surroundings, reader: Reader, node: Mapping, index: int) -> None:
        self.around, self.reader, self.node = around, reader, node
        self.id = self._id(index)
        self.path = f"rules/{self.id}"
        self.zone = self._zone()
        self.segments = SegmentUse(around.segments, self.zone)
        self.names = around.names.of_rule(self.zone, self.segments, stored=around.stored)

    def read(self) -> RuleSpec:
        """What could be read; the caller throws it away when the reader has errors."""
        reader, path = self.reader, self.path
        keys = (*RULE_KEYS, "segments") if self.around.stored else RULE_KEYS
        reader.mapping(self.node, path, keys, ("id", "trigger", "steps"))
        trigger, names = self._trigger()
        guards = self._guards()
        digest = read_digest(reader, self.node, path, collects=self._collects(trigger))
        steps = Steps(reader, self.around.registry, self.around.templates, names, self.zone)
        steps_node = self.node.get("steps")
        own = read_vars(reader, self.node.get(VARS), f"{path}/{VARS}")
        before = {**types_of(own), **(OUTPUTS if self.node.get(DIGEST) is not None else {})}
        steps.taken.update(before)
        found = steps.read(steps_node, f"{path}/steps", before)[0] if steps_node is not None else ()
        if not self.around.stored:
            read_measured(reader, names, self.node, path)
        audience = self._conditions("audience", names, ("contact", "event", "history"))
        known = names.with_variables({**before, **steps.saved})
        exit_when = self._conditions("exit_when", known, ("contact", "event", "var", "history"))
        content = content_of(reader, self.node, guards, self.zone.key, self.segments.definitions())
        return RuleSpec(
            **self._labels(),
            trigger=cast("TriggerSpec", trigger),
            audience=audience,
            guards=guards,
            mode=self._mode(names, digest),
            digest=digest,
            exit_when=exit_when,
            steps=found,
            version=version_of(content),
            goal=self._goal(known),
            vars=own,
            **self._handling(steps),
            content=content,
            cases=self._cases(names, guards, found, trigger is not None),
        )

    def _labels(self) -> dict[str, Any]:
        """What a person knows the rule by, and where it stands."""
        return {
            "id": self.id,
            "name": self._text("name") or self.id,
            "owner": self._text("owner"),
            "enabled": self._enabled(),
            "zone": self.zone,
            "file": self.reader.file,
            "line": self.node.line,
            "positions": self._positions(),
        }

    def _positions(self) -> Positions:
        if self.around.stored:
            return Positions()
        defaults = self.around.written_defaults
        around = {"defaults": defaults} if defaults is not None else {}
        used = {f"segments/{name}": node for name, node in self.segments.definitions().items()}
        return Positions(self.reader.file, {self.path: self.node, **around, **used})

    def _id(self, index: int) -> str:
        node = self.node.get("id")
        if node is None:
            return str(index)
        path = f"rules/{index}"
        text = self.reader.text(node, path)
        if text is not None and not _ID.match(text):
            self.reader.error(node, path, "bad_id", found=text)
        return text if text is not None and "/" not in text else str(index)

    def _text(self, name: str) -> str | None:
        node = self.node.get(name)
        return self.reader.text(node, f"{self.path}/{name}") if node is not None else None

    def _enabled(self) -> bool:
        node = self.node.get("enabled")
        return node is None or bool(self.reader.flag(node, f"{self.path}/enabled"))

    def _zone(self) -> ZoneInfo:
        node = self.node.get("timezone")
        return (self.reader.zone(node, f"{self.path}/timezone") if node is not None else None) or self.around.zone

    def _conditions(self, name: str, names: Names, namespaces: tuple[str, ...]) -> Any:
        node = self.node.get(name)
        return names.conditions(self.reader, node, f"{self.path}/{name}", namespaces) if node is not None else None

    def _cases(self, names: Names, guards: Guards, steps: tuple[Any, ...], complete: bool) -> tuple[Case, ...]:
        node = self.node.get("tests")
        if node is None or self.around.stored:
            return ()
        around, kind = self.around, self.node.get("trigger")
        ground = Ground.of_parts(
            names, around.registry, around.templates.templates, self.zone, guards, steps,
            listens=names.event is not None, complete=complete and names.complete and kind is not None,
        )  # fmt: skip
        return read_cases(self.reader, ground, node, self.id, f"{self.path}/tests")

    # ------------------------------------------------------------ trigger

    def _trigger(self) -> tuple[TriggerSpec | None, Names]:
        """The trigger, and what a rule with it can name."""
        reader, path, lost = self.reader, f"{self.path}/trigger", self.names.lost()
        node = self.node.get("trigger")
        mapping = reader.mapping(node, path, ("type", "with"), ("type",)) if node is not None else None
        kind = mapping.get("type") if mapping else None
        if mapping is None or kind is None:
            return None, lost
        plugin = plugin_named(reader, self.around.registry, "trigger", kind, path)
        params = read_params(reader, plugin, mapping.get("with"), kind, path) if plugin else None
        if plugin is None or params is None:
            return None, lost
        event = named_event(params, self.names.catalogue)
        listens = bool(getattr(plugin, "listens", False))
        names = self.names.of_event(event) if event else (lost if names_events(params) or listens else self.names)
        place = Place(reader, names, self.around.templates, self.zone, kind, path, self.around.sources)
        spec = TriggerSpec(plugin.type, resolve(place, params, mapping.get("with")))
        return spec, names if listens else self.names

    # ------------------------------------------------------------ mode and the rest

    def _collects(self, trigger: TriggerSpec | None) -> bool:
        """Whether the trigger is called by each person's own events; a broken one is not complained about again."""
        plugin: Any = self.around.registry.triggers.get(trigger.type) if trigger is not None else None
        place = f"{self.path}/trigger"
        broken = any(problem.severity == "error" and problem.path.startswith(place) for problem in self.reader.problems)
        if trigger is None or plugin is None or broken:
            return True
        called, params = plugin(), trigger.params
        return bool(getattr(plugin, "listens", False)) and not called.people(params) and not (
            called.not_followed_by(params)
        )  # fmt: skip

    def _mode(self, names: Names, digest: Digest | None) -> Mode:
        found = self._written_mode(names)
        return found if digest is None else Mode("skip", found.per)

    def _written_mode(self, names: Names) -> Mode:
        node = self.node.get("mode")
        mapping = self.reader.mapping(node, f"{self.path}/mode", ("on_again", "per")) if node is not None else None
        if mapping is None:
            return Mode()
        again, per = mapping.get("on_again"), mapping.get("per")
        chosen = self.reader.choice(again, f"{self.path}/mode", ON_AGAIN) if again is not None else None
        return Mode(cast("Any", chosen or Mode().on_again), self._per(names, per) if per is not None else ())

    def _per(self, names: Names, node: Node) -> tuple[Any, ...]:
        """`contact`, or a list of it and event properties. The contact itself is always meant."""
        path = f"{self.path}/mode"
        items = node.items if isinstance(node, Sequence) else (node,)
        fields = [item for item in items if not (isinstance(item, Scalar) and item.value == "contact")]
        found = [names.reference(self.reader, item, path, ("event",)) for item in fields]
        return tuple(ref for ref in found if ref is not None)

    def _handling(self, steps: Steps) -> dict[str, Any]:
        found = read_handling(self.reader, self.node, self.path)
        key = self.node.key_node("on_change")
        if found.get("on_change") == "move" and key is not None and not steps.ids:
            self.reader.warn(key, f"{self.path}/on_change", "move_without_ids")
        return found

    def _guards(self) -> Guards:
        stored, node = self.around.stored, self.node.get("guards")
        defaults = Guards() if stored else self.around.defaults
        guards = read_guards(self.reader, node, defaults, f"{self.path}/guards", stored=stored)
        if guards.budget is not None and guards.budget.cost is not None and not self.around.priced and not stored:
            self.reader.warn(node or self.node, f"{self.path}/guards", "cost_without_prices")
        return guards

    def _goal(self, names: Names) -> Goal | None:
        node = self.node.get("goal")
        found = read_event_match(self.reader, names, node, f"{self.path}/goal") if node is not None else None
        return Goal(found.event, found.where, found.within) if found else None
