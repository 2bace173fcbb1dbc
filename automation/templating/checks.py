"""What a template may not say, found when it is read. The sandbox refuses the same again when it renders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from jinja2 import Environment, nodes

from automation.templating.errors import TemplateError
from automation.templating.variables import path_of

Place: TypeAlias = Callable[[str, int], dict[str, Any]]
_OTHER_FILES = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
_WHOLES = frozenset({"contact", "event", "rule", "brand"})


def check(environment: Environment, trees: Mapping[str, nodes.Template], place: Place) -> None:
    """TemplateError for the first thing that is not allowed; it carries the others as `others`."""
    errors = [
        TemplateError(f"templating.{key}", **place(file, line), **params)
        for file, tree in trees.items()
        for key, line, params in sorted(_faults(environment, tree, set(trees)), key=lambda fault: fault[1])
    ]
    if errors:
        errors[0].others = tuple(errors[1:])
        raise errors[0]


def referenced(tree: nodes.Template) -> list[str]:
    """The files that the template includes, imports or extends."""
    return [name for name, _ in _other_files(tree) if name is not None]


_Fault: TypeAlias = tuple[str, int, dict[str, Any]]


def _faults(environment: Environment, tree: nodes.Template, files: set[str]) -> Iterator[_Fault]:
    for filter_ in tree.find_all(nodes.Filter):
        if filter_.name not in environment.filters:
            yield _unknown("filter", filter_, environment.filters)
    for test in tree.find_all(nodes.Test):
        if test.name not in environment.tests:
            yield _unknown("test", test, environment.tests)
    for name, line in _other_files(tree):
        if name is None:
            yield "dynamic_file", line, {}
        elif name not in files:
            yield "no_file", line, {"found": name}
    yield from _calls(tree)
    yield from _dynamic(tree)


def _other_files(tree: nodes.Template) -> Iterator[tuple[str | None, int]]:
    """The name (None when it is computed) and line of each file the template asks for."""
    for node in tree.find_all(_OTHER_FILES):
        template: nodes.Expr = getattr(node, "template")  # noqa: B009
        value = template.value if isinstance(template, nodes.Const) else None
        yield (value if isinstance(value, str) else None), node.lineno


def _calls(tree: nodes.Template) -> Iterator[_Fault]:
    """Calls of anything but macros, blocks and `range`: methods above all."""
    imported = {node.target for node in tree.find_all(nodes.Import)}
    for call in tree.find_all(nodes.Call):
        target = call.node
        if isinstance(target, nodes.Getattr):
            owner = target.node
            if isinstance(owner, nodes.Name) and owner.name in {"loop", "self", *imported}:
                continue
            yield "method", call.lineno, {"found": target.attr}
        elif not isinstance(target, nodes.Name):
            yield "method", call.lineno, {"found": type(target).__name__}


def _dynamic(tree: nodes.Template) -> Iterator[_Fault]:
    """`contact[name]` and `{{ contact }}`: what they read can't be known before."""
    inner = {id(node.node) for node in tree.find_all(nodes.Getattr)} | {
        id(node.node) for node in tree.find_all(nodes.Getitem) if isinstance(node.arg, nodes.Const)
    }
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    chains: tuple[type[nodes.Expr], ...] = (nodes.Getattr, nodes.Getitem, nodes.Name)
    for node in tree.find_all(chains):
        path, _ = path_of(node)
        if id(node) not in inner and len(path) == 1 and path[0] in _WHOLES - own:
            yield "whole", node.lineno, {"found": path[0]}


def _unknown(kind: str, node: Any, known: Mapping[str, Any]) -> _Fault:
    names = ", ".join(sorted(name for name in known if name[0].isalpha()))
    return f"unknown_{kind}", node.lineno, {"found": node.name, "known": names}
