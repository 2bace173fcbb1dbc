"""The house rules that a machine can keep: who imports whom, where SQL is built, where the time is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from automation.plugin import Registry

ROOT = Path(__file__).resolve().parents[1]
GROUND_FLOOR = ("errors", "i18n", "memory", "jsontext", "clock", "reasons", "channels", "plugin", "problems",
                "calendars", "yamltree", "csvfiles", "settings_source", "settings")  # fmt: skip
ROOMS = ("store", "catalogue", "contacts", "templating", "rules", "triggers", "actions", "providers", "engine",
         "daemon", "insight", "web", "cli", "testing")  # fmt: skip
FLOOR = dict.fromkeys(GROUND_FLOOR, 0) | {room: i for i, room in enumerate(ROOMS, start=1)}

SIBLINGS = {
    ("settings", "channels"), ("settings", "errors"), ("settings", "i18n"), ("settings", "problems"),
    ("settings", "settings_source"),
}  # fmt: skip
"""What `settings`, the top of the ground floor, may import of it."""

SQL_ROOMS = ("store", "rules/conditions")
SQL_NAMES = {"select", "insert", "update", "delete", "text", "exec_driver_sql", "literal_column", "union_all"}
CLOCK_ROOMS = ("clock.py", "settings.py")
CLOCK_AND_CHANCE = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("time", "time"), ("time", "time_ns"), ("time", "monotonic"), ("time", "perf_counter"),
    ("os", "environ"), ("os", "getenv"), ("os", "urandom"),
}  # fmt: skip
CHANCE_MODULES = {"random", "secrets", "uuid"}


@dataclass(frozen=True)
class Module:
    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT / "automation").as_posix()

    @property
    def room(self) -> str:
        return self.name.split("/")[0].removesuffix(".py")

    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, dotted name) of each import, wherever it stands: inside functions and under TYPE_CHECKING too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}:{node.lineno}: a relative import"
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@cache
def modules() -> tuple[Module, ...]:
    paths = sorted((ROOT / "automation").rglob("*.py"))
    return tuple(Module(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def test_a_room_imports_only_from_lower_floors() -> None:
    assert {m.room for m in modules()} - {"__init__"} <= FLOOR.keys(), "a room that the architecture doesn't name"
    wrong = [
        f"{m.name}:{line} imports {name}"
        for m in modules()
        if m.room != "__init__"
        for line, name in m.imports()
        if name.startswith("automation.") and not _may_import(m.room, name.split(".")[1])
    ]
    assert wrong == []


def _may_import(room: str, other: str) -> bool:
    if other == room or other not in FLOOR:  # `from automation import plugin` gives automation.plugin; __version__
        return True
    if room == "settings":
        return (room, other) in SIBLINGS
    if FLOOR[room] == 0:
        return FLOOR[other] == 0
    return FLOOR[other] < FLOOR[room]


def test_the_ground_floor_has_no_circles() -> None:
    needs: dict[str, set[str]] = {room: set() for room in GROUND_FLOOR}
    for m in modules():
        if m.room in needs:
            others = {name.split(".")[1] for _, name in m.imports() if name.startswith("automation.")}
            needs[m.room] |= others & needs.keys() - {m.room}
    while free := [room for room, others in needs.items() if not others]:
        for room in free:
            del needs[room]
        for others in needs.values():
            others.difference_update(free)
    assert needs == {}


def test_rooms_below_the_command_line_know_nothing_of_it() -> None:
    wrong = [
        f"{m.name}:{line} imports {name}"
        for m in modules()
        if m.room not in ("cli", "testing")
        for line, name in m.imports()
        if name.split(".")[0] in ("typer", "rich")
    ]
    assert wrong == []


# ---------------------------------------------------------------- plugins


def test_the_engine_imports_no_single_plugin() -> None:
    wrong = [
        f"{m.name}:{line} imports {name}"
        for m in modules()
        if m.room in ("engine", "daemon", "rules", "store")
        for line, name in m.imports()
        if name.startswith(("automation.triggers.", "automation.actions.", "automation.providers."))
        and name.split(".")[2] not in ("base", "item_params", "loader", "accounts")
    ]
    assert wrong == []


def test_the_engine_names_no_plugin_type() -> None:
    registry = Registry.load(None)
    assert {"event", "anniversary"} <= registry.triggers.keys()
    types = (registry.triggers.keys() | registry.actions.keys() | registry.providers.keys()) - _ALSO_WORDS
    wrong = [
        f"{m.name}:{node.lineno} says {node.value!r}"
        for m in modules()
        if m.room in ("engine", "daemon")
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Constant) and node.value in types
    ]
    assert wrong == []


_ALSO_WORDS = {
    "event",  # the namespace of an event's properties in templates: `event.sku`
}


# ---------------------------------------------------------------- SQL, time, chance


def test_sql_is_built_only_in_its_rooms() -> None:
    wrong = [
        found
        for m in modules()
        if not m.name.startswith(SQL_ROOMS)
        for found in _sql_in(m)
    ]  # fmt: skip
    assert wrong == []


def _sql_in(m: Module) -> Iterator[str]:
    for line, name in m.imports():
        if name.startswith("sqlalchemy") and name.rpartition(".")[2] in SQL_NAMES:
            yield f"{m.name}:{line} imports {name}"
        if name.startswith("automation.store.lists"):  # takes SQL as text
            yield f"{m.name}:{line} imports {name}"
    for node in ast.walk(m.tree):
        if isinstance(node, ast.Attribute) and node.attr in ("exec_driver_sql", "executemany"):
            yield f"{m.name}:{node.lineno} uses {node.attr}"


def test_nobody_outside_store_imports_sqlalchemy_but_for_types() -> None:
    wrong = [
        f"{m.name}:{line}"
        for m in modules()
        if not m.name.startswith(SQL_ROOMS) and m.room != "testing"  # it watches the statements of a plugin
        for line in _runtime_imports(m.tree, "sqlalchemy")
    ]
    assert wrong == []


def _runtime_imports(tree: ast.AST, package: str) -> Iterator[int]:
    """Lines that import `package` when the program runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.split(".")[0] == package for name in names):
            yield getattr(node, "lineno", 0)
        yield from _runtime_imports(node, package)


def test_time_chance_and_environment_are_read_only_in_clock_and_settings() -> None:
    wrong = [
        found
        for m in modules()
        if m.name not in CLOCK_ROOMS
        for found in _clock_in(m)
    ]  # fmt: skip
    assert wrong == []


def _clock_in(m: Module) -> Iterator[str]:
    for line, name in m.imports():
        if name.split(".")[0] in CHANCE_MODULES or tuple(name.split(".")[-2:]) in CLOCK_AND_CHANCE:
            yield f"{m.name}:{line} imports {name}"
    for node in ast.walk(m.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            read = (node.value.id, node.attr)
            if read in CLOCK_AND_CHANCE:
                yield f"{m.name}:{node.lineno} reads {read[0]}.{read[1]}"


# ---------------------------------------------------------------- files


def test_no_file_grows_beyond_400_lines() -> None:
    long = {m.name: lines for m in modules() if (lines := len(m.path.read_text("utf-8").splitlines())) > 400}
    assert long == {}


def test_every_module_says_its_idea_first() -> None:
    silent = [m.name for m in modules() if not ast.get_docstring(m.tree)]
    assert silent == []


@pytest.mark.parametrize("folder", ["tests", "migrations", "benchmarks", "examples"])
def test_every_other_module_says_its_idea_too(folder: str) -> None:
    paths = [p for p in sorted((ROOT / folder).rglob("*.py")) if p.stat().st_size and "shop" not in p.parts]
    silent = [str(p.relative_to(ROOT)) for p in paths if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []
