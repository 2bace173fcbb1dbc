"""Conformance of a plugin's sentence: what `automation explain` says of it, in each language.

`explain` falls back on the title where a sentence fails, so that nobody would notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from automation.i18n import LANGS, language
from automation.rules.marked import named_event
from automation.rules.telling import Telling

if TYPE_CHECKING:
    from automation.actions.base import Action
    from automation.catalogue.model import Catalogue
    from automation.triggers.base import Trigger

ZONE = ZoneInfo("Asia/Shanghai")


def check_sentence(plugin: Action | Trigger, params: Any, catalogue: Catalogue) -> None:
    """sentence() gives half a sentence in each language: some text on one line, without a full stop."""
    name = type(plugin).__name__
    event = named_event(params, catalogue)
    telling = Telling(catalogue, ZONE, event.name if event else None)
    for lang in LANGS:
        with language(lang):
            try:
                told = plugin.sentence(params, telling)
            except Exception as error:  # foreign code may raise anything
                raise AssertionError(f"{name}: sentence() fails in {lang}: {type(error).__name__}: {error}") from error
        assert isinstance(told, str), f"{name}: sentence() must give text; in {lang} it gives {told!r}"
        assert told.strip(), f"{name}: sentence() is empty in {lang}"
        assert "\n" not in told, f"{name}: sentence() has several lines in {lang}: {told!r}"
        assert not told.rstrip().endswith((".", "。")), f"{name}: sentence() ends in a full stop in {lang}: {told!r}"
