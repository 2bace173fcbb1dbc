"""The sandbox: what a template may do.

A template sees JSON values and nothing else of Python: no attributes, no methods, no loops or texts without end.
A missing value (or one that is None) may be tested (`if`, `is defined`, `default`); used in any other way it raises.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, Undefined, nodes
from jinja2.environment import TemplateModule
from jinja2.exceptions import SecurityError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from automation.templating.budget import MAX_ITERATIONS, TooMuch, counted, measured, spend_characters, spend_iteration
from automation.templating.filters import FILTERS, TESTS

_MAX_NUMBER = 10**30
_CONTAINERS = (Mapping, list, tuple, set, frozenset)


class Missing(StrictUndefined):
    """A value that is not there: false when tested, an error when used."""

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one template: `sources` are the only files it can reach."""

    # `%` formats texts of any width and `**` makes numbers without end; results of the others are measured.
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, sources: Mapping[str, str], *, html: bool = False) -> None:
        super().__init__(
            loader=_Sources(sources), undefined=Missing, autoescape=html, finalize=_printable,
            trim_blocks=True, lstrip_blocks=True, auto_reload=False, cache_size=-1,
        )  # fmt: skip
        self.filters = dict(FILTERS, _counted=counted, _measured=measured)
        self.tests = dict(TESTS)
        self.globals = {"range": _range}
        self.binop_table.update({"+": _add, "*": _multiply, "**": _power, "%": _modulo})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if obj.__class__ is dict or isinstance(obj, Mapping):  # asking an abstract class takes longer
            value = obj.get(attribute)
            return self.undefined(obj=obj, name=attribute) if value is None else value
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, (LoopContext, TemplateModule, TemplateReference)):
            return super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, (int, slice)):
            try:
                return obj[argument]
            except IndexError:
                return self.undefined(obj=obj, name=str(argument))
        return self.getattr(obj, argument)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        spend_iteration()
        own = isinstance(__obj, (Macro, BlockReference)) or __obj is _range
        if not own and not isinstance(getattr(__obj, "__self__", None), LoopContext):
            raise SecurityError("a template can call only its own macros and blocks")
        return super().call(__context, __obj, *args, **kwargs)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _Guard().visit(super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree


class _Sources(BaseLoader):
    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = sources

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:
        if template not in self.sources:
            raise TemplateNotFound(template)
        return self.sources[template], template, lambda: True


class _Guard(NodeTransformer):
    """Counts what loops go through and texts that are put together; keeps plain-text blocks free of HTML escapes."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_counted")
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, "_measured")

    def visit_ScopedEvalContextModifier(self, node: nodes.ScopedEvalContextModifier) -> nodes.Node:
        raise TemplateSyntaxError("`autoescape` can't be switched off", node.lineno)

    def visit_Block(self, node: nodes.Block) -> nodes.Node:
        self.generic_visit(node)
        if is_plain_block(node.name):
            plain = nodes.Keyword("autoescape", nodes.Const(False), lineno=node.lineno)
            node.body = [nodes.ScopedEvalContextModifier([plain], node.body, lineno=node.lineno)]
        return node


def is_plain_block(name: str) -> bool:
    """The blocks of an HTML file that hold plain text: `subject`, `text`, `subject_…`, `text_…`, `list_unsubscribe`."""
    return name.partition("_")[0] in ("subject", "text") or name == "list_unsubscribe"


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _printable(value: Any) -> Any:
    """What `{{ … }}` prints. A list or mapping would print as Python code, None as "None"."""
    if isinstance(value, str):
        spend_characters(len(value))
    elif value is None or isinstance(value, _CONTAINERS):
        raise TypeError("a list or mapping can't be printed as it is; use a loop or `join`")
    return value


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_ITERATIONS:
        raise TooMuch
    return numbers


def _add(left: Any, right: Any) -> Any:
    result = operator.add(left, right)
    if isinstance(result, (str, list, tuple)):
        spend_characters(len(result))
    return result


def _multiply(left: Any, right: Any) -> Any:
    _only_numbers(left, right)
    result = operator.mul(left, right)
    if abs(result) > _MAX_NUMBER:
        raise TooMuch
    return result


def _modulo(left: Any, right: Any) -> Any:
    _only_numbers(left, right)
    return operator.mod(left, right)


def _power(left: Any, right: Any) -> Any:
    raise SecurityError("`**` is not for templates")


def _only_numbers(*values: Any) -> None:
    for value in values:
        if isinstance(value, Undefined):
            bool(value == 0)  # raises: it is missing
        if not isinstance(value, (int, float)):
            raise TypeError(f"{type(value).__name__} is not a number")
