"""Everything an operator reads, in Chinese and English, from one set of tables.

A key is `area.name`; the area is the table's module in `automation/i18n/tables/`. Each table is one dict
`TEXTS: dict[str, Text]`, so a sentence can't exist in one language only.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")

_chosen: ContextVar[Lang | None] = ContextVar("automation_lang", default=None)
_process: list[Lang] = ["en"]


class Text(NamedTuple):
    """One sentence or label in both languages, with the same `{placeholders}` in both."""

    zh: str
    en: str

    def get(self, lang: str | None = None) -> str:
        return self.zh if (lang or current_language()) == "zh" else self.en


def say(key: str, lang: str | None = None, /, **params: Any) -> str:
    """The sentence `key` with its placeholders filled. LookupError when no table has the key.

    One without placeholders is shown as it is written: its braces are braces.
    """
    template = lookup(key).get(lang)
    return fill(template, {name: _plain(value, lang) for name, value in params.items()}) if params else template


def fill(template: str, params: Mapping[str, Any]) -> str:
    """A sentence with its placeholders filled, if it has any."""
    return template.format(**params) if placeholders(template) else template


@cache
def placeholders(template: str) -> frozenset[str]:
    """The names that are filled in; of a text with other braces than `{name}`, none."""
    try:
        fields = [(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name is not None]
    except ValueError:
        return frozenset()
    filled_in = all(name.isidentifier() and not spec.startswith(" ") for name, spec in fields)
    return frozenset(name for name, _ in fields) if filled_in else frozenset()


def lookup(key: str) -> Text:
    """The Text behind `key`; LookupError when no table has it."""
    area, _, name = key.partition(".")
    texts = table(area)
    if name not in texts:
        raise LookupError(f"no text for {key!r} in automation/i18n/tables/{area}.py")
    return texts[name]


@cache
def table(area: str) -> dict[str, Text]:
    """The table of one area, for example "rules"."""
    texts: dict[str, Text] = import_module(f"automation.i18n.tables.{area}").TEXTS
    return texts


def current_language() -> Lang:
    """What `language` chose for this block, else what `set_language` chose for the process."""
    return _chosen.get() or _process[0]


def set_language(lang: Lang) -> None:
    """Make `lang` the language of this process, all its threads included."""
    _process[0] = lang


@contextmanager
def language(lang: Lang) -> Iterator[None]:
    """Speak `lang` inside the block."""
    token = _chosen.set(lang)
    try:
        yield
    finally:
        _chosen.reset(token)


def _plain(value: Any, lang: str | None) -> Any:
    return value.get(lang) if isinstance(value, Text) else value
