"""Every path of a rule leads to its line, and no line changes what the rule is."""

from __future__ import annotations

from dataclasses import replace

from automation.catalogue.loader import load_catalogue
from automation.rules.checker import CheckEnv, check_rules, respec
from automation.rules.conditions.tree import walk
from automation.rules.spec import If, Repeat, RuleSpec, WaitFor, each_step
from tests.engine.world import CATALOG
from tests.rules.conftest import shop

FILE = """\
defaults:
  quiet_hours: {from: "21:00", to: "09:00", then: delay}
segments:
  vip:
    - contact.level: 金卡
rules:
  - id: promo
    trigger:
      type: event
      with:
        name: order.paid
        where:
          - event.amount: {gte: 100}
    audience:
      - segment: vip
      - any:
          - contact.level: 银卡
          - did:
              event: order.paid
    guards:
      cooldown: 3d
    steps:
      - wait: 1d
      - wait_for:
          event: order.paid
          within: 1d
          where:
            - sku: A
        then:
          - do: contact.tag
            with: {add: [x]}
      - repeat:
          times: 3
          until:
            - contact.level: 银卡
          steps:
            - do: contact.tag
              with: {add: [x]}
      - if:
          - contact.level: 银卡
        then:
          - do: contact.tag
            with: {add: [x]}
        elif:
          - if: [{contact.level: 普卡}]
            then:
              - stop: true
      - split:
          name: s
          arms:
            - arm: A
              weight: 1
              steps:
                - do: contact.tag
                  with: {add: [x]}
"""


def env() -> CheckEnv:
    return replace(shop(), catalogue=load_catalogue(CATALOG, "catalog.yaml")[0])


def read(text: str = FILE) -> RuleSpec:
    checked = check_rules([("shop.yaml", text)], env())
    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    return checked.rules[0]


def written(spec: RuleSpec, path: str) -> str:
    """What stands on the line of a path."""
    line = spec.positions.line(path)
    return "" if line is None else FILE.splitlines()[line - 1].strip()


def test_every_step_is_found_on_its_own_line() -> None:
    spec = read()
    found = [(step.path.removeprefix("rules/promo/steps/"), written(spec, step.path)) for step in each_step(spec.steps)]
    assert found == [
        ("0", "- wait: 1d"),
        ("1", "- wait_for:"),
        ("1/then/0", "- do: contact.tag"),
        ("2", "- repeat:"),
        ("2/repeat/0", "- do: contact.tag"),
        ("3", "- if:"),
        ("3/then/0", "- do: contact.tag"),
        ("3/elif/0", "- if: [{contact.level: 普卡}]"),
        ("3/elif/0/then/0", "- stop: true"),
        ("4", "- split:"),
        ("4/arms/A/0", "- do: contact.tag"),
    ]
    assert len({spec.positions.line(step.path) for step in each_step(spec.steps)}) == 11
    assert spec.positions.place("rules/promo/steps/1/then/0") == "shop.yaml:30"


def test_every_condition_is_found_on_its_own_line_those_of_a_segment_in_the_segment() -> None:
    spec = read()
    assert spec.audience is not None
    assert [(node.path, written(spec, node.path)) for node in walk(spec.audience)] == [
        ("rules/promo/audience", "audience:"),
        ("segments/vip", "- contact.level: 金卡"),
        ("segments/vip/0", "- contact.level: 金卡"),
        ("rules/promo/audience/1/any", "- any:"),
        ("rules/promo/audience/1/any/0", "- contact.level: 银卡"),
        ("rules/promo/audience/1/any/1", "- did:"),
    ]
    where = spec.trigger.params.where  # type: ignore[attr-defined]
    assert written(spec, walk(where)[1].path) == "- event.amount: {gte: 100}"
    inside = [step for step in each_step(spec.steps) if isinstance(step, (If, Repeat, WaitFor))]
    asked = [getattr(step, name) for step in inside for name in ("condition", "until", "where") if hasattr(step, name)]
    lines = [written(spec, walk(condition)[-1].path) for condition in asked]
    assert lines == ["- sku: A", "- contact.level: 银卡", "- contact.level: 银卡", "- if: [{contact.level: 普卡}]"]


def test_a_guard_stands_in_the_rule_in_the_defaults_or_nowhere() -> None:
    spec = read()
    assert written(spec, "rules/promo/guards/cooldown") == "cooldown: 3d"
    assert written(spec, "rules/promo/guards/quiet_hours").startswith("quiet_hours:")
    assert spec.positions.place("rules/promo/guards/holdout") == ""
    assert spec.positions.place("rules/promo/mode") == ""


def test_where_a_rule_stands_is_no_part_of_it() -> None:
    spec, moved = read(), read("# a comment\n\n" + FILE)
    assert moved.positions.line("rules/promo/steps/0") == (spec.positions.line("rules/promo/steps/0") or 0) + 2
    assert (moved.version, moved) == (spec.version, spec)


def test_a_stored_version_stands_in_no_file() -> None:
    stored = respec(read().content, env())
    assert stored.positions.place("rules/promo/steps/0") == ""
