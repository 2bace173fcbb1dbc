"""Every sentence that the code asks for is there and gets its values; SQL texts hold no values of others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

from automation.i18n import lookup
from tests.test_architecture import modules

KEY = re.compile(r"[a-z]+\.[a-z][a-z0-9_]*")


def _said() -> list[tuple[str, str, ast.Call]]:
    """(place, key, call) of each `say("area.name", …)` and `SomeError("area.name", …)` with a literal key."""
    found = []
    for m in modules():
        for node in ast.walk(m.tree):
            if isinstance(node, ast.Call) and node.args and _speaks(node):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.append((f"{m.name}:{node.lineno}", first.value, node))
    return found


def _speaks(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    first = node.args[0]
    keyed = isinstance(first, ast.Constant) and isinstance(first.value, str) and KEY.fullmatch(first.value)
    return name == "say" or (name.endswith("Error") and bool(keyed))


def test_many_are_looked_at() -> None:
    assert len(_said()) > 100


def test_every_sentence_that_is_said_exists() -> None:
    missing = []
    for place, key, _ in _said():
        try:
            lookup(key)
        except (LookupError, ImportError):
            missing.append(f"{place} says {key}")
    assert missing == []


def test_every_sentence_gets_the_values_it_names() -> None:
    wrong = []
    for place, key, call in _said():
        given = {keyword.arg for keyword in call.keywords}
        if None in given or ast.unparse(call.func) != "say":  # **params; errors may add values on their way up
            continue
        wanted = {name for _, name, _, _ in Formatter().parse(lookup(key).en) if name and name.isidentifier()}
        if not wanted <= given:
            wrong.append(f"{place}: {key} wants {sorted(wanted - given)}")
    assert wrong == []


# ---------------------------------------------------------------- SQL as text


def test_sql_texts_take_no_values_from_outside() -> None:
    """An f-string handed to a database may hold names of our tables, never what came from a file or a person."""
    wrong = [found for m in modules() if m.room == "store" for found in _holes(m.name, m.tree)]
    assert wrong == []


def _holes(name: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in ("exec_driver_sql", "fetch", "run", "run_many"):
            for argument in node.args:  # type: ignore[attr-defined]
                for part in ast.walk(argument) if isinstance(argument, ast.JoinedStr) else ():
                    if isinstance(part, ast.FormattedValue) and ast.unparse(part.value) not in _OURS:
                        yield f"{name}:{part.lineno} puts {ast.unparse(part.value)} into SQL"


_OURS = {
    "table", "table.name",  # from our own metadata, or a constant list
    "cast", "each",  # a word per dialect
    "shared",  # a suffix
    "pragma",  # the settings of a connection
    "sql",  # a constant of the module
}  # fmt: skip
