"""The form of a template on each channel: a text, an e-mail in blocks, or YAML whose texts are templates."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from jinja2 import nodes

from automation import yamltree
from automation.templating.compiled import Compiled
from automation.templating.content import Content
from automation.templating.errors import RenderError, TemplateError
from automation.templating.plain import plain_text

EMAIL_BLOCKS = ("subject", "text", "html", "list_unsubscribe")
_ADDRESS = re.compile(r"(https://|mailto:)[!-;=?-~]{1,900}")  # one line of RFC 5322 holds it, between < and >
_BLOCK_TEXT = re.compile(r"[|>][-+0-9]*\s*(#.*)?$")


class Form(ABC):
    """A template's source, compiled. `place` is the file as problems name it."""

    def __init__(self, sources: Mapping[str, str], file: str, prefix: str) -> None:
        """TemplateError when something in it is wrong."""
        self.place = prefix + file
        self.texts = list(self._compile(sources, file, prefix))

    @abstractmethod
    def _compile(self, sources: Mapping[str, str], file: str, prefix: str) -> list[Compiled]:
        """Every Jinja text of the file."""

    @abstractmethod
    def render(self, values: dict[str, Any]) -> Content:
        """RenderError when it can't be rendered."""

    def _empty(self, part: str) -> RenderError:
        return RenderError("templating.empty", file=self.place, line=1, part=part)


class TextForm(Form):
    """`NAME.sms.j2`: the whole file is the text."""

    def _compile(self, sources: Mapping[str, str], file: str, prefix: str) -> list[Compiled]:
        return [Compiled(sources, file, prefix=prefix)]

    def render(self, values: dict[str, Any]) -> Content:
        text = self.texts[0].text(values).strip()
        if not text:
            raise self._empty("text")
        return Content(text=text)


class EmailForm(Form):
    """`NAME.email.html.j2`: the blocks `subject`, `html`, and `text`, which is made from the html when absent.

    `list_unsubscribe` may hold the address by which mail programs unsubscribe; when it is empty there is none.
    """

    def _compile(self, sources: Mapping[str, str], file: str, prefix: str) -> list[Compiled]:
        compiled = Compiled(sources, file, html=True, prefix=prefix)
        blocks = {block.name for tree in compiled.trees.values() for block in tree.find_all(nodes.Block)}
        for name in ("subject", "html"):
            if name not in blocks:
                raise TemplateError(f"templating.no_{name}", file=prefix + file, line=1)
        stray = _stray_line(compiled.trees[file])
        if stray is not None:
            raise TemplateError("templating.outside_blocks", file=prefix + file, line=stray)
        return [compiled]

    def render(self, values: dict[str, Any]) -> Content:
        parts = self.texts[0].parts(EMAIL_BLOCKS, values)
        subject = " ".join(parts["subject"].split())  # one line: a line break would begin another header
        html = parts["html"].strip()
        for part, text in (("subject", subject), ("html", html)):
            if not text:
                raise self._empty(part)
        text = parts.get("text", "").strip() or plain_text(html)
        return Content(text, subject, html, list_unsubscribe=self._way_out(parts.get("list_unsubscribe", "")))

    def _way_out(self, block: str) -> str | None:
        address = block.strip()
        if address and not _ADDRESS.fullmatch(address):
            raise RenderError("templating.bad_unsubscribe", file=self.place, line=1)
        return address or None


class DataForm(Form):
    """`NAME.wechat.yaml`: each text is rendered by itself, so that no value can change the structure."""

    def _compile(self, sources: Mapping[str, str], file: str, prefix: str) -> list[Compiled]:
        tree, problems = yamltree.parse(sources[file], prefix + file)
        if problems:
            errors = [TemplateError(p.key, file=p.file, line=p.line, column=p.column, **p.params) for p in problems]
            errors[0].others = tuple(errors[1:])
            raise errors[0]
        if not isinstance(tree, yamltree.Mapping):
            raise TemplateError("templating.no_mapping", file=prefix + file, line=1)
        layouts = {name: text for name, text in sources.items() if name != file}
        self._lines = sources[file].splitlines()
        self._inline = {**layouts}, file, prefix
        found: list[Compiled] = []
        self._shape = self._shaped(tree, found)
        return found

    def _shaped(self, node: yamltree.Node, found: list[Compiled]) -> Any:
        """The YAML as values, with a Compiled in the place of each text that is a template."""
        if isinstance(node, yamltree.Mapping):
            return {str(entry.key.value): self._shaped(entry.value, found) for entry in node.entries}
        if isinstance(node, yamltree.Sequence):
            return [self._shaped(item, found) for item in node.items]
        if not isinstance(node.value, str) or "{" not in node.value:
            return node.value
        layouts, file, prefix = self._inline
        below = node.quoted and _BLOCK_TEXT.search(self._lines[node.line - 1]) is not None
        text = Compiled({**layouts, file: node.value}, file, prefix=prefix, first_line=node.line + below)
        found.append(text)
        return text

    def render(self, values: dict[str, Any]) -> Content:
        data = _filled(self._shape, values)
        return Content(data=data)


def _filled(shape: Any, values: dict[str, Any]) -> Any:
    if isinstance(shape, Compiled):
        return shape.text(values)
    if isinstance(shape, dict):
        return {key: _filled(item, values) for key, item in shape.items()}
    if isinstance(shape, list):
        return [_filled(item, values) for item in shape]
    return shape


def _stray_line(tree: nodes.Template) -> int | None:
    """The line of the first text outside the blocks, which nobody would get."""
    for output in tree.body:
        if isinstance(output, nodes.Output):
            for part in output.nodes:
                if not isinstance(part, nodes.TemplateData):
                    return part.lineno
                if part.data.strip():
                    return part.lineno + part.data[: -len(part.data.lstrip())].count("\n")
    return None
