"""The rule as a graph of boxes and arrows, before anybody draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from automation.i18n import say
from automation.insight.explain.branches import arm_title, chain
from automation.insight.explain.parts import PARTS
from automation.insight.explain.sentences import capital, step_sentence
from automation.rules.spec import Do, If, Repeat, Split, Step, Stop, Wait, WaitFor

if TYPE_CHECKING:
    from automation.insight.explain.subject import Subject

Kind = Literal["start", "gate", "guard", "do", "wait", "ask", "loop", "stop", "end"]


@dataclass(frozen=True)
class Box:
    """`title` is the sentence, `lines` stand below it. `path`: the step that it shows, or the rule's key."""

    id: str
    kind: Kind
    title: str
    lines: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True)
class Arrow:
    """The way from one box to the next; `label` is the answer that leads there."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True)
class Chart:
    """Boxes in reading order, and the arrows between them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def draw(subject: Subject) -> Chart:
    """Trigger, entry, guards, every step with its branches, the ends."""
    return _Drawing(subject).whole()


@dataclass(frozen=True)
class _Loose:
    """An arrow that has left its box and not arrived yet."""

    source: str
    label: str = ""


@dataclass
class _Drawing:
    subject: Subject
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)

    def whole(self) -> Chart:
        loose = self._entrance()
        loose = self._steps(self.subject.spec.steps, loose)
        if loose:
            self._box("end", capital(say("explain.done")), loose)
        return Chart(tuple(self.boxes), tuple(self.arrows))

    def _entrance(self) -> list[_Loose]:
        """What calls people, who of them gets in, and what holds from then on."""
        spec = self.subject.spec
        told = {part.key: [line.text for line in part.tell(self.subject)] for part in PARTS if part.key in _AROUND}
        start = self._box("start", spec.name, [], told["trigger"], f"{spec.path}/trigger")
        asked = [*told["audience"], *told["entry"]]
        gate = self._box("gate", say("explain.part_audience"), [_Loose(start)], asked, f"{spec.path}/audience")
        self._box("stop", capital(say("explain.not_entered")), [_Loose(gate, say("explain.no"))])
        lines = [line for key in ("message", "exit", "goal") if told[key] for line in (_heading(key), *told[key])]
        guard = self._box("guard", lines[0], [_Loose(gate, say("explain.yes"))], lines[1:], f"{spec.path}/guards")
        return [_Loose(guard)]

    def _steps(self, steps: Sequence[Step], loose: list[_Loose]) -> list[_Loose]:
        for step in steps:
            loose = self._step(step, loose)
        return loose

    def _step(self, step: Step, loose: list[_Loose]) -> list[_Loose]:
        """The arrows that leave the step."""
        box = self._box(_KINDS[type(step)], step_sentence(self.subject, step, brief=True), loose, (), step.path)
        if isinstance(step, If):
            return self._if(step, box)
        if isinstance(step, WaitFor):
            came = self._steps(step.then, [_Loose(box, say("explain.came"))])
            return came + self._steps(step.orelse, [_Loose(box, say("explain.missed"))])
        if isinstance(step, Split):
            return self._split(step, box)
        if isinstance(step, Repeat):
            return self._repeat(step, box)
        return [] if isinstance(step, Stop) else [_Loose(box)]

    def _if(self, step: If, box: str) -> list[_Loose]:
        """An `elif` is asked where the answer before was no."""
        ends: list[_Loose] = []
        asked = chain(step)
        for number, each in enumerate(asked):
            if number:
                sentence = step_sentence(self.subject, each, brief=True)
                box = self._box("ask", sentence, [_Loose(box, say("explain.no"))], (), each.path)
            ends += self._steps(each.then, [_Loose(box, say("explain.yes"))])
        return ends + self._steps(asked[-1].orelse, [_Loose(box, say("explain.no"))])

    def _split(self, step: Split, box: str) -> list[_Loose]:
        total = sum(arm.weight for arm in step.arms)
        return [
            end
            for arm in step.arms
            for end in self._steps(arm.steps, [_Loose(box, capital(arm_title(arm.name, arm.weight, total)))])
        ]

    def _repeat(self, step: Repeat, box: str) -> list[_Loose]:
        for end in self._steps(step.steps, [_Loose(box, say("explain.round"))]):
            self.arrows.append(Arrow(end.source, box, end.label or say("explain.next_round")))
        return [_Loose(box, say("explain.rounds_over"))]

    def _box(self, kind: Kind, title: str, loose: Sequence[_Loose], lines: Sequence[str] = (), path: str = "") -> str:
        box = Box(f"n{len(self.boxes) + 1}", kind, title, tuple(lines), path)
        self.boxes.append(box)
        self.arrows += [Arrow(end.source, box.id, end.label) for end in loose]
        return box.id


def _heading(part: str) -> str:
    return say(f"explain.part_{part}")


_AROUND = ("trigger", "audience", "entry", "message", "exit", "goal")
_KINDS: dict[type, Kind] = {
    Do: "do",
    Wait: "wait",
    WaitFor: "ask",
    If: "ask",
    Split: "ask",
    Repeat: "loop",
    Stop: "stop",
}
