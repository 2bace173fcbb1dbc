"""Every sentence exists in both languages, and both say the same things."""

from __future__ import annotations

import pkgutil
import re
import string

import pytest

import automation.i18n.tables
from automation.i18n import LANGS, Text, fill, lookup, placeholders, table
from automation.reasons import Reason

AREAS = sorted(module.name for module in pkgutil.iter_modules(automation.i18n.tables.__path__))


def test_there_are_tables() -> None:
    assert {"reasons", "rules", "cli", "contacts", "problems"} <= set(AREAS)


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_something(area: str) -> None:
    for key, text in table(area).items():
        assert isinstance(text, Text), f"{area}.{key}"
        assert text.en.strip(), f"{area}.{key}"
        assert text.zh.strip(), f"{area}.{key}"


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_placeholders(area: str) -> None:
    wrong = [key for key, text in table(area).items() if _placeholders(text.zh) != _placeholders(text.en)]
    assert wrong == []


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence(reason: Reason) -> None:
    sentences = {reason.sentence(lang) for lang in LANGS}
    assert len(sentences) == 2


def test_no_sentence_is_about_a_reason_that_is_gone() -> None:
    assert set(table("reasons")) == {reason.value for reason in Reason}


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"no text for 'cli\.nonsense'"):
        lookup("cli.nonsense")


@pytest.mark.parametrize("area", AREAS)
def test_braces_are_doubled_only_where_a_placeholder_is_filled(area: str) -> None:
    """What an operator reads has `{event: …}` and `{{ contact.name }}`, and never more braces than were meant."""
    for key, text in table(area).items():
        for lang in LANGS:
            template = text.get(lang)
            shown = fill(template, dict.fromkeys(placeholders(template), 1))
            assert not re.search(r"\{\{(?!\s)|(?<!\s)\}\}|\{\{\{|\}\}\}", shown), f"{area}.{key}: {shown}"


def _placeholders(template: str) -> set[str]:
    """The names in braces. A text that is never filled may hold any braces."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError:
        return {f"{template.count('{')} braces"}
