"""The one base of every error the project raises on purpose."""

from __future__ import annotations

from typing import Any

from automation.i18n import say


class AutomationError(Exception):
    """An error that is a sentence to a person: what, where, what to do instead.

    `key` names the sentence in the i18n tables, `params` fill its placeholders.
    """

    def __init__(self, key: str, /, **params: Any) -> None:
        super().__init__(key, params)
        self.key = key
        self.params = params

    def text(self, lang: str | None = None) -> str:
        """The sentence in `lang` ("zh" or "en"), or in the current language."""
        return say(self.key, lang, **self.params)

    def __str__(self) -> str:
        return self.text()


class SettingsError(AutomationError):
    """A setting is unknown, missing or of the wrong shape."""


class StoreError(AutomationError):
    """The database can't do what was asked."""


class PluginError(AutomationError):
    """A plugin can't be loaded or breaks its contract."""
