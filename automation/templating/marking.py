"""A test says that it is one: the mark before a message's subject or text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from automation.templating.content import Content

_SIGNATURE = re.compile(r"【[^【】]{1,20}】")


def marked(content: Content, mark: str) -> Content:
    """`mark` before the subject; without one, before the text.

    In a text that begins with its sender's 【…】 the mark comes after it, because carriers read the first 【…】 as the
    signature. What has neither subject nor text, such as WeChat's fixed fields, stays as it is.
    """
    if not mark:
        return content
    if content.subject is not None:
        return replace(content, subject=mark + content.subject)
    if content.text is not None:
        return replace(content, text=_before(content.text, mark))
    return content if content.data is None else replace(content, data=_data(content.data, mark))


def _before(text: str, mark: str) -> str:
    signature = _SIGNATURE.match(text)
    place = signature.end() if signature else 0
    return text[:place] + mark + text[place:]


def _data(data: Mapping[str, Any], mark: str) -> Mapping[str, Any]:
    """WeCom's `text`, a text or {content}, or the part that `msgtype` names."""
    for name in ("text", str(data.get("msgtype"))):
        part = data.get(name)
        if isinstance(part, str):
            return {**data, name: mark + part}
        if isinstance(part, Mapping) and isinstance(part.get("content"), str):
            return {**data, name: {**part, "content": mark + part["content"]}}
    return data
