"""A project folder with templates, from a mapping of file names to sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automation.templating import Content, TemplateSet

PERSON = {
    "contact": {"name": "张三", "level": "金卡", "vip": None},
    "coupon": {"code": "AB12"},
    "brand": {"name": "B&Q"},
}


def load(folder: Path, files: Mapping[str, str | bytes]) -> TemplateSet:
    templates = folder / "templates"
    for name, source in files.items():
        path = templates / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return TemplateSet.load(templates)


def rendered(folder: Path, file: str, source: str, variables: Mapping[str, Any] = PERSON) -> Content:
    """The content of one template, which must be without problems."""
    templates = load(folder, {file: source})
    assert templates.problems == []
    (name,) = templates.names()
    (channel,) = templates.channels(name)
    template = templates.get(name, channel)
    assert template is not None
    return template.render(variables).content
