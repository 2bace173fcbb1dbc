"""Programs with waits for events and loops: where each operation stands, and that edits elsewhere move nothing."""

from __future__ import annotations

from automation.calendars.duration import Duration
from automation.rules.program import Await, End, Jump, Op, Pause, Rest, Round, compile_program, step_positions
from automation.rules.spec import Repeat, RuleSpec, Step, Stop, Wait, WaitFor

DAY = Duration(1, "d")


def spec(*steps: Step) -> RuleSpec:
    class Steps:  # the program is made of the steps alone, and of a digest
        digest = None

    found = Steps()
    found.steps = steps  # type: ignore[attr-defined]
    return found  # type: ignore[return-value]


def ops(*steps: Step) -> tuple[Op, ...]:
    return compile_program(spec(*steps)).ops


def wait(path: str, id: str | None = None) -> Wait:
    return Wait(path, for_=DAY, id=id)


def test_a_wait_for_an_event_goes_on_with_then_and_jumps_over_else() -> None:
    found = ops(WaitFor("0", "paid", None, DAY, then=(wait("a"),), orelse=(wait("b"), Stop("c")), save_as="x"))
    assert found[0] == Await("0", "paid", None, DAY, "x", otherwise=3)
    assert [type(op) for op in found[1:]] == [Pause, Jump, Pause, End, End]
    assert found[2] == Jump(5)


def test_without_a_branch_both_ways_lead_behind_the_wait() -> None:
    assert ops(WaitFor("0", "paid", None, DAY)) == (Await("0", "paid", None, DAY, None, otherwise=1), End())
    only_else = ops(WaitFor("0", "paid", None, DAY, orelse=(wait("b"),)))
    assert (only_else[0], only_else[1]) == (Await("0", "paid", None, DAY, None, otherwise=2), Jump(3))


def test_a_loop_begins_with_a_round_and_ends_with_a_rest() -> None:
    inner = Repeat("0/repeat/0", 3, (wait("i"),), id="inner")
    found = ops(Repeat("0", 2, (inner,), every=DAY), Stop("1"))
    assert found[0] == Round("0", "0", 2, None, leave=5)
    assert found[1] == Round("0/repeat/0", "inner", 3, None, leave=4)  # counted by its id, where it has one
    assert found[3] == Rest("0/repeat/0", "inner", 3, None, begin=1, leave=4)
    assert found[4] == Rest("0", "0", 2, DAY, begin=0, leave=5)
    assert found[5] == End("1")


def test_positions_by_step_id_in_every_kind_of_list() -> None:
    steps = (
        wait("0", "first"),
        WaitFor("1", "paid", None, DAY, then=(wait("t", "then"),), orelse=(wait("e", "else"),), id="paid"),
        Repeat("2", 2, (wait("r"), wait("r", "round")), id="loop"),
        Stop("3", id="stop"),
    )
    assert step_positions(spec(*steps)) == {
        "first": 0, "paid": 1, "then": 2, "else": 4, "loop": 5, "round": 7, "stop": 9,
    }  # fmt: skip
    assert step_positions(spec(wait("0"))) == {}
