"""`steps:` read into typed steps, with what each path through them makes known to the steps after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast
from zoneinfo import ZoneInfo

from automation.rules.later import read_repeat, read_wait_for
from automation.rules.names import Names, save_as
from automation.rules.plugin_params import read_params
from automation.rules.plugins import plugin_named
from automation.rules.reader import Reader, listed
from automation.rules.references import Place, resolve
from automation.rules.spec import Arm, Do, If, Split, Step, Stop
from automation.rules.waits import read_wait
from automation.yamltree import Mapping, Node, Scalar

if TYPE_CHECKING:
    from automation.catalogue.model import FieldType
    from automation.plugin import Registry
    from automation.rules.names import Outputs
    from automation.rules.template_use import TemplateUse

STEP_KINDS = ("do", "wait", "wait_for", "if", "split", "stop", "repeat")
STEP_KEYS: dict[str, tuple[str, ...]] = {
    "do": ("do", "with", "save_as", "on_error"),
    "if": ("if", "then", "elif", "else"),
    **{kind: (kind,) for kind in ("wait", "wait_for", "split", "stop", "repeat")},
}
"""The keys of each kind of step; `id` and `name` may stand in all of them."""

_CONDITION_NAMES = ("contact", "event", "var", "history")

Flow: TypeAlias = "Outputs | None"
"""What is known behind a step: outputs by `save_as`; None when nothing comes behind it."""


@dataclass
class Steps:
    """Reads the steps of one rule."""

    reader: Reader
    registry: Registry
    templates: TemplateUse
    names: Names  # without variables
    zone: ZoneInfo
    saved: dict[str, dict[str, FieldType]] = field(default_factory=dict)
    splits: set[str] = field(default_factory=set)

    def read(self, node: Node, path: str, known: Outputs) -> tuple[tuple[Step, ...], Flow]:
        """The steps of a list, and what is known behind them."""
        found: list[Step] = []
        flow: Flow = known
        for index, item in enumerate(self.reader.items(node, path) or ()):
            if flow is None:
                self.reader.error(item, f"{path}/{index}", "unreachable")
                break
            step, flow = self._step(item, f"{path}/{index}", flow)
            if step is not None:
                found.append(step)
        return tuple(found), flow

    def _step(self, node: Node, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        if not isinstance(node, Mapping):
            self.reader.wrong(node, path, "step")
            return None, known
        kinds = [str(entry.key.value) for entry in node.entries if entry.key.value in STEP_KINDS]
        if len(kinds) != 1:
            self._not_one(node, path, kinds)
            return None, known
        self.reader.mapping(node, path, (*STEP_KEYS[kinds[0]], "id", "name"))
        for name, read in (("id", self.reader.name), ("name", self.reader.text)):
            label = node.get(name)
            if label is not None:
                read(label, path)
        return _KINDS[kinds[0]](self, node, path, known)

    def _not_one(self, node: Mapping, path: str, kinds: list[str]) -> None:
        if kinds:
            self.reader.error(node.key_node(kinds[1]) or node, path, "two_kinds", kinds=listed(kinds))
        elif node.entries:
            first = node.entries[0].key
            self.reader.unknown(first, path, "no_kind", str(first.value), STEP_KINDS, known=listed(STEP_KINDS))
        else:
            self.reader.wrong(node, path, "step")

    # ------------------------------------------------------------ do

    def _do(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        kind = _value(node, "do")
        action = plugin_named(self.reader, self.registry, "action", kind, path)
        variable, outputs = self._saved(node, path, action)
        flow = {**known, variable: outputs} if variable else known
        if action is None:
            return None, flow
        params = read_params(self.reader, action, node.get("with"), kind, path)
        if params is None:
            return None, flow
        place = Place(self.reader, self.names.with_variables(known), self.templates, self.zone, kind, path)
        params = resolve(place, params, node.get("with"))
        return Do(path, action.type, params, variable, self._on_error(node, path, action)), flow

    def _saved(self, node: Mapping, path: str, action: Any) -> tuple[str | None, dict[str, FieldType]]:
        """The variable, if the step names one, and what it holds."""
        outputs = dict(getattr(action, "outputs", {}))
        written = node.get("save_as")
        if written is not None and action is not None and not outputs:
            self.reader.error(node.key_node("save_as") or written, path, "no_outputs", type=action.type)
        variable = save_as(self.reader, written, path, self.saved) if written is not None else None
        if variable:
            self.saved[variable] = outputs
        return variable, outputs

    def _on_error(self, node: Mapping, path: str, action: Any) -> Literal["stop", "continue"]:
        default = getattr(action, "on_error_default", "stop")
        written = node.get("on_error")
        chosen = self.reader.choice(written, path, ("stop", "continue")) if written is not None else None
        return cast('Literal["stop", "continue"]', chosen or default)

    # ------------------------------------------------------------ flow

    def _wait(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        names = self.names.with_variables(known)
        return read_wait(self.reader, names, _value(node, "wait"), path), known

    def _wait_for(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        read_wait_for(self.reader, self.names.with_variables(known), node, path)
        return None, known

    def _repeat(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        steps = read_repeat(self.reader, self.names.with_variables(known), node, path)
        if steps is not None:
            self.read(steps, f"{path}/repeat", known)
        return None, known

    def _if(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        """`elif` items are an if in the else branch of the one before: rules/…/elif/0, its steps …/elif/0/then/0."""
        branches = [(node, path)]
        listed_elif = node.get("elif")
        for index, item in enumerate((self.reader.items(listed_elif, path) or ()) if listed_elif else ()):
            mapping = self.reader.mapping(item, f"{path}/elif/{index}", ("if", "then"), ("if",))
            if mapping is not None:
                branches.append((mapping, f"{path}/elif/{index}"))
        orelse: tuple[Step, ...] = ()
        flows: list[Flow] = [known]
        written = node.get("else")
        if written is not None:
            orelse, flows[0] = self.read(written, f"{path}/else", known)
        for branch, at in reversed(branches):
            orelse, flow = self._branch(branch, at, known, orelse)
            flows.append(flow)
        return (orelse[0] if orelse else None), _joined(flows)

    def _branch(
        self, node: Mapping, path: str, known: Outputs, orelse: tuple[Step, ...]
    ) -> tuple[tuple[Step, ...], Flow]:
        names = self.names.with_variables(known)
        asked = node.get("if")
        condition = names.conditions(self.reader, asked, f"{path}/if", _CONDITION_NAMES) if asked is not None else None
        then = node.get("then")
        if then is None:
            self.reader.error(node.key_node("if") or node, path, "missing_key", name="then")
            return (), known
        steps, flow = self.read(then, f"{path}/then", known)
        return ((If(path, condition, steps, orelse),) if condition is not None else ()), flow

    def _split(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        key = node.key_node("split")
        mapping = self.reader.mapping(_value(node, "split"), path, ("name", "arms"), ("name", "arms"), at=key)
        if mapping is None:
            return None, known
        name = self._split_name(mapping.get("name"), path)
        arms: list[Arm] = []
        taken: set[str] = set()
        flows: list[Flow] = []
        listed_arms = mapping.get("arms")
        for item in (self.reader.items(listed_arms, path) or ()) if listed_arms is not None else ():
            arm, flow = self._arm(item, path, known, taken)
            flows.append(flow)
            arms += [arm] if arm else []
        if name is None or len(arms) != len(flows) or not arms:
            return None, _joined(flows or [known])
        return Split(path, name, tuple(arms)), _joined(flows)

    def _split_name(self, node: Node | None, path: str) -> str | None:
        name = self.reader.name(node, path) if node is not None else None
        if node is not None and name in self.splits:
            self.reader.error(node, path, "duplicate_split", found=name)
        self.splits |= {name} if name else set()
        return name

    def _arm(self, node: Node, path: str, known: Outputs, taken: set[str]) -> tuple[Arm | None, Flow]:
        mapping = self.reader.mapping(node, path, ("arm", "weight", "steps"), ("arm", "weight", "steps"))
        arm, weight, steps = (mapping.get(name) if mapping else None for name in ("arm", "weight", "steps"))
        name = self.reader.label(arm, path) if arm is not None else None
        if name in taken and arm is not None:
            self.reader.error(arm, path, "duplicate_arm", found=name)
        taken |= {name} if name else set()
        parts = self.reader.count(weight, path) if weight is not None else None
        found, flow = self.read(steps, f"{path}/arms/{name}", known) if steps is not None else ((), known)
        return (Arm(name, parts, found) if name and parts else None), flow

    def _stop(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        value = _value(node, "stop")
        if isinstance(value, Scalar) and value.value is True:
            return Stop(path), None
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.value.strip():
            return Stop(path, value.value), None
        self.reader.wrong(value, path, "stop")
        return None, None


def _value(node: Mapping, name: str) -> Node:
    found = node.get(name)
    assert found is not None
    return found


def _joined(flows: list[Flow]) -> Flow:
    """What is known where branches meet: what all that get there know."""
    open_ends = [flow for flow in flows if flow is not None]
    if not open_ends:
        return None
    shared = set(open_ends[0]).intersection(*open_ends[1:])
    return {name: outputs for name, outputs in open_ends[0].items() if name in shared}


_KINDS: dict[str, Callable[[Steps, Mapping, str, Outputs], tuple[Step | None, Flow]]] = {
    "do": Steps._do,
    "wait": Steps._wait,
    "wait_for": Steps._wait_for,
    "repeat": Steps._repeat,
    "if": Steps._if,
    "split": Steps._split,
    "stop": Steps._stop,
}
