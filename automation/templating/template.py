"""One template on one channel, in all its languages: its version, what it names, and its rendering."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from automation.templating.budget import start_budget
from automation.templating.content import Rendered
from automation.templating.errors import RenderError
from automation.templating.forms import DataForm, EmailForm, Form, TextForm
from automation.templating.languages import FIELD, best_language, language_of
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
    """`content` is everything it is made of, as JSON text; `version` is a hash of it.

    `languages` are the same template for people whose profile says a language; everybody else gets this one.
    """

    def __init__(
        self, name: str, channel: str, sources: Mapping[str, str], prefix: str = "", *,
        file: str | None = None, languages: Mapping[str, Template] = MappingProxyType({}),
    ) -> None:  # fmt: skip
        """`sources` are the texts of its file and of the layouts it uses. TemplateError when something is wrong.

        `file` is its file's name where that is not the template's own, because it is one of the languages.
        """
        self.name, self.channel = name, channel
        ending, form = FORMS[channel]
        self.file = file or name + ending
        self.languages = languages
        self.sources: dict[str, str] = dict(sources)
        parts: dict[str, Any] = {"name": name, "channel": channel, "sources": dict(sources)}
        if languages:  # without any, the versions are those of before there were languages
            parts["languages"] = {tag: {"file": one.file, "sources": one.sources} for tag, one in languages.items()}
        self.content = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        self.version = hashlib.sha256(self.content.encode()).hexdigest()[:16]
        self._form = form(sources, self.file, prefix)
        self._own = [variable for text in self._form.texts for variable in text.variables]
        self.variables: list[Variable] = [*self._own, *(each for one in languages.values() for each in one.variables)]
        """Every mention of a value in any of the languages, in reading order."""
        self._tree = tree_of(variable.path for variable in self._own)
        self._shows_dates = any(text.uses_dates for text in self._form.texts)

    @classmethod
    def from_content(cls, content: str) -> Template:
        """The template that `content` was taken from, so that what was sent can be shown again."""
        parts = json.loads(content)
        name, channel = parts["name"], parts["channel"]
        languages = {
            tag: cls(name, channel, one["sources"], file=one["file"])
            for tag, one in parts.get("languages", {}).items()
        }  # fmt: skip
        return cls(name, channel, parts["sources"], languages=languages)

    def for_person(self, variables: Mapping[str, Any]) -> Template:
        """This template in the person's language, or itself."""
        tag = best_language(language_of(variables), self.languages) if self.languages else None
        return self if tag is None else self.languages[tag]

    def render(self, variables: Mapping[str, Any]) -> Rendered:
        """The content for one person, in their language. RenderError when anything is missing or wrong: then nothing is
        sent.

        What was used holds the language too, so that the same is rendered from it again.
        """
        chosen = self.for_person(variables)
        if chosen is not self:
            rendered = chosen.render(variables)
            contact = {**rendered.used.get("contact", {}), FIELD: language_of(variables)}
            return Rendered(rendered.content, {**rendered.used, "contact": contact})
        try:
            used = pick(self._tree, variables)
        except TypeError as error:
            raise RenderError("templating.failed", file=self._form.place, line=1, reason=str(error)) from None
        zone = zone_of(variables) if self._shows_dates else None
        if zone is not None:
            used["zone"] = zone
        start_budget()
        return Rendered(self._form.render(used), used)
