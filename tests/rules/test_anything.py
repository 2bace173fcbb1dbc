"""Whatever stands at whatever place of a rule file: it is refused in a sentence, or it is right; nothing raises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from automation.i18n import LANGS
from automation.rules.checker import check_rules, respec
from automation.yamltree import parse, plain
from tests.rules.conftest import shop

WHOLE = """
timezone: Asia/Shanghai
defaults: {budget: {messages: 100}, holdout: 5%}
segments:
  vip: [contact.level: 金卡, any: [segment: old]]
  old: [did: {event: order.paid, where: {amount: {gt: 5}}, within: 30d}]
rules:
  - id: one
    trigger:
      type: event
      with: {name: store.stock_out, not_followed_by: {event: order.paid, where: [amount: 5], within: 1d}}
    audience: [segment: vip]
    guards: {budget: {messages: 10, cost: 12.5}}
    mode: {on_again: queue, per: [contact, event.sku]}
    exit_when: [segment: old]
    goal: {event: order.paid, where: {amount: {gt: 5}}, within: 7d}
    priority: 5
    catch_up: all
    expires_after: 1d
    max_attempts: 3
    max_audience: 5
    failure_limit: 20%
    on_unknown: resend
    on_change: move
    steps:
      - wait_for: {event: order.paid, where: {amount: {gte: 100}}, within: 3d}
        id: first
        save_as: paid
        then: [{if: [paid.amount: {gt: 5}], then: [{wait: 1d}], elif: [{if: [segment: vip], then: [{wait: 2d}]}]}]
        else: [{stop: 没买}]
      - repeat: {times: 3, every: 1d, until: [segment: vip], steps: [{do: contact.tag, with: {add: [A]}, id: tag}]}
      - split: {name: half, arms: [{arm: A, weight: 1, steps: [{wait: {until: event.back_on}}]}]}
  - id: two
    trigger: {type: segment, with: {name: vip, on: left}}
    steps: [{wait: 1d}]
"""
ODD: tuple[Any, ...] = (None, "x", -1, [], {}, [None])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def whole() -> Any:
    node, problems = parse(WHOLE, "rules.yaml")
    assert not problems
    return plain(node)


@pytest.mark.parametrize("odd", ODD, ids=json.dumps)
def test_anything_anywhere_is_refused_in_words_or_right(odd: Any) -> None:
    file = whole()
    for path in places(file):
        checked = check_rules([("rules.yaml", json.dumps(replaced(file, path, odd)))], shop())

        for problem in checked.problems:
            assert all("{" not in problem.text(lang).replace("{event: …}", "") for lang in LANGS), problem
        for rule in checked.rules:
            assert respec(json.loads(json.dumps(rule.content)), shop()) == rule, path


def test_the_whole_file_is_right() -> None:
    assert check_rules([("rules.yaml", WHOLE)], shop()).problems == ()
