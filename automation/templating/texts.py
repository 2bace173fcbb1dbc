"""Templated parameters: texts with `{{ contact.name }}` at any depth of a mapping or list in a rule."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Undefined, nodes

from automation.errors import AutomationError
from automation.templating.budget import start_budget
from automation.templating.compiled import Compiled
from automation.templating.errors import RenderError
from automation.templating.values import pick, tree_of, zone_of
from automation.templating.variables import Variable


def text_variables(value: Any) -> list[Variable]:
    """Every mention of a value in the texts of `value`. TemplateError when one of them is wrong.

    `file` is "": whoever asks knows where the text stands. `line` counts within it.
    """
    if isinstance(value, str):
        return list(_text(value).variables) if is_template(value) else []
    if isinstance(value, Mapping):
        return [variable for item in value.values() for variable in text_variables(item)]
    if isinstance(value, (list, tuple)):
        return [variable for item in value for variable in text_variables(item)]
    return []


def render_value(value: Any, variables: Mapping[str, Any]) -> Any:
    """`value` with its texts rendered. A text that is one `{{ … }}` gives the value itself: a number stays a number.

    RenderError when a variable is missing or a text can't be rendered.
    """
    if isinstance(value, Unrendered):
        return render_value(value.raw, variables)
    if isinstance(value, str):
        return _text(value).rendered(variables) if is_template(value) else value
    if isinstance(value, Mapping):
        return {key: render_value(item, variables) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [render_value(item, variables) for item in value]
    return value


class Unrendered:
    """Stands for a parameter that each person has an own value of: nobody can send it to everybody by mistake."""

    def __init__(self, name: str, raw: Any) -> None:
        self.name, self.raw = name, raw

    def __str__(self) -> str:
        raise AutomationError("templating.unrendered", name=self.name)

    def __format__(self, spec: str) -> str:
        return str(self)

    def __repr__(self) -> str:
        return f"Unrendered({self.name!r})"


class _Text(Compiled):
    """A text in a rule."""

    def __init__(self, text: str) -> None:
        super().__init__({"": text}, "")
        self._tree = tree_of(variable.path for variable in self.variables)
        self._expression = self._only_expression()

    def rendered(self, variables: Mapping[str, Any]) -> Any:
        used = self._picked(variables)
        start_budget()
        if self._expression is None:
            return self.text(used)
        context = self._expression.new_context(used)
        try:
            for _ in self._expression.root_render_func(context):
                pass
            value = context.vars["result"]
            if isinstance(value, Undefined):
                str(value)  # raises what is missing
            return str(value) if isinstance(value, str) else value
        except Exception as error:  # as for any template: nothing is done with half a value
            self.explain(error, used)

    def _picked(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        try:
            used = pick(self._tree, variables)
        except TypeError as error:
            raise RenderError("templating.failed", file="", line=1, text=self._text, reason=str(error)) from None
        zone = zone_of(variables) if self.uses_dates else None
        return used if zone is None else used | {"zone": zone}

    def _only_expression(self) -> Any:
        """`{{ … }}` and nothing else, as a template that keeps the value as `result`."""
        body = self.trees[self.file].body
        if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
            return None
        expression = body[0].nodes[0]
        if isinstance(expression, nodes.TemplateData):
            return None
        tree = nodes.Template([nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)], lineno=1)
        tree.set_environment(self.environment)
        return self.environment.from_string(tree)


def is_template(value: Any) -> bool:
    """Whether a text has something to render."""
    return isinstance(value, str) and ("{{" in value or "{%" in value or "{#" in value)


@lru_cache(maxsize=4096)
def _text(text: str) -> _Text:
    return _Text(text)
