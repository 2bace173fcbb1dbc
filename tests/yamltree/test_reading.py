"""YAML with positions: what a value means, where it stands, and every problem of the form in one reading."""

from __future__ import annotations

import time

import pytest

from automation.i18n import LANGS
from automation.i18n.tables.yamltree import TEXTS
from automation.yamltree import Mapping, Scalar, Sequence, parse, plain


def problems(text: str) -> list[str]:
    return [f"{p.line}:{p.column} {p.text('en')}" for p in parse(text, "rules.yaml")[1]]


def test_scalars_are_yaml_1_2_core_and_what_people_write_as_text_stays_text() -> None:
    text = """
a: no
b: yes
c: on
d: 09:30
e: 22:30
f: 012345
g: 1_000
h: 1990-08-04
i: +8613800000000
j: 013800000000
k: [0, -7, 12, 0x1F, 0o17]
l: [1.5, .5, -2., 1e3, .inf]
m: [true, False, null, ~, '']
n: ["12", 'true']
o: 1.2.3
p: NO
"""
    node, found = parse(text, "rules.yaml")
    assert not found
    assert plain(node) == {
        "a": "no", "b": "yes", "c": "on", "d": "09:30", "e": "22:30", "f": "012345", "g": "1_000", "h": "1990-08-04",
        "i": "+8613800000000", "j": "013800000000", "k": [0, -7, 12, 31, 15],
        "l": [1.5, 0.5, -2.0, 1000.0, float("inf")],
        "m": [True, False, None, None, ""], "n": ["12", "true"], "o": "1.2.3", "p": "NO",
    }  # fmt: skip


def test_every_node_knows_its_place_and_what_was_written() -> None:
    node, _ = parse("规则:\n  - id: 甲\n    周期: 012\n    n: 0x1F\n", "rules.yaml")
    assert isinstance(node, Mapping)
    rules = node.get("规则")
    assert isinstance(rules, Sequence)
    rule = rules.items[0]
    assert isinstance(rule, Mapping)
    assert (rule.line, rule.column) == (2, 5)
    assert rule.key_node("周期") == Scalar("周期", "周期", False, 3, 5)
    assert rule.get("周期") == Scalar("012", "012", False, 3, 9)
    assert rule.get("n") == Scalar(31, "0x1F", False, 4, 8)
    assert rule.get("nothing") is None
    assert rule.key_node("nothing") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2", "2:1 the key a stands twice (first in line 1)"),
        ("a: !python/object:os.system x", "1:4 the tag !python/object:os.system is not allowed"),
        ("a: !!str 1", "1:4 the tag !!str is not allowed"),
        ("a: &x 1", "1:4 anchors and aliases like &x are not allowed"),
        ("a: *x", "1:4 anchors and aliases like *x are not allowed"),
        ("<<: {b: 1}", "1:1 the merge key << is not allowed"),
        ("a:\n\tb: 1", "2:1 a tab in the indentation; use spaces"),
        ("a:\n　b: 1", "2:1 a full-width or non-breaking space in the indentation"),
        ("a: 1\n---\nb: 2", "2:1 a file holds one document"),
        ("1: x", "1:1 a key must be text, but this is 1; put it in quotes"),
        ("true: x", "1:1 a key must be text, but this is true"),
        ("[a]: x", "1:1 a key must be text, but this is […]"),
        ("a: b\x07c", "1:5 an invisible control character U+0007"),
        ("a: x: y", "1:5 a `key: value` can't stand here"),
        ('a: "x', "1:4 the quote that opens here is never closed"),
        ("a: [1, 2", "1:4 the bracket that opens here is not closed properly"),
        ("a: @x", "1:4 a text can't begin with this character"),
        ('a: "\\q"', "1:4 an unknown backslash escape"),
        ("rules：\n  - id: a", "1:6 the full-width ： is no YAML; write :"),
        ("a:\n  - level：金卡", "2:10 the full-width ： is no YAML; write :"),
        ("a: [银卡，金卡]", "1:7 the full-width ， is no YAML; write ,"),
        ("a: “21:00”", '1:4 the full-width “ is no YAML; write "'),
        ("a: {x：1}", "1:6 the full-width ： is no YAML"),
        ("a: 【1】\nb: c: d", "2:5 a `key: value` can't stand here"),
    ],
)
def test_what_is_refused_says_where_and_what_to_write(text: str, expected: str) -> None:
    assert any(found.startswith(expected) for found in problems(text)), problems(text)


@pytest.mark.parametrize(
    "text", ["a: 活动：双十一", "a: '银卡，金卡'", "a: 您好，世界", "a: |\n  x：1\n  \ttab\nb: “甲”与乙"]
)
def test_full_width_marks_in_text_are_text(text: str) -> None:
    assert problems(text) == []


def test_thirty_thousand_brackets_are_one_problem() -> None:
    assert problems("[" * 30_000) == ["1:65 nested more than 64 levels deep; write it flatter"]
    assert problems("- " * 30_000) == ["1:129 nested more than 64 levels deep; write it flatter"]
    after = problems("a: 1\na: 2\nc: " + "[" * 1_500 + "]" * 1_500)
    assert after == [
        "2:1 the key a stands twice (first in line 1); remove or rename one of them",
        "3:67 nested more than 64 levels deep; write it flatter",
    ]


def test_an_alias_bomb_does_not_grow() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{f'*{chr(97 + i)}, ' * 9}]\n" for i in range(9))
    node, found = parse(bomb, "rules.yaml")
    assert len(str(plain(node))) < 2_000
    assert all(problem.key == "yamltree.anchor" for problem in found)


BROKEN = """\
rules:
  - id: a
    name：生日
    owner: x
  - id: b
    name: "abc
  - id: c
    x: [1, 2
  - id: d
    e: 1
    e: 2
  - id: f
   bad: 3
"""


def test_every_broken_block_is_reported_and_the_rest_is_still_read() -> None:
    node, found = parse(BROKEN, "rules.yaml")
    assert [(p.line, p.key) for p in found] == [
        (3, "yamltree.full_width"),
        (6, "yamltree.syntax_unclosed_quote"),
        (8, "yamltree.syntax_unclosed_bracket"),
        (11, "yamltree.duplicate_key"),
        (13, "yamltree.syntax_indent"),
    ]
    assert plain(node) == {"rules": [{"id": "d", "e": 1}]}


def test_nothing_is_made_of_a_file_whose_only_block_is_broken() -> None:
    node, found = parse("rules:\n  - id: a\n    x: [\n", "rules.yaml")
    assert node is None
    assert [p.line for p in found] == [3]


def test_an_empty_file_and_windows_files_are_fine() -> None:
    assert parse("", "rules.yaml") == (None, [])
    assert parse("# nothing\n", "rules.yaml") == (None, [])
    node, found = parse("\ufeffa: 1\r\nb:\r\n  - c\r\n", "rules.yaml")
    assert (plain(node), found) == ({"a": 1, "b": ["c"]}, [])


def test_eleven_thousand_lines_are_read_in_well_under_a_second() -> None:
    rule = (
        "  - id: r{0}\n    name: 生日\n    trigger: {{type: event, with: {{name: a.b}}}}\n" + "    k{0}: [a, b]\n" * 0
    )
    lines = "".join(rule.format(i) + "    x: {a: 1, b: [1, 2], c: 金卡}\n" * 1 for i in range(2_750))
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        _, found = parse("rules:\n" + lines, "rules.yaml")
        best = min(best, time.perf_counter() - start)
    assert not found
    assert best < 1.5  # about 0.4 s alone; the tests share the machine


def test_every_sentence_is_in_both_languages() -> None:
    for text in TEXTS.values():
        assert all(text.get(lang).strip() for lang in LANGS)
    assert parse("a:\n\tb: 1", "rules.yaml")[1][0].text("zh") == "缩进用了制表符（Tab）；请改用空格"
