"""The diagram: every step is in it and can be reached, and nothing that people wrote breaks its text."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automation.calendars.duration import Duration
from automation.i18n import LANGS, language
from automation.insight.explain import explain_rule
from automation.insight.explain.chart import Arrow, Box, Chart
from automation.insight.explain.mermaid import escaped, mermaid
from automation.insight.explain.picture import svg
from automation.rules import spec as rules
from automation.rules.checker import check_rules
from automation.rules.project import Project
from automation.rules.spec import RuleSpec, each_step
from automation.settings import Settings
from tests.insight.explain.helpers import ROOT, explained, journey, project
from tests.rules.conftest import GOLDEN, shop

PROJECTS = (ROOT, ROOT / "automation/cli/skeleton", ROOT / "examples/plugins")
FILES = sorted(path.name for path in GOLDEN.glob("*.yaml"))


def charts_of_projects() -> list[tuple[RuleSpec, Chart]]:
    found = []
    for folder in PROJECTS:
        opened = Project.load(Settings.load(folder))
        found += [(spec, explain_rule(spec, opened.catalogue, opened.registry).chart) for spec in opened.checked.rules]
    return found


def check_whole(spec: RuleSpec, chart: Chart) -> None:
    """Every step has its box, every box is on a way from the trigger, and only ends are ends."""
    paths = {box.path for box in chart.boxes}
    assert {step.path for step in each_step(spec.steps)} <= paths
    ways: dict[str, set[str]] = {box.id: set() for box in chart.boxes}
    for arrow in chart.arrows:
        ways[arrow.source].add(arrow.target)
    reached, waiting = set[str](), [chart.boxes[0].id]
    while waiting:
        box = waiting.pop()
        if box not in reached:
            reached.add(box)
            waiting += ways[box]
    assert reached == set(ways)
    for box in chart.boxes:
        assert bool(ways[box.id]) == (box.kind not in ("stop", "end")), box


@pytest.mark.parametrize("lang", LANGS)
def test_every_step_of_every_rule_is_in_its_diagram(lang: str) -> None:
    with language(lang):  # type: ignore[arg-type]
        found = charts_of_projects()
        assert len(found) >= 8
        for spec, chart in [*found, (journey(), explained(journey()).chart)]:
            check_whole(spec, chart)


@pytest.mark.parametrize("file", FILES)
def test_every_step_of_the_sample_files_too(file: str) -> None:
    checked = check_rules([(file, (GOLDEN / file).read_text(encoding="utf-8"))], shop())
    for spec in checked.rules:
        check_whole(spec, explain_rule(spec, shop().catalogue, shop().registry).chart)


def _steps(draw: st.DrawFn, path: str, depth: int) -> tuple[rules.Step, ...]:
    found: list[rules.Step] = []
    for index in range(draw(st.integers(1, 3))):
        found.append(_step(draw, f"{path}/{index}", depth))
        if _ends(found[-1]):
            break
    return tuple(found)


def _step(draw: st.DrawFn, path: str, depth: int) -> rules.Step:
    kind = draw(st.sampled_from(["wait", "stop", "if", "elif", "wait_for", "split", "repeat"][: 7 if depth else 2]))
    below = [_steps(draw, f"{path}/{name}", depth - 1) if depth and draw(st.booleans()) else () for name in "ab"]
    condition = journey().audience
    assert condition is not None
    if kind == "if":
        return rules.If(path, condition, below[0], below[1])
    if kind == "elif":
        inner = rules.If(f"{path}/elif/0", condition, below[1])
        return rules.If(path, condition, below[0], (inner,))
    if kind == "wait_for":
        return rules.WaitFor(path, "order.paid", None, Duration(1, "d"), *below)
    if kind == "split":
        arms = tuple(rules.Arm(name, 1, steps) for name, steps in zip("AB", below, strict=True))
        return rules.Split(path, "ab", arms)
    if kind == "repeat":
        return rules.Repeat(path, 2, below[0])
    return rules.Stop(path) if kind == "stop" else rules.Wait(path, for_=Duration(1, "d"))


def _ends(step: rules.Step) -> bool:
    """Whether nothing comes behind it, as the checker would find."""
    if isinstance(step, rules.Stop):
        return True
    if isinstance(step, (rules.If, rules.WaitFor)):
        return all(bool(steps) and _ends(steps[-1]) for steps in (step.then, step.orelse))
    if isinstance(step, rules.Split):
        return all(bool(arm.steps) and _ends(arm.steps[-1]) for arm in step.arms)
    return False


@st.composite
def journeys(draw: st.DrawFn) -> RuleSpec:
    """Rules with steps in steps."""
    return replace(journey(), steps=_steps(draw, "rules/big/steps", 3))


@settings(max_examples=60, deadline=None)
@given(journeys())
def test_every_step_of_any_rule_is_in_its_diagram(spec: RuleSpec) -> None:
    check_whole(spec, explained(spec).chart)


def test_branches_carry_their_answers() -> None:
    with language("en"):
        chart = explained(journey()).chart
    (split,) = [box.id for box in chart.boxes if box.path == "rules/big/steps/3"]
    (loop,) = [box for box in chart.boxes if box.kind == "loop"]
    assert [arrow.label for arrow in chart.arrows if arrow.source == split] == ["Group A, 33.33%", "Group 对照, 66.67%"]
    assert [arrow.label for arrow in chart.arrows if arrow.source == loop.id] == ["each round", "no more rounds"]
    assert "next round" in [arrow.label for arrow in chart.arrows if arrow.target == loop.id]


def test_the_diagram_shows_trigger_audience_and_guards() -> None:
    with language("en"):
        start, gate, refused, guard, *_ = explained(journey()).chart.boxes
    assert (start.title, start.lines[0][:23]) == (journey().name, "Whenever “order paid” (")
    assert "10% of the people are this rule's control group and never enter" in gate.lines
    assert (refused.kind, refused.title) == ("stop", "Does not enter")
    assert guard.title == "Before every message"
    assert "Quiet from 21:00 to 09:00, where the person lives: sent after 09:00" in guard.lines


# ---------------------------------------------------------------- Mermaid


def test_mermaid_names_each_step() -> None:
    written = mermaid(explained(journey()).chart)
    assert "%% n5: rules/big/steps/0\n" in written
    for step in each_step(journey().steps):
        assert f": {step.path}\n" in written


def test_what_people_wrote_stays_a_label() -> None:
    evil = 'a"]; click n1 "javascript:x" %% <script>`#\\\nend'
    assert escaped(evil) == "a#quot;]; click n1 #quot;javascript:x#quot; %% #lt;script#gt;#96;#35;#92; end"
    written = mermaid(
        Chart((Box("n1", "start", evil, (evil,), "p"), Box("n2", "end", "b")), (Arrow("n1", "n2", evil),))
    )
    assert [line.strip()[:2] for line in written.splitlines()][2:5] == ["%%", "n1", "n2"]
    assert len(written.splitlines()) == 8


# ---------------------------------------------------------------- SVG


@pytest.mark.parametrize("lang", LANGS)
def test_svg_has_a_box_for_each_step_and_its_words(lang: str) -> None:
    with language(lang):  # type: ignore[arg-type]
        chart = explained(journey()).chart
        tree = ElementTree.fromstring(svg(chart))
    ids = {element.get("id", "") for element in tree.iter()}
    for box in chart.boxes:
        assert any(f"-{box.id}-" in id_ for id_ in ids), box
    words = _squeezed("".join(element.text or "" for element in tree.iter() if element.tag.endswith("text")))
    for box in chart.boxes:
        for text in (box.title, *box.lines):
            assert _squeezed(text) in words
    assert not {element.tag.rpartition("}")[2] for element in tree.iter()} & {"script", "foreignObject", "image", "a"}


def _squeezed(text: str) -> str:
    """Without white space: lines are broken where they fit."""
    return "".join(text.split())


def test_headings_stand_out() -> None:
    with language("en"):
        drawn = svg(explained(project().checked.rules[0]).chart)
    bold = [line for line in drawn.split("<text ") if "font-weight:700" in line]
    assert [line.partition(">")[2].partition("<")[0].strip() for line in bold] == [
        project().checked.rules[0].name, "Who enters", "Before every message", "When people leave early", "The goal",
    ]  # fmt: skip
