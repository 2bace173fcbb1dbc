"""A trigger or action by its type name, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.i18n import Text
from automation.plugin import Kind, Plugin, Registry
from automation.yamltree import Scalar

if TYPE_CHECKING:
    from automation.rules.reader import Reader
    from automation.yamltree import Node


def plugin_named(reader: Reader, registry: Registry, kind: Kind, node: Node, path: str) -> type[Plugin] | None:
    """The plugin class that `node` names. An unknown name is a problem, with what failed to load if that may be why."""
    name = reader.text(node, path)
    if name is None:
        return None
    table = registry.of(kind)
    if name not in table:
        reader.unknown(node, path, f"unknown_{kind}", name, table, broken=_broken(registry, name))
        return None
    assert isinstance(node, Scalar)
    return table[name]


def _broken(registry: Registry, name: str) -> Text | str:
    """The reason of a plugin that could not be loaded and may be the one that is meant."""
    words = {name, name.replace(".", "_"), name.rpartition(".")[2]}
    for problem in registry.problems:
        where = problem.where.rpartition(": ")[2].removesuffix(".py")
        if where in words:
            return Text(f"（{problem.error.text('zh')}）", f" ({problem.error.text('en')})")
    return ""
