"""Rules in words: golden texts, and nothing that a rule says is left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automation.calendars.duration import Duration
from automation.calendars.windows import Days
from automation.errors import AutomationError
from automation.i18n import LANGS, language
from automation.insight.explain import explain
from automation.insight.explain.markdown import markdown
from automation.insight.explain.parts import NOT_TOLD, PARTS
from automation.insight.explain.text import text
from automation.rules import spec as rules
from automation.rules.spec import RuleSpec, each_step
from tests.insight.explain.helpers import explained, journey, project, rule, told

GOLDEN = Path(__file__).parent / "golden"
SEEDS = ("birthday_coupon", "whitepaper_nurture", "stock_out_rescue")


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", [*SEEDS, "journey"])
def test_rules_read_as_they_did(key: str, lang: str) -> None:
    """After a change that is meant: write what is shown into tests/insight/explain/golden."""
    with language(lang):  # type: ignore[arg-type]
        found = told(journey()) if key == "journey" else text(explain(project(), key))
    expected = (GOLDEN / f"{key}.{lang}.txt").read_text(encoding="utf-8")
    assert _without_places(found) == _without_places(expected)


def _without_places(found: str) -> str:
    """Versions, lines and numbers of test cases change without the rule meaning anything else."""
    return re.sub(r"[0-9a-f]{16}|(?<=第 )\d+(?= 行)|(?<=line )\d+|\d+(?= 个用例| test cases)", "…", found)


# ---------------------------------------------------------------- nothing is left out

D7 = Duration(7, "d")
AT = time(7, 30)


def _with(**changes: Any) -> Callable[[RuleSpec], RuleSpec]:
    return lambda old: replace(old, **changes)


def _condition() -> Any:
    return rule("rules: [{id: a, trigger: {type: event, with: {name: order.paid}},"
                " audience: [{contact.city: 南京}], steps: [{wait: 1d}]}]").audience  # fmt: skip


def _trigger() -> Any:
    return rule("rules: [{id: a, trigger: {type: schedule, with: {cron: '0 9 * * mon'}}, steps: [{wait: 1d}]}]").trigger


def _field() -> Any:
    return rule("rules: [{id: a, trigger: {type: event, with: {name: order.paid}},"
                " steps: [{wait: {until: contact.created_at}}]}]").steps[0].field  # fmt: skip


def _other_steps() -> tuple[rules.Step, ...]:
    return (rules.Wait("rules/big/steps/0", for_=D7),)


_WINDOW: dict[str, Callable[[], Any]] = {
    "start": lambda: AT, "end": lambda: AT, "then": lambda: "drop", "days": lambda: Days(kind="workdays")
}  # fmt: skip

CHANGES: dict[type, dict[str, Callable[[], Any]]] = {
    RuleSpec: {
        "owner": lambda: "法务部", "enabled": lambda: False, "zone": lambda: ZoneInfo("Asia/Tokyo"),
        "trigger": _trigger, "audience": _condition, "guards": lambda: rules.Guards("transactional"),
        "mode": lambda: rules.Mode("skip"), "exit_when": _condition, "steps": _other_steps, "version": lambda: "f" * 16,
        "goal": lambda: None, "digest": lambda: rules.Digest("d", D7), "vars": lambda: {"days": 14},
        "priority": lambda: 77, "catch_up": lambda: "skip",
        "expires_after": lambda: D7,
        "max_attempts": lambda: 44, "max_audience": lambda: 4444, "failure_limit": lambda: 3300,
        "on_unknown": lambda: "hold", "on_change": lambda: "exit", "file": lambda: "other.yaml", "line": lambda: 4321,
        "cases": lambda: next(each.cases for each in project().checked.rules if each.cases),
        "content": lambda: {"attribution": {"credit": "store", "id": "event.store_id", "window": "3d"}},
    },
    rules.Guards: {
        "purpose": lambda: "survey", "quiet_hours": lambda: (),
        "send_window": lambda: (rules.SendWindow(AT, AT),), "do_not_disturb": lambda: False,
        "frequency_cap": lambda: (), "cooldown": lambda: None, "limit": lambda: (rules.Limit(7, "week", "coupons"),),
        "budget": lambda: None, "holdout": lambda: 0, "global_holdout": lambda: 700,
    },
    rules.QuietHours: _WINDOW, rules.SendWindow: _WINDOW,
    rules.FrequencyCap: {
        "max": lambda: 33, "per": lambda: Duration(9, "d"), "channel": lambda: "email", "scope": lambda: "all",
    },
    rules.Budget: {"messages": lambda: None, "cost": lambda: 770_000},
    rules.Mode: {"on_again": lambda: "restart", "per": lambda: (_field(),)},
    rules.Goal: {"event": lambda: "whitepaper.downloaded", "where": lambda: None, "within": lambda: D7},
    rules.TriggerSpec: {},
    rules.Do: {"save_as": lambda: None, "on_error": lambda: "continue"},
    rules.Wait: {
        "for_": lambda: D7, "until": lambda: AT, "field": _field, "offset": lambda: None, "at": lambda: None,
        "days": lambda: Days((0, 6)), "ahead": lambda: 3, "own_zone": lambda: True, "if_missing": lambda: "skip",
        "if_past": lambda: "stop",
    },
    rules.WaitFor: {
        "event": lambda: "whitepaper.downloaded", "where": lambda: None, "within": lambda: Duration(9, "d"),
        "then": lambda: (), "orelse": lambda: (), "save_as": lambda: "paid",
    },
    rules.Repeat: {"times": lambda: 44, "steps": lambda: (), "every": lambda: None, "until": lambda: None},
    rules.If: {"condition": _condition, "then": lambda: (), "orelse": lambda: ()},
    rules.Arm: {"name": lambda: "甲", "weight": lambda: 9, "steps": lambda: ()},
    rules.Split: {"name": lambda: "other", "arms": lambda: ()},
    rules.Stop: {"reason": lambda: "改天再说"},
}  # fmt: skip
"""Another value of each field, which must make another text."""

SILENT: dict[type, set[str]] = {
    RuleSpec: set(NOT_TOLD),
    rules.TriggerSpec: {"type", "params"},  # test_plugins.py goes through every parameter of every type
    rules.Do: {"path", "id", "action", "params"},  # the same
    **{kind: {"path", "id"} for kind in (rules.Wait, rules.WaitFor, rules.Repeat, rules.If, rules.Split, rules.Stop)},
}
"""Fields without a word of their own: addresses, and what other tests look at."""


@pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.__name__)
def test_every_field_has_its_words(kind: type) -> None:
    """A field that is new needs a sentence, and a line here."""
    names = {field.name for field in fields(kind)}
    assert names == set(CHANGES[kind]) | SILENT.get(kind, set())


def test_every_field_of_a_rule_belongs_to_a_part() -> None:
    told_of = {name for part in PARTS for name in part.fields}
    assert {field.name for field in fields(RuleSpec)} == told_of | set(NOT_TOLD)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, changes in CHANGES.items() for name in changes])
def test_what_changes_is_told_otherwise(kind: type, name: str, lang: str) -> None:
    before = journey()
    (place, old) = next(iter(_places(before, kind, name)))
    with language(lang):  # type: ignore[arg-type]
        after = place(replace(old, **{name: CHANGES[kind][name]()}))
        assert told(after) != told(before)


def _places(spec: RuleSpec, kind: type, name: str) -> Any:
    """(put, value): where the rule has one of these values, and how to put another there."""
    if kind is RuleSpec:
        yield (lambda new: new), spec
    guards = spec.guards
    held: dict[type, tuple[Any, str]] = {
        rules.Budget: (guards.budget, "budget"),
    }
    if kind is rules.Guards:
        yield (lambda new: replace(spec, guards=new)), guards
    for one, where in ((rules.QuietHours, "quiet_hours"), (rules.SendWindow, "send_window")):
        if kind is one:
            old = next(iter(getattr(guards, where)), one(AT, AT))
            yield (lambda new, where=where: replace(spec, guards=replace(guards, **{where: (new,)}))), old
    if kind is rules.FrequencyCap:
        yield (lambda new: replace(spec, guards=replace(guards, frequency_cap=(new,)))), guards.frequency_cap[0]
    if kind in held:
        old, where = held[kind]
        yield (lambda new: replace(spec, guards=replace(guards, **{where: new}))), old
    if kind is rules.Mode:
        yield (lambda new: replace(spec, mode=new)), spec.mode
    if kind is rules.Goal:
        yield (lambda new: replace(spec, goal=new)), spec.goal
    for step in each_step(spec.steps):
        if kind is rules.Arm and isinstance(step, rules.Split):
            yield (lambda new, step=step: _put(spec, step, replace(step, arms=(new, *step.arms[1:])))), step.arms[0]
        if isinstance(step, kind) and _usable(step, name):
            yield (lambda new, step=step: _put(spec, step, new)), step


def _usable(step: Any, name: str) -> bool:
    """Whether the step says something in the field, so that saying nothing there is a change."""
    if isinstance(step, rules.Do):
        return (name == "save_as") == (step.save_as is not None) and (name != "on_error" or step.on_error == "stop")
    if isinstance(step, rules.Wait):
        dated = ("field", "offset", "at", "if_missing", "if_past")
        return step.field is not None if name in dated else step.until is not None
    return True


def _put(spec: RuleSpec, old: rules.Step, new: rules.Step) -> RuleSpec:
    return replace(spec, steps=_replaced(spec.steps, old, new))


def _replaced(steps: tuple[rules.Step, ...], old: rules.Step, new: rules.Step) -> tuple[rules.Step, ...]:
    return tuple(_within(step, old, new) for step in steps)


def _within(step: Any, old: rules.Step, new: rules.Step) -> Any:
    if step is old:
        return new
    below = {
        name: _replaced(getattr(step, name), old, new) for name in ("then", "orelse", "steps") if hasattr(step, name)
    }
    if isinstance(step, rules.Split):
        below["arms"] = tuple(replace(arm, steps=_replaced(arm.steps, old, new)) for arm in step.arms)
    return replace(step, **below) if below else step


# ---------------------------------------------------------------- the rest


@pytest.mark.parametrize("lang", LANGS)
def test_every_step_is_told_once(lang: str) -> None:
    with language(lang):  # type: ignore[arg-type]
        paths = [line.path for part in explained(journey()).parts for line in part.lines if line.path]
    assert sorted(paths) == sorted(step.path for step in each_step(journey().steps))


def test_a_step_is_known_by_the_name_it_was_given() -> None:
    with language("en"):
        assert "1. 先发券: issue a “birthday coupon of 50 yuan”" in told(journey())


def test_markdown_is_nested_and_escapes_what_people_wrote() -> None:
    with language("en"):
        page = markdown(explained(journey()))
    assert page.startswith("# 复购旅程 \\<b\\>\\`v2\\`\\</b\\> \\#1; %% end (big)\n")
    assert "\n   - Then:\n      1. Send the template" in page
    assert "```mermaid\n%%{init:" in page


def test_a_secret_of_a_webhook_is_not_told() -> None:
    for found in (told(journey()), markdown(explained(journey()))):
        assert "https://crm.example.cn/hook?…" in found or "https://crm.example.cn/hook" in found
        assert "token=abc" not in found
        assert "secret" not in found


def test_programs_get_the_same_sentences_and_the_diagram() -> None:
    with language("en"):
        found = explain(project(), "birthday_coupon").as_dict()
    assert list(found) == ["rule", "name", "version", "parts", "diagram"]
    (trigger,) = [part for part in found["parts"] if part["key"] == "trigger"]
    assert trigger["title"] == "When it fires"
    assert trigger["lines"][0]["text"] == "Every year at 10:00, 3 days before the contact's birthday"
    assert {box["path"] for box in found["diagram"]["boxes"]} > {"rules/birthday_coupon/steps/0"}


def test_a_rule_that_nobody_knows() -> None:
    with pytest.raises(AutomationError) as caught:
        explain(project(), "birthday_cupon")
    assert caught.value.text("en") == (
        "there is no rule birthday_cupon; did you mean birthday_coupon?;"
        " known: birthday_coupon, stock_out_rescue, whitepaper_nurture, win_back"
    )
