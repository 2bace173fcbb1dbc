"""Sentences of the command line."""

from automation.i18n import Text

TEXTS: dict[str, Text] = {}
