"""`steps:` read into typed steps, with what each path through them makes known to the steps after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast
from zoneinfo import ZoneInfo

from automation.rules.conditions.references import literal_text, looks_like_reference
from automation.rules.flow import Flow, joined, read_if, read_repeat, read_split, read_wait_for
from automation.rules.names import Names, save_as
from automation.rules.plugin_params import read_params
from automation.rules.plugins import plugin_named
from automation.rules.reader import Reader, listed
from automation.rules.references import Place, resolve
from automation.rules.spec import Do, Step, Stop, Wait
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
    "wait_for": ("wait_for", "then", "else", "save_as"),
    **{kind: (kind,) for kind in ("wait", "split", "stop", "repeat")},
}
"""The keys of each kind of step; `id` and `name` may stand in all of them."""


@dataclass
class Steps:
    """Reads the steps of one rule."""

    reader: Reader
    registry: Registry
    templates: TemplateUse
    names: Names  # without variables
    zone: ZoneInfo
    saved: dict[str, dict[str, FieldType]] = field(default_factory=dict)  # on any path through the rule
    taken: set[str] = field(default_factory=set)  # the names that may have been saved on the way here
    splits: set[str] = field(default_factory=set)
    ids: dict[str, tuple[str, int]] = field(default_factory=dict)  # path and line of each step with an id
    rounds: int = 1  # how often the steps being read may be repeated, all repeats around them together

    def read(self, node: Node, path: str, known: Outputs) -> tuple[tuple[Step, ...], Flow]:
        """The steps of a list, and what is known behind them."""
        found: list[Step] = []
        flow: Flow = known
        skipping: list[Flow] = []  # what those know who leave out the steps up to the next wait
        for index, item in enumerate(self.reader.items(node, path) or ()):
            if skipping and isinstance(item, Mapping) and (item.get("wait") or item.get("wait_for")):
                flow, skipping = joined([flow, *skipping]), []
            if flow is None:
                self.reader.error(item, f"{path}/{index}", "unreachable")
                break
            step, flow = self._step(item, f"{path}/{index}", flow)
            if step is not None:
                found.append(step)
            if isinstance(step, Wait) and step.may_skip:
                skipping.append(flow)
        return tuple(found), joined([flow, *skipping]) if skipping else flow

    def _step(self, node: Node, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        if not isinstance(node, Mapping):
            self.reader.wrong(node, path, "step")
            return None, known
        kinds = [str(entry.key.value) for entry in node.entries if entry.key.value in STEP_KINDS]
        if len(kinds) != 1:
            self._not_one(node, path, kinds)
            return None, known
        self.reader.mapping(node, path, (*STEP_KEYS[kinds[0]], "id", "name"))
        label = node.get("name")
        if label is not None:
            self.reader.text(label, path)
        id_ = self._id(node.get("id"), path)
        step, flow = _KINDS[kinds[0]](self, node, path, known)
        return (replace(step, id=id_) if step is not None and id_ else step), flow

    def _id(self, node: Node | None, path: str) -> str | None:
        id_ = self.reader.name(node, path) if node is not None else None
        if node is None or id_ is None:
            return None
        if id_ in self.ids:
            first, line = self.ids[id_]
            self.reader.error(node, path, "duplicate_step_id", found=id_, path=first, line=line)
            return None
        self.ids[id_] = (path, node.line)
        return id_

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
        outputs = dict(getattr(action, "outputs", {}))
        variable = self.variable(node, path, outputs, kind.text if action and isinstance(kind, Scalar) else None)
        flow = {**known, variable: outputs} if variable else known
        if action is None:
            return None, flow
        params = read_params(self.reader, action, node.get("with"), kind, path)
        if params is None:
            return None, flow
        place = Place(self.reader, self.names.with_variables(known), self.templates, self.zone, kind, path)
        params = resolve(place, params, node.get("with"))
        return Do(path, action.type, params, variable, self._on_error(node, path, action)), flow

    def variable(self, node: Mapping, path: str, outputs: dict[str, FieldType], source: str | None) -> str | None:
        """The variable that a step keeps `outputs` of `source` in, if it names one. `source` None: a broken one."""
        written = node.get("save_as")
        if written is not None and source is not None and not outputs:
            self.reader.error(node.key_node("save_as") or written, path, "no_outputs", type=source)
        name = save_as(self.reader, written, path, self.taken) if written is not None else None
        if name:
            self.taken.add(name)
            self.saved[name] = _either(self.saved.get(name, outputs), outputs)
        return name

    def _on_error(self, node: Mapping, path: str, action: Any) -> Literal["stop", "continue"]:
        default = getattr(action, "on_error_default", "stop")
        written = node.get("on_error")
        chosen = self.reader.choice(written, path, ("stop", "continue")) if written is not None else None
        return cast('Literal["stop", "continue"]', chosen or default)

    # ------------------------------------------------------------ flow

    def _wait(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        names = self.names.with_variables(known)
        return read_wait(self.reader, names, _value(node, "wait"), path), known

    def _stop(self, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
        written = _value(node, "stop")
        value = literal_text(written) or written
        if isinstance(value, Scalar) and value.value is True:
            return Stop(path), None
        if value is written and isinstance(value, Scalar) and looks_like_reference(value.value, known):
            self.reader.error(value, path, "reference_in_param", found=value.value)
            return None, None
        if isinstance(value, Scalar) and isinstance(value.value, str) and value.value.strip():
            return Stop(path, value.value), None
        self.reader.wrong(value, path, "stop")
        return None, None


def _either(one: dict[str, FieldType], other: dict[str, FieldType]) -> dict[str, FieldType]:
    """What two arms keep under one name; what they keep in different types can't be asked for afterwards."""
    both = {**one, **other}
    return {name: type_ for name, type_ in both.items() if one.get(name, type_) is type_}


def _value(node: Mapping, name: str) -> Node:
    found = node.get(name)
    assert found is not None
    return found


_KINDS: dict[str, Callable[[Steps, Mapping, str, Outputs], tuple[Step | None, Flow]]] = {
    "do": Steps._do,
    "wait": Steps._wait,
    "wait_for": read_wait_for,
    "repeat": read_repeat,
    "if": read_if,
    "split": read_split,
    "stop": Steps._stop,
}
