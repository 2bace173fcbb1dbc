"""What a template becomes: the content a provider sends, and the values it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Content:
    """A rendered template. Which members are set depends on the channel."""

    text: str | None = None  # SMS body, e-mail text part, WeCom text
    subject: str | None = None  # e-mail
    html: str | None = None  # e-mail
    list_unsubscribe: str | None = None  # e-mail: the https: or mailto: address by which mail programs unsubscribe
    data: Mapping[str, Any] | None = None  # WeChat/WeCom: the rendered YAML template


@dataclass(frozen=True)
class Rendered:
    """`used` holds the values of the paths the template names, as JSON: rendered again, they give the same content."""

    content: Content
    used: Mapping[str, Any]
