"""A plan, and a simulation, as an operator reads them: sections with lines, shown as text or as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from automation.channels import CHANNELS
from automation.contacts.share import shown_share
from automation.i18n import say
from automation.insight.rehearsal.outlook import UNITS, RuleOutlook
from automation.reasons import Reason

if TYPE_CHECKING:
    from automation.insight.planning.plan import Plan, PlannedRule
    from automation.insight.simulation.simulate import Simulated

DAYS = 10
"""More days than these are shown as the first and the sum."""


class Section(NamedTuple):
    title: str
    lines: list[str]


def plan_sections(plan: Plan) -> Iterator[Section]:
    """What changes, then each rule, then how the rules meet."""
    head = [_span(plan), say("planning.reach", reach=plan.reach)]
    head += [say("canary.planned", share=shown_share(plan.canary))] if plan.canary is not None else []
    head += [say("planning.unforeseen", rules=", ".join(plan.unforeseen))] if plan.unforeseen else []
    yield Section(say("planning.title", hash=plan.hash), head)
    told = [sentence for change in plan.changes for sentence in _indented(change.sentences())]
    yield Section(say("planning.changes"), told or [say("planning.no_changes")])
    for key, rule in plan.rules.items():
        name = (rule.now or rule.before or RuleOutlook(key, key)).name
        yield Section(f"{key}  {name}", list(_rule_lines(rule)))
    met = [say("planning.overlap", one=one, two=two, people=people) for one, two, people in plan.overlaps]
    met += [say("planning.circle", rules=" → ".join([*circle, circle[0]])) for circle in plan.circles]
    if met:
        yield Section(say("planning.together"), met)
    yield Section(say("planning.assumed_title"), [say("planning.assumed")])


def simulation_sections(found: Simulated, other: Simulated | None = None) -> Iterator[Section]:
    """Each rule; with `other`, what the other rules came to stands beside it."""
    begin, end = (f"{moment:%Y-%m-%d %H:%M}" for moment in (found.begin, found.end))
    yield Section(say("simulation.title", begin=begin, end=end), [say("simulation.events", events=found.events)])
    for key in dict.fromkeys([*found.rules, *(other.rules if other else ())]):
        rule, before = found.rules.get(key), other.rules.get(key) if other else None
        name = (rule or before or RuleOutlook(key, key)).name
        yield Section(f"{key}  {name}", list(outlook_lines(rule, before, compared=other is not None)))
    yield Section(say("planning.assumed_title"), [say("simulation.assumed")])


def as_text(sections: Iterable[Section]) -> str:
    return "\n\n".join("\n".join([section.title, *(f"  {line}" for line in section.lines)]) for section in sections)


def as_markdown(sections: Iterable[Section]) -> str:
    parts = []
    for number, section in enumerate(sections):
        lines = [line if line.startswith(" ") else f"- {line}" for line in _listed(section.lines)]
        parts.append("\n".join([f"{'##' if number else '#'} {section.title}", "", *lines]))
    return "\n\n".join(parts)


def outlook_lines(
    rule: RuleOutlook | None, before: RuleOutlook | None = None, *, compared: bool = False
) -> Iterator[str]:
    """One rule's figures; where two are compared, what the other came to stands in brackets."""
    now, then = rule or RuleOutlook("", ""), (before or RuleOutlook("", "")) if compared else None
    yield _figure("planning.entered", now.entered, then.entered if then else None)
    if now.entered:
        yield _by_day(now.days)
    for channel in dict.fromkeys([*now.messages, *(then.messages if then else ())]):
        count, other = _sent(now, channel), _sent(then, channel) if then else None
        yield _figure("planning.messages", count, other, channel=CHANNELS[channel].title)
        if count:
            yield _by_day(now.messages[channel])
    if now.cost or (then and then.cost):
        yield _figure("planning.cost", now.cost / UNITS, then.cost / UNITS if then else None)
        if now.cost:
            yield _by_day({day: cost / UNITS for day, cost in now.costs.items() if cost})
    for key, of_rule in (("skipped", now.skipped), ("unsent", now.unsent), ("left", now.left)):
        others: Mapping[str, int] = getattr(then, key) if then else {}
        for code in dict.fromkeys([*of_rule, *others]):
            params = {"reason": Reason(code).sentence()}
            yield _figure(f"planning.{key}", of_rule.get(code, 0), others.get(code, 0) if then else None, **params)
    for batch in dict.fromkeys([*now.coupons, *(then.coupons if then else ())]):
        used = then.coupons.get(batch, 0) if then else None
        yield _figure("planning.coupons", now.coupons.get(batch, 0), used, batch=batch)
    if now.goals or (then and then.goals):
        yield _figure("planning.goals", now.goals, then.goals if then else None)
    if now.inside:
        yield say("planning.still_inside", count=f"{now.inside:,}")


def _rule_lines(rule: PlannedRule) -> Iterator[str]:
    compared = rule.change is not None
    yield from outlook_lines(rule.now, rule.before if compared else None, compared=compared)
    if rule.newcomers:
        yield say("planning.newcomers", count=f"{rule.newcomers:,}", some=_some(rule.some_newcomers))
    if rule.leavers:
        yield say("planning.leavers", count=f"{rule.leavers:,}", some=_some(rule.some_leavers))
    if rule.inside is not None and (rule.change is not None or rule.inside.changes):
        yield rule.inside.sentence()


def _figure(key: str, count: float, other: float | None, **params: object) -> str:
    told = say(key, count=_number(count), **params)
    return told if other is None else say("planning.beside", told=told, other=_number(other))


def _number(value: float) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def _sent(rule: RuleOutlook, channel: str) -> int:
    return rule.messages[channel].total() if channel in rule.messages else 0


def _by_day(days: Mapping[str, float]) -> str:
    shown = [f"{day[5:]} {_number(count)}" for day, count in sorted(days.items())]
    return "  " + say("planning.by_day", days=" · ".join(shown if len(shown) <= DAYS else [*shown[:DAYS], "…"]))


def _some(people: Iterable[int]) -> str:
    return ", ".join(f"#{contact}" for contact in people)


def _span(plan: Plan) -> str:
    end = plan.end.astimezone(plan.begin.tzinfo)
    return say("planning.span", begin=f"{plan.begin:%Y-%m-%d %H:%M}", end=f"{end:%Y-%m-%d %H:%M}")


def _indented(sentences: list[str]) -> list[str]:
    return [sentences[0], *(f"  {sentence}" for sentence in sentences[1:])]


def _listed(lines: Iterable[str]) -> Iterator[str]:
    """A deeper line becomes a deeper item."""
    for line in lines:
        yield f"  - {line.strip()}" if line.startswith(" ") else line
