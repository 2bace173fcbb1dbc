"""`automation explain`: a rule as prose for people, or as a diagram."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from automation.cli.context import load_project, refuse_fatal
from automation.cli.output import to_json
from automation.i18n import say

if TYPE_CHECKING:
    from automation.insight.explain import Explanation


class Form(StrEnum):
    """How a rule is told."""

    text = "text"
    markdown = "markdown"
    mermaid = "mermaid"
    svg = "svg"
    png = "png"
    json = "json"


_ENDINGS = {".md": Form.markdown, ".mmd": Form.mermaid, ".svg": Form.svg, ".png": Form.png, ".json": Form.json}


def register(app: typer.Typer) -> None:
    app.command("explain", help="A whole rule in words or as a diagram 用文字或流程图解释规则")(explain)


def explain(
    rule: Annotated[str, typer.Argument(help="Rule id 规则")],
    format_: Annotated[
        Form | None, typer.Option("--format", help="Default: text, or as the file of --output ends 输出格式")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write 写入文件")] = None,
    font: Annotated[Path | None, typer.Option("--font", help="Font file for --format png 字体文件")] = None,
) -> None:
    """As the files have it now; nothing is asked of the database. Pictures need the extra `diagram`."""
    from automation.errors import AutomationError
    from automation.insight.explain import explain as tell

    project = load_project()
    refuse_fatal(project)
    form = format_ or _ENDINGS.get(output.suffix.lower() if output else "", Form.text)
    made = _made(tell(project, rule), form, font)
    if output is not None:
        _write(output, made)
        typer.echo(say("explain.written", file=str(output)))
    elif form is not Form.png:
        typer.echo(made.decode(), nl=False)
    elif sys.stdout.isatty():
        raise AutomationError("explain.needs_output")
    else:
        sys.stdout.buffer.write(made)


def _made(explanation: Explanation, form: Form, font: Path | None) -> bytes:
    """The whole output in one form."""
    if form is Form.text:
        from automation.insight.explain.text import text

        return text(explanation).encode()
    if form is Form.markdown:
        from automation.insight.explain.markdown import markdown

        return markdown(explanation).encode()
    if form is Form.json:
        return (to_json(explanation.as_dict(), indent=2) + "\n").encode()
    if form is Form.mermaid:
        from automation.insight.explain.mermaid import mermaid

        return mermaid(explanation.chart).encode()
    from automation.insight.explain.picture import png, svg

    return png(explanation.chart, font) if form is Form.png else (svg(explanation.chart) + "\n").encode()


def _write(file: Path, made: bytes) -> None:
    from automation.errors import AutomationError

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(made)
    except OSError as error:
        raise AutomationError("cli.cannot_write", file=str(file), reason=error.strerror or str(error)) from None
