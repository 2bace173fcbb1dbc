"""Steps that hold other steps: `if`, `split`, `wait_for`, `repeat`, and what is known where their branches meet."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from automation.rules.event_match import read_event_match
from automation.rules.spec import Arm, If, Repeat, Split, Step, WaitFor
from automation.yamltree import Mapping, Node

if TYPE_CHECKING:
    from automation.catalogue.model import FieldType
    from automation.rules.conditions.tree import Condition
    from automation.rules.names import Outputs
    from automation.rules.steps import Steps

Flow: TypeAlias = "Outputs | None"
"""What is known behind a step: outputs by `save_as`; None when nothing comes behind it."""

REPEAT_KEYS = ("times", "every", "until", "steps")
MOST_ROUNDS = 1_000
"""Of one `repeat`, those around it counted in: what a rule can do to one person has an end."""

_CONDITION_NAMES = ("contact", "event", "var", "history")


def read_if(steps: Steps, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
    """`elif` items are an if in the else branch of the one before: rules/…/elif/0, its steps …/elif/0/then/0."""
    reader = steps.reader
    branches: list[tuple[Mapping, str]] = [(node, path)]
    listed_elif = node.get("elif")
    for index, item in enumerate((reader.items(listed_elif, path) or ()) if listed_elif else ()):
        mapping = reader.mapping(item, f"{path}/elif/{index}", ("if", "then"), ("if",))
        if mapping is not None:
            branches.append((mapping, f"{path}/elif/{index}"))
    arms = _Arms(steps)
    read = [_branch(steps, branch, at, known, arms) for branch, at in branches]
    orelse, flow = _below(node, "else", path, known, arms)
    for step, _ in reversed(read):
        orelse = (replace(step, orelse=orelse),) if step is not None else ()
    return (orelse[0] if orelse else None), joined([*(after for _, after in read), flow])


def _branch(steps: Steps, node: Mapping, path: str, known: Outputs, arms: _Arms) -> tuple[If | None, Flow]:
    condition = _asked(steps, node.get("if"), f"{path}/if", known)
    then = node.get("then")
    if then is None:
        steps.reader.error(node.key_node("if") or node, path, "missing_key", name="then")
        return None, known
    found, flow = arms.read(then, f"{path}/then", known)
    return (If(path, condition, found) if condition is not None else None), flow


def read_split(steps: Steps, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
    """Its arms are the paths rules/…/arms/A/0."""
    reader = steps.reader
    mapping = reader.mapping(
        node.get("split") or node, path, ("name", "arms"), ("name", "arms"), at=node.key_node("split")
    )
    if mapping is None:
        return None, known
    name = _split_name(steps, mapping.get("name"), path)
    arms: list[Arm] = []
    taken: set[str] = set()
    flows: list[Flow] = []
    apart = _Arms(steps)
    listed_arms = mapping.get("arms")
    for item in (reader.items(listed_arms, path) or ()) if listed_arms is not None else ():
        arm, flow = _arm(steps, item, path, known, taken, apart)
        flows.append(flow)
        arms += [arm] if arm else []
    if name is None or len(arms) != len(flows) or not arms:
        return None, joined(flows or [known])
    return Split(path, name, tuple(arms)), joined(flows)


def _split_name(steps: Steps, node: Node | None, path: str) -> str | None:
    name = steps.reader.name(node, path) if node is not None else None
    if node is not None and name in steps.splits:
        steps.reader.error(node, path, "duplicate_split", found=name)
    steps.splits |= {name} if name else set()
    return name


def _arm(steps: Steps, node: Node, path: str, known: Outputs, taken: set[str], arms: _Arms) -> tuple[Arm | None, Flow]:
    reader = steps.reader
    mapping = reader.mapping(node, path, ("arm", "weight", "steps"), ("arm", "weight", "steps"))
    arm, weight, below = (mapping.get(name) if mapping else None for name in ("arm", "weight", "steps"))
    name = reader.label(arm, path) if arm is not None else None
    if name in taken and arm is not None:
        reader.error(arm, path, "duplicate_arm", found=name)
    taken |= {name} if name else set()
    parts = reader.count(weight, path) if weight is not None else None
    found, flow = arms.read(below, f"{path}/arms/{name}", known) if below is not None else ((), known)
    return (Arm(name, parts, found) if name and parts else None), flow


def read_wait_for(steps: Steps, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
    """`save_as` holds the event's properties: known in `then`, and behind the step where only `then` goes on."""
    asked, key = node.get("wait_for"), node.key_node("wait_for")
    names = steps.names.with_variables(known)
    found = read_event_match(steps.reader, names, asked, path, key) if asked is not None else None
    outputs = {name: field.type for name, field in found.defn.properties.items()} if found else {}
    variable = steps.variable(node, path, outputs, found.event if found else None)
    came = {**known, variable: outputs} if variable else known
    arms = _Arms(steps)
    then, after = _below(node, "then", path, came, arms)
    orelse, otherwise = _below(node, "else", path, known, arms)
    step = WaitFor(path, found.event, found.where, found.within, then, orelse, variable) if found else None
    return step, joined([after, otherwise])


def read_repeat(steps: Steps, node: Mapping, path: str, known: Outputs) -> tuple[Step | None, Flow]:
    """`until` may ask for what a round saves, though before the first one it is missing."""
    reader = steps.reader
    asked, key = node.get("repeat"), node.key_node("repeat")
    mapping = reader.mapping(asked, path, REPEAT_KEYS, ("times", "steps"), key) if asked is not None else None
    if mapping is None:
        return None, known
    times = _times(steps, mapping.get("times"), path)
    written = mapping.get("every")
    every = reader.duration(written, path) if written is not None else None
    before = set(steps.saved)
    found, flow = _body(steps, mapping.get("steps"), path, known, times or 1)
    saved = {name: outputs for name, outputs in steps.saved.items() if name not in before}
    written = mapping.get("until")
    until = _asked(steps, written, f"{path}/until", {**known, **saved})
    step = Repeat(path, times, found, every, until) if times else None
    return step, joined([flow, known]) if written is not None else flow


def _times(steps: Steps, node: Node | None, path: str) -> int | None:
    times = steps.reader.count(node, path, most=MOST_ROUNDS) if node is not None else None
    if node is not None and times is not None and times * steps.rounds > MOST_ROUNDS:
        params = {"found": times, "outer": steps.rounds, "total": times * steps.rounds, "most": MOST_ROUNDS}
        steps.reader.error(node, path, "too_many_rounds", **params)
        return None
    return times


def _body(steps: Steps, node: Node | None, path: str, known: Outputs, times: int) -> tuple[tuple[Step, ...], Flow]:
    if node is None:
        return (), known
    outer, steps.rounds = steps.rounds, steps.rounds * times
    found, flow = steps.read(node, f"{path}/repeat", known)
    steps.rounds = outer
    return found, flow


def _below(node: Mapping, name: str, path: str, known: Outputs, arms: _Arms) -> tuple[tuple[Step, ...], Flow]:
    """The steps of a branch; one that is not there goes on."""
    written = node.get(name)
    return arms.read(written, f"{path}/{name}", known) if written is not None else ((), known)


class _Arms:
    """Branches of which a person takes one: each may save under the names that others of them use."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._before, self._after = frozenset(steps.taken), set(steps.taken)

    def read(self, node: Node, path: str, known: Outputs) -> tuple[tuple[Step, ...], Flow]:
        """The steps of one branch. Behind it, the names of all branches that get there are taken."""
        self._steps.taken = set(self._before)
        found, flow = self._steps.read(node, path, known)
        self._after |= self._steps.taken if flow is not None else set()
        self._steps.taken = set(self._after)
        return found, flow


def _asked(steps: Steps, node: Node | None, path: str, known: Outputs) -> Condition | None:
    if node is None:
        return None
    return steps.names.with_variables(known).conditions(steps.reader, node, path, _CONDITION_NAMES)


def joined(flows: list[Flow]) -> Flow:
    """What is known where branches meet: what all that get there know."""
    open_ends = [flow for flow in flows if flow is not None]
    if not open_ends:
        return None
    shared = set(open_ends[0]).intersection(*open_ends[1:])
    return {name: _common([flow[name] for flow in open_ends]) for name in open_ends[0] if name in shared}


def _common(outputs: Sequence[AnyMapping[str, FieldType]]) -> AnyMapping[str, FieldType]:
    """What is kept under one name whichever branch was taken."""
    first, *others = outputs
    return {name: type_ for name, type_ in first.items() if all(other.get(name) is type_ for other in others)}
