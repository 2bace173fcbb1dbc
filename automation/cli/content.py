"""A rendered message as people read it in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from automation.i18n import say

if TYPE_CHECKING:
    from automation.templating.content import Content


def show_content(channel: str, content: Content, exact: Content | None = None) -> None:
    """Each part under its name; a text message with what it costs. `exact`: what is sent, where `content` is masked."""
    for name in ("subject", "text", "html", "list_unsubscribe"):
        part = getattr(content, name)
        if part is not None:
            typer.echo(f"{say(f'cli.part_{name}')}{_indented(part)}")
    if content.data is not None:
        typer.echo(say("cli.part_data") + _indented(_data(content.data)))
    if channel == "sms" and content.text is not None:
        _show_sms((exact or content).text or "")


def as_dict(content: Content) -> dict[str, Any]:
    """The parts that there are."""
    parts = {name: getattr(content, name) for name in ("subject", "text", "html", "list_unsubscribe", "data")}
    return {name: part for name, part in parts.items() if part is not None}


def _show_sms(text: str) -> None:
    from automation.templating import sms_parts

    parts = sms_parts(text)
    typer.echo(
        say(
            "cli.sms_parts",
            characters=parts.characters,
            segments=parts.segments,
            encoding=parts.encoding,
            signature=parts.signature or say("cli.no_signature"),
        )
    )


def _indented(text: str) -> str:
    """On the same line when it is one line."""
    return f" {text}" if "\n" not in text else "".join(f"\n    {line}" for line in text.splitlines())


def _data(data: Any) -> str:
    from automation.cli.output import to_json

    return to_json(data, indent=2)
