"""The flat program does what the steps say, whatever their shape; arms are stable and weighted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.rules.checker import respec
from automation.rules.program import Act, Branch, End, Fork, Jump, Pause, Program, arm_of, compile_program
from automation.rules.spec import Do, If, RuleSpec, Split, Step, Stop, Wait
from tests.rules.conftest import only_rule, rule_with, shop

CONDITION = [{"contact.level": "金卡"}]


def steps_strategy() -> st.SearchStrategy[list[Any]]:
    """Lists of steps of any shape that the language accepts: after what always stops, nothing follows."""
    leaf = st.sampled_from([{"wait": "1d"}, {"do": "contact.tag", "with": {"add": ["A"]}}])

    def nested(children: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[list[Any]]:
        branch = st.builds(lambda then: {"if": CONDITION, "then": then}, children)
        both = st.builds(lambda then, other: {"if": CONDITION, "then": then, "else": other}, children, children)
        arms = st.lists(children, min_size=1, max_size=3).map(
            lambda found: {
                "split": {"arms": [{"arm": str(n), "weight": n + 1, "steps": steps} for n, steps in enumerate(found)]}
            }
        )
        return st.lists(leaf | branch | both | arms, min_size=1, max_size=3)

    ending = st.sampled_from([[], [{"stop": True}]])
    return st.recursive(st.builds(lambda step, end: [step, *end], leaf, ending), nested, max_leaves=12)


def rule_of(steps: list[Any]) -> RuleSpec | None:
    """The rule with these steps; None when some can't be reached."""
    from tests.rules.conftest import check

    _name_splits(steps, iter(range(1000)))
    trigger = {"type": "event", "with": {"name": "order.paid"}}
    checked = check(json.dumps({"rules": [{"id": "one", "trigger": trigger, "steps": steps}]}))
    assert all(problem.key == "rules.unreachable" for problem in checked.problems)
    return checked.rules[0] if checked.rules else None


def _name_splits(steps: list[Any], numbers: Iterator[int]) -> None:
    for step in steps:
        if "split" in step:
            step["split"]["name"] = f"s{next(numbers)}"
            for arm in step["split"]["arms"]:
                _name_splits(arm["steps"], numbers)
        for branch in ("then", "else"):
            _name_splits(step.get(branch, []), numbers)


class Choices:
    """Answers every question the same way to both readers: by the step's path."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def holds(self, path: str) -> bool:
        return self.arm(path, 2) == 0

    def arm(self, path: str, count: int) -> int:
        return crc32(f"{self.seed} {path}".encode()) % count


def walk(steps: tuple[Step, ...], choices: Choices) -> Iterator[str | None]:
    """The paths a run passes, straight from the tree; None behind a stop."""
    for step in steps:
        yield step.path
        if isinstance(step, Stop):
            yield None
            return
        below: tuple[Step, ...] = ()
        if isinstance(step, If):
            below = step.then if choices.holds(step.path) else step.orelse
        elif isinstance(step, Split):
            below = step.arms[choices.arm(step.path, len(step.arms))].steps
        for path in walk(below, choices):
            yield path
            if path is None:
                return


def run(program: Program, choices: Choices) -> Iterator[str | None]:
    """The same from the program."""
    position = 0
    while True:
        op = program[position]
        if isinstance(op, Jump):
            assert op.to > position  # a run only goes forward, so it ends
            position = op.to
        elif isinstance(op, Branch):
            yield op.path
            position = position + 1 if choices.holds(op.path) else op.otherwise
        elif isinstance(op, Fork):
            yield op.path
            position = op.arms[choices.arm(op.path, len(op.arms))][2]
        elif isinstance(op, End):
            if op.path is not None:
                yield op.path
                yield None
            return
        else:
            assert isinstance(op, (Act, Pause))
            yield op.path
            position += 1


@given(steps_strategy(), st.integers(0, 1000))
def test_the_program_goes_where_the_steps_go(steps: list[Any], seed: int) -> None:
    rule = rule_of(steps)
    if rule is None:
        return

    assert list(run(compile_program(rule), Choices(seed))) == list(walk(rule.steps, Choices(seed)))


@given(steps_strategy())
def test_a_stored_version_is_the_same_rule_with_the_same_positions(steps: list[Any]) -> None:
    rule = rule_of(steps)
    if rule is None:
        return

    again = respec(json.loads(json.dumps(rule.content)), shop())

    assert again == rule
    assert again.version == rule.version
    assert compile_program(again) == compile_program(rule)


def test_operations_carry_what_the_engine_needs() -> None:
    rule = only_rule(
        rule_with(
            "steps:\n"
            "  - {do: coupon.issue, with: {batch: SHIP}, save_as: coupon, on_error: continue}\n"
            "  - if: [{contact.level: 金卡}]\n"
            "    then: [{wait: 1d}]\n"
            "    else: [{stop: 不发}]\n"
            "  - split: {name: half, arms: [{arm: A, weight: 1, steps: [{wait: 2d}]}, "
            "{arm: B, weight: 3, steps: [{wait: 3d}]}]}"
        )
    )

    ops = compile_program(rule).ops

    act, branch, pause, jump, stop, fork, arm_a, jump_a, arm_b, jump_b, end = ops
    do, choice, split = rule.steps
    assert isinstance(do, Do)
    assert act == Act("rules/one/steps/0", "coupon.issue", do.params, "coupon", "continue")
    assert isinstance(choice, If)
    assert branch == Branch("rules/one/steps/1", choice.condition, 4)
    assert isinstance(choice.then[0], Wait)
    assert pause == Pause("rules/one/steps/1/then/0", choice.then[0])
    assert (jump, stop) == (Jump(5), End("rules/one/steps/1/else/0", "不发"))
    assert fork == Fork(split.path, "half", (("A", 1, 6), ("B", 3, 8)))
    assert isinstance(arm_a, Pause)
    assert isinstance(arm_b, Pause)
    assert (jump_a, jump_b, end) == (Jump(10), Jump(10), End())


class TestArms:
    ARMS = (("A", 1, 0), ("B", 3, 5))

    def test_an_arm_is_the_same_for_ever(self) -> None:
        assert [arm_of("rule", "half", contact, self.ARMS) for contact in range(12)] == [
            1,
            1,
            1,
            0,
            0,
            0,
            1,
            1,
            1,
            1,
            1,
            1,
        ]

    def test_arms_have_their_weights(self) -> None:
        count = Counter(arm_of("rule", "half", contact, self.ARMS) for contact in range(20_000))

        assert 4_700 < count[0] < 5_300

    def test_splits_don_t_go_together(self) -> None:
        even = (("A", 1, 0), ("B", 1, 5))
        both = Counter(
            (arm_of("rule", "first", contact, even), arm_of("rule", "second", contact, even))
            for contact in range(20_000)
        )

        assert all(4_700 < number < 5_300 for number in both.values())

    def test_no_arm_without_weight(self) -> None:
        with pytest.raises(ValueError, match="weight"):
            arm_of("rule", "half", 1, ())
