"""Which values a template names: found in its syntax tree, before anything is rendered.

A path is `("contact", "level")`. It is *optional* where the template copes with its absence: under `default`, in a
test (`is defined`, `if contact.level`), or in the branch that such a test opens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jinja2 import nodes

Path: TypeAlias = tuple[str, ...]
_NOTHING: frozenset[Path] = frozenset()
_OWN_NAMES = frozenset({"loop", "self", "super", "caller", "varargs", "kwargs", "range"})


@dataclass(frozen=True)
class Variable:
    """One mention of a value. `file` is relative to the project, `line` counts from 1."""

    path: Path
    file: str
    line: int
    optional: bool

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass
class Reader:
    """Walks the trees of one template. `trees` holds the files it may include or extend.

    `place` says how a problem names a file and a line of it: `{"file": …, "line": …}`.
    """

    trees: Mapping[str, nodes.Template]
    place: Callable[[str, int], dict[str, Any]]
    found: dict[Variable, None] = field(default_factory=dict)
    overridden: set[str] = field(default_factory=set)

    def read(self, file: str) -> list[Variable]:
        """Every mention, in reading order."""
        self.file(file, set())
        return list(self.found)

    def file(self, file: str, known: set[str]) -> None:
        """A file, then the layout it extends: of a block only the innermost version is rendered."""
        tree = self.trees[file]
        _Walk(self, file).body(tree.body, known, _NOTHING)
        for extends in tree.find_all(nodes.Extends):
            self.other(extends.template, known)

    def other(self, template: nodes.Expr, known: set[str]) -> None:
        if isinstance(template, nodes.Const) and template.value in self.trees:
            self.file(template.value, known)

    def mention(self, path: Path, file: str, line: int, optional: bool) -> None:
        self.found[Variable(path, **self.place(file, line), optional=optional)] = None


@dataclass
class _Walk:
    """The walk through one file. `known` are names the template made itself, `safe` the paths a test vouches for."""

    reader: Reader
    file: str

    def body(self, items: Iterable[nodes.Node], known: set[str], safe: frozenset[Path]) -> None:
        for item in items:
            self.visit(item, known, safe)

    def visit(self, node: nodes.Node, known: set[str], safe: frozenset[Path]) -> None:
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is not None:
            handler(node, known, safe)
        else:
            self.body(node.iter_child_nodes(), known, safe)

    # ------------------------------------------------------------ values

    def _name(self, node: nodes.Name, known: set[str], safe: frozenset[Path]) -> None:
        if node.ctx == "load":
            self._path(node, known, safe)

    def _getattr(self, node: nodes.Getattr, known: set[str], safe: frozenset[Path]) -> None:
        self._path(node, known, safe)

    _getitem = _getattr

    def _path(self, node: nodes.Expr, known: set[str], safe: frozenset[Path], optional: bool = False) -> None:
        path, rest = path_of(node)
        self.body(rest, known, safe)
        if path and path[0] not in known and path[0] not in _OWN_NAMES:
            covered = optional or any(path[: len(other)] == other for other in safe)
            self.reader.mention(path, self.file, node.lineno, covered)

    def _tolerant(self, node: nodes.Node, known: set[str], safe: frozenset[Path]) -> None:
        """A value where its absence does no harm."""
        if isinstance(node, (nodes.Name, nodes.Getattr, nodes.Getitem)):
            self._path(node, known, safe, optional=True)
        else:
            self.visit(node, known, safe)

    def _filter(self, node: nodes.Filter, known: set[str], safe: frozenset[Path]) -> None:
        if node.node is not None:
            walk = self._tolerant if node.name in ("default", "d") else self.visit
            walk(node.node, known, safe)
        self.body([*node.args, *node.kwargs], known, safe)

    def _test(self, node: nodes.Test, known: set[str], safe: frozenset[Path]) -> None:
        walk = self._tolerant if node.name in ("defined", "undefined") else self.visit
        walk(node.node, known, safe)
        self.body([*node.args, *node.kwargs], known, safe)

    def _not(self, node: nodes.Not, known: set[str], safe: frozenset[Path]) -> None:
        self._tolerant(node.node, known, safe)

    def _and(self, node: nodes.And, known: set[str], safe: frozenset[Path]) -> None:
        self._tolerant(node.left, known, safe)
        self._tolerant(node.right, known, safe | present(node.left, True))

    def _or(self, node: nodes.Or, known: set[str], safe: frozenset[Path]) -> None:
        self._tolerant(node.left, known, safe)
        self.visit(node.right, known, safe | present(node.left, False))

    def _condexpr(self, node: nodes.CondExpr, known: set[str], safe: frozenset[Path]) -> None:
        self._tolerant(node.test, known, safe)
        self.visit(node.expr1, known, safe | present(node.test, True))
        if node.expr2 is not None:
            self.visit(node.expr2, known, safe | present(node.test, False))

    # ------------------------------------------------------------ statements

    def _if(self, node: nodes.If, known: set[str], safe: frozenset[Path]) -> None:
        for branch in (node, *node.elif_):
            self._tolerant(branch.test, known, safe)
            self.body(branch.body, known, safe | present(branch.test, True))
            safe = safe | present(branch.test, False)
        self.body(node.else_, known, safe)

    def _for(self, node: nodes.For, known: set[str], safe: frozenset[Path]) -> None:
        self.visit(node.iter, known, safe)
        inner = known | _targets(node.target) | {"loop"}
        if node.test is not None:
            self._tolerant(node.test, inner, safe)
        self.body(node.body, inner, safe)
        self.body(node.else_, set(known), safe)

    def _assign(self, node: nodes.Assign, known: set[str], safe: frozenset[Path]) -> None:
        self.visit(node.node, known, safe)
        known |= _targets(node.target)

    def _assignblock(self, node: nodes.AssignBlock, known: set[str], safe: frozenset[Path]) -> None:
        self.body(node.body, set(known), safe)
        if node.filter is not None:
            self.visit(node.filter, known, safe)
        known |= _targets(node.target)

    def _with(self, node: nodes.With, known: set[str], safe: frozenset[Path]) -> None:
        self.body(node.values, known, safe)
        self.body(node.body, known.union(*map(_targets, node.targets)), safe)

    def _macro(self, node: nodes.Macro, known: set[str], safe: frozenset[Path]) -> None:
        known.add(node.name)
        self._callable(node, known, safe)

    def _callblock(self, node: nodes.CallBlock, known: set[str], safe: frozenset[Path]) -> None:
        self.visit(node.call, known, safe)
        self._callable(node, known, safe)

    def _callable(self, node: nodes.Macro | nodes.CallBlock, known: set[str], safe: frozenset[Path]) -> None:
        self.body(node.defaults, known, safe)
        self.body(node.body, known.union(*map(_targets, node.args)), safe)

    def _block(self, node: nodes.Block, known: set[str], safe: frozenset[Path]) -> None:
        if node.name in self.reader.overridden:
            return
        if not any(name.name == "super" for name in node.find_all(nodes.Name)):
            self.reader.overridden.add(node.name)
        self.body(node.body, set(known), safe)

    def _include(self, node: nodes.Include, known: set[str], safe: frozenset[Path]) -> None:
        self.reader.other(node.template, set(known))

    def _extends(self, node: nodes.Extends, known: set[str], safe: frozenset[Path]) -> None:
        """Read after the file itself, see Reader.file."""

    def _import(self, node: nodes.Import, known: set[str], safe: frozenset[Path]) -> None:
        self.reader.other(node.template, set(known))
        known.add(node.target)

    def _fromimport(self, node: nodes.FromImport, known: set[str], safe: frozenset[Path]) -> None:
        self.reader.other(node.template, set(known))
        known.update(name if isinstance(name, str) else name[1] for name in node.names)


def path_of(node: nodes.Node) -> tuple[Path, list[nodes.Node]]:
    """The path that a chain of `.name` and `["name"]` names, and the expressions inside its other subscripts."""
    steps: list[str | None] = []
    rest: list[nodes.Node] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            steps.append(node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            steps.append(node.arg.value)
        else:
            steps.append(None)
            rest.append(node.arg)
        node = node.node
    if not isinstance(node, nodes.Name):
        return (), [node, *rest]
    path: list[str] = [node.name]
    for step in reversed(steps):
        if step is None:
            break
        path.append(step)
    return tuple(path), rest


def present(test: nodes.Node, outcome: bool) -> frozenset[Path]:
    """The paths that are certainly there when `test` came out as `outcome`."""
    if isinstance(test, (nodes.Name, nodes.Getattr, nodes.Getitem)):
        path, _ = path_of(test)
        return frozenset({path}) if outcome and path else _NOTHING
    if isinstance(test, nodes.Not):
        return present(test.node, not outcome)
    if isinstance(test, nodes.Test) and test.name in ("defined", "undefined"):
        path, _ = path_of(test.node)
        return frozenset({path}) if outcome == (test.name == "defined") and path else _NOTHING
    if isinstance(test, (nodes.And, nodes.Or)):
        sides = present(test.left, outcome), present(test.right, outcome)
        return sides[0] | sides[1] if outcome == isinstance(test, nodes.And) else sides[0] & sides[1]
    return _NOTHING


def _targets(node: Any) -> set[str]:
    return {name.name for name in [node, *node.find_all(nodes.Name)] if isinstance(name, nodes.Name)}
