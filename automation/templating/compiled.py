"""One Jinja text, compiled once: what it names, and its rendering with errors that say file, line and variable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context

from automation.templating.budget import TooMuch
from automation.templating.checks import check
from automation.templating.errors import RenderError, TemplateError
from automation.templating.sandbox import Sandbox
from automation.templating.variables import Path, Reader, Variable


class Compiled:
    """`sources` are the file itself and all it includes or extends, by name."""

    def __init__(
        self, sources: Mapping[str, str], file: str, *, html: bool = False, prefix: str = "", first_line: int = 1
    ) -> None:
        """TemplateError when the text is wrong; it names `prefix` + the file, and counts lines from `first_line`."""
        self.file, self._prefix, self._first_line = file, prefix, first_line
        self._text = "" if file else sources[file]
        self.environment = Sandbox(sources, html=html)
        try:
            self.trees = {name: self.environment.parse(text, name, name) for name, text in sources.items()}
            check(self.environment, self.trees, self._place)
            self._template: JinjaTemplate = self.environment.get_template(file)
            self._template.globals = dict(self._template.globals)  # a ChainMap is slow to copy for every rendering
        except TemplateSyntaxError as error:
            raise TemplateError(
                "templating.syntax", **self._place(error.filename or file, error.lineno), reason=error.message
            ) from None
        self.variables: list[Variable] = Reader(self.trees, self._place).read(file)

    @property
    def uses_dates(self) -> bool:
        """Whether the filter `date` is used, which shows times in a zone; also as `map("date")`."""
        return any(
            "date" in (getattr(node, "name", None), getattr(node, "value", None))
            for tree in self.trees.values()
            for node in tree.find_all((nodes.Filter, nodes.Const))
        )

    def text(self, values: dict[str, Any]) -> str:
        """The whole text. RenderError when it can't be rendered."""
        try:
            return "".join(self._template.root_render_func(self._template.new_context(values)))
        except Exception as error:  # a template's mistake may be anything; whatever it is, nothing is sent
            self.explain(error, values)

    def parts(self, names: Sequence[str], values: dict[str, Any]) -> dict[str, str]:
        """The blocks `names`, each as a text of its own; those that no file has are absent."""
        context = self._template.new_context(values)
        found: dict[str, str] = {}
        for name in names:
            context.blocks[name] = [_collector(name, found), *context.blocks.get(name, ())]
        try:
            for _ in self._template.root_render_func(context):
                pass
            for name in names:  # a layout does not call the blocks that it does not have
                if name not in found and len(context.blocks[name]) > 1:
                    context.blocks[name][0](context)
        except Exception as error:
            self.explain(error, values)
        return found

    def explain(self, error: Exception, values: Mapping[str, Any]) -> NoReturn:
        file, line = self._where(error)
        place: dict[str, Any] = {"file": file, "line": line, "text": self._text}
        if isinstance(error, UndefinedError):
            variable = self._missing(line, values) or error.message or ""
            raise RenderError("templating.missing", **place, variable=variable) from None
        if isinstance(error, (TooMuch, RecursionError, MemoryError)):
            raise RenderError("templating.too_much", **place) from None
        key = "templating.forbidden" if isinstance(error, SecurityError) else "templating.failed"
        raise RenderError(key, **place, reason=str(error)) from None

    def _where(self, error: Exception) -> tuple[str, int]:
        """The place in the innermost file that the error came through."""
        place = self.file, 1
        trace: TracebackType | None = error.__traceback__
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if template is not None:
                place = template.name or self.file, template.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return self._shown(place[0]), self._counted(*place)

    def _missing(self, line: int, values: Mapping[str, Any]) -> str | None:
        """The needed variable that is absent: on this line if there is one, else the first."""
        absent = [v for v in self.variables if not v.optional and not _there(v.path, values)]
        absent.sort(key=lambda variable: variable.line != line)
        return str(absent[0]) if absent else None

    def _place(self, file: str, line: int) -> dict[str, Any]:
        return {"file": self._shown(file), "line": self._counted(file, line)}

    def _shown(self, file: str) -> str:
        return self._prefix + file

    def _counted(self, file: str, line: int) -> int:
        return line + self._first_line - 1 if file == self.file else line


def _collector(name: str, found: dict[str, str]) -> Callable[[Context], Iterator[str]]:
    """Stands before a block: keeps its text, and gives nothing to whoever called it."""

    def collect(context: Context) -> Iterator[str]:
        found[name] = "".join(context.blocks[name][1](context))
        return iter(())

    return collect


def _there(path: Path, values: Any) -> bool:
    for name in path:
        if not isinstance(values, Mapping) or values.get(name) is None:
            return False
        values = values[name]
    return True
