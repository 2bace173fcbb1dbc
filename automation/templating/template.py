"""One template on one channel: its version, what it names, and its rendering."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from automation.templating.budget import start_budget
from automation.templating.content import Rendered
from automation.templating.errors import RenderError
from automation.templating.forms import DataForm, EmailForm, Form, TextForm
from automation.templating.values import pick, tree_of, zone_of
from automation.templating.variables import Variable

FORMS: dict[str, tuple[str, type[Form]]] = {
    "sms": (".sms.j2", TextForm),
    "email": (".email.html.j2", EmailForm),
    "wechat": (".wechat.yaml", DataForm),
    "wechat_subscribe": (".wechat_subscribe.yaml", DataForm),
    "wecom": (".wecom.yaml", DataForm),
}
"""By channel: how its files end, and what stands in them."""


class Template:
    """`content` is everything it is made of, as JSON text; `version` is a hash of it."""

    def __init__(self, name: str, channel: str, sources: Mapping[str, str], prefix: str = "") -> None:
        """`sources` are the texts of its file and of the layouts it uses. TemplateError when something is wrong."""
        self.name, self.channel = name, channel
        ending, form = FORMS[channel]
        self.file = name + ending
        parts = {"name": name, "channel": channel, "sources": dict(sources)}
        self.content = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        self.version = hashlib.sha256(self.content.encode()).hexdigest()[:16]
        self._form = form(sources, self.file, prefix)
        self.variables: list[Variable] = [variable for text in self._form.texts for variable in text.variables]
        self._tree = tree_of(variable.path for variable in self.variables)
        self._shows_dates = any(text.uses_dates for text in self._form.texts)

    @classmethod
    def from_content(cls, content: str) -> Template:
        """The template that `content` was taken from, so that what was sent can be shown again."""
        parts = json.loads(content)
        return cls(parts["name"], parts["channel"], parts["sources"])

    def render(self, variables: Mapping[str, Any]) -> Rendered:
        """The content for one person. RenderError when anything is missing or wrong: then nothing is sent."""
        try:
            used = pick(self._tree, variables)
        except TypeError as error:
            raise RenderError("templating.failed", file=self._form.place, line=1, reason=str(error)) from None
        zone = zone_of(variables) if self._shows_dates else None
        if zone is not None:
            used["zone"] = zone
        start_budget()
        return Rendered(self._form.render(used), used)
