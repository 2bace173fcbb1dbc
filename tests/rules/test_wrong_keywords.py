"""The newer keywords with each value and key written wrong: told at a place, in both languages, in our own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from automation.i18n import LANGS
from automation.problems import Problem
from automation.rules.checker import check_rules
from automation.yamltree import parse, plain
from tests.rules.conftest import shop
from tests.rules.test_anything import places, replaced

EVENT = "trigger: {type: event, with: {name: order.paid}}"
TAG = "steps: [{do: contact.tag, with: {add: [x]}}]"
VALID = {
    "limit": f"{EVENT}\n{TAG}\nguards: {{limit: [{{max: 3, per: month, of: entries}}]}}",
    "quiet_hours": f"{EVENT}\n{TAG}\nguards: {{quiet_hours: {{from: '22:00', to: '08:00', days: workdays}}}}",
    "quiet_days": f"{EVENT}\n{TAG}\nguards: {{quiet_hours: [{{days: [sat, sun]}}, {{from: '22:00', to: '08:00'}}]}}",
    "digest": f"{EVENT}\n{TAG}\ndigest: {{for: 2h}}",
    "vars": f"{EVENT}\n{TAG}\nvars: {{brand: A, count: 3}}",
    "wait": f"{EVENT}\nsteps: [{{wait: 1mo}}, {{wait: 1y}}, {{do: contact.tag, with: {{add: [x]}}}}]",
    "per": f"{EVENT}\n{TAG}\nmode: {{on_again: queue, per: [contact, event.order_id]}}",
    "zone": f"{EVENT}\n{TAG}\ntimezone: Asia/Shanghai",
    "cron": f"trigger: {{type: schedule, with: {{cron: '0 10 L * *'}}}}\n{TAG}\naudience: [contact.level: 金卡]",
}
ODD: tuple[Any, ...] = (
    None, "", "x", "１０：００", -1, 0, 1.5, True, "10000y", "3 moons", [], {}, [None], {"a": {"b": [[["c"]]]}},
    ["x", "x"],
)  # fmt: skip
FOREIGN = re.compile(r"validation error|NoneType|Traceback|Input should be|\bobject\b|<class|dict\b|KeyError|pydantic")


def rule(body: str) -> Any:
    node, _ = parse(body, "rules.yaml")
    assert node is not None
    return {"rules": [{"id": "one", **plain(node)}]}


def told(file: Any) -> tuple[Problem, ...]:
    return tuple(check_rules([("rules.yaml", json.dumps(file, ensure_ascii=False, indent=1))], shop()).problems)


def misspelt(file: Any) -> Iterator[tuple[str, Any]]:
    """Each key with its last two letters swapped."""
    for path in places(file):
        key = path[-1] if path else None
        if isinstance(key, str) and len(key) > 3 and key.isidentifier() and key[-1] != key[-2]:
            parent = file
            for step in path[:-1]:
                parent = parent[step]
            wrong = key[:-2] + key[-1] + key[-2]
            yield key, replaced(file, path[:-1], {wrong if k == key else k: v for k, v in parent.items()})


@pytest.mark.parametrize("name", VALID)
def test_the_example_is_right(name: str) -> None:
    assert [p.shown("en") for p in told(rule(VALID[name])) if p.severity == "error"] == []


@pytest.mark.parametrize("name", VALID)
def test_a_wrong_value_is_told_at_a_place_in_our_words(name: str) -> None:
    file = rule(VALID[name])
    for path in list(places(file))[3:]:
        for odd in ODD:
            for problem in told(replaced(file, path, odd)):
                assert min(problem.line, problem.column) > 0, (path, odd)
                for lang in LANGS:
                    text = problem.text(lang)
                    assert text.strip() == text != "", (path, odd)  # what was found is named, also nothing
                    assert problem.params.get("found") != "10000y" or "no duration" not in text, (path, text)
                    assert not FOREIGN.search(text), (path, odd)
                    assert odd != "１０：００" or problem.params.get("found") != odd or "10:00" in text, (path, text)


@pytest.mark.parametrize("name", VALID)
def test_a_misspelt_key_names_the_nearest_one(name: str) -> None:
    for key, file in misspelt(rule(VALID[name])):
        if name == "vars" and key in ("brand", "count"):  # names of one's own
            continue
        near = {"zh": f"您是否想写 {key}？", "en": f"did you mean {key}?"}
        for lang in LANGS:
            assert any(near[lang] in problem.text(lang) for problem in told(file)), key
