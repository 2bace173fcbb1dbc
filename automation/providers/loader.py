"""From the settings to working providers: one per channel, checked before the first message."""

from __future__ import annotations

import threading
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast, get_args
from zoneinfo import ZoneInfo

from pydantic import SecretStr, ValidationError

from automation.channels import CHANNELS
from automation.errors import AutomationError, PluginError, SettingsError
from automation.i18n import Text, lookup
from automation.providers.context import ProviderContext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from automation.clock import Clock
    from automation.plugin import Registry
    from automation.providers.base import Provider
    from automation.settings import Settings
    from automation.store.database import Database


def build_providers(settings: Settings, registry: Registry, database: Database, clock: Clock) -> Providers:
    """Nothing is checked or connected yet: see `Providers.problems` and `Providers.for_channel`."""
    return Providers(settings, registry, database, clock)


class Providers:
    """The providers of a project, made when first asked for."""

    def __init__(self, settings: Settings, registry: Registry, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._registry = registry
        self._database = database
        self._clock = clock
        self._made: dict[str, Provider] = {}
        self._making = threading.Lock()

    def for_channel(self, channel: str) -> Provider:
        """The channel's provider: what `[providers.<channel>]` names, else the outbox. SettingsError or PluginError."""
        with self._making:
            if channel not in self._made:
                self._made[channel] = self._make(channel)
            return self._made[channel]

    def problems(self) -> list[AutomationError]:
        """What is wrong with the configured channels, without sending anything."""
        found: list[AutomationError] = []
        for channel in self._settings.providers:
            try:
                self.for_channel(channel)
            except AutomationError as error:
                found.append(error)
        return found

    def close(self) -> None:
        with self._making:
            for provider in self._made.values():
                provider.close()
            self._made.clear()

    def _make(self, channel: str) -> Provider:
        if channel not in CHANNELS:
            raise SettingsError("providers.no_channel", found=channel, known=", ".join(CHANNELS))
        plugin = self._plugin(channel)
        params = self._params(channel, plugin)
        zone = ZoneInfo(self._settings.timezone)
        context = ProviderContext(channel, self._settings.folder, self._database, self._clock, zone)
        try:
            return plugin(params, context)
        except AutomationError:
            raise
        except Exception as error:  # foreign code; its words may hold a secret, so only the error's name is told
            reason = type(error).__name__
            where = f"providers.{channel}"
            raise PluginError("providers.broken", setting=where, type=plugin.type, reason=reason) from None

    def _plugin(self, channel: str) -> type[Provider]:
        """The class that the channel's table names. SettingsError when there is none or it serves other channels."""
        setting = f"providers.{channel}.type"
        known = self._registry.of("provider")
        name = self._settings.providers.get(channel, {"type": "outbox"}).get("type")
        if not isinstance(name, str):
            raise SettingsError("providers.no_type", setting=setting, known=_listed(known))
        if name not in known:
            self._raise_load_problem(name)
            params = {"found": name, "hint": _hint(name, known), "known": _listed(known)}
            raise SettingsError("providers.unknown_type", setting=setting, **params)
        plugin = cast("type[Provider]", known[name])
        if channel not in plugin.channels:
            serves = _listed(plugin.channels)
            raise SettingsError("providers.wrong_channel", setting=setting, found=name, channel=channel, known=serves)
        return plugin

    def _raise_load_problem(self, name: str) -> None:
        """A provider that exists but could not be loaded tells why."""
        for problem in self._registry.problems:
            if problem.where in (f"automation.providers: {name}", f"{name}.py"):
                raise problem.error

    def _params(self, channel: str, plugin: type[Provider]) -> Any:
        self._refuse_plain_secrets(channel, plugin)
        values = self._settings.provider(channel)
        values.pop("type", None)
        if channel == "webhook" and "allow_private" in plugin.Params.model_fields:
            values.setdefault("allow_private", self._settings.webhook.allow_private)
        try:
            return plugin.Params(**values)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
        raise _explained(first, f"providers.{channel}", plugin)

    def _refuse_plain_secrets(self, channel: str, plugin: type[Provider]) -> None:
        table = self._settings.providers.get(channel, {})
        for name, field in plugin.Params.model_fields.items():
            if _is_secret(field.annotation) and name in table and not isinstance(table[name], dict):
                raise SettingsError("providers.plain_secret", setting=f"providers.{channel}.{name}")


def _explained(problem: ErrorDetails, where: str, plugin: type[Provider]) -> SettingsError:
    """pydantic's finding as our sentence. The value itself is never shown: it may be a secret."""
    setting = ".".join([where, *map(str, problem["loc"])])
    fields = plugin.Params.model_fields
    kind = problem["type"]
    if kind == "missing":
        return SettingsError("providers.missing", setting=setting, label=_label(fields, str(problem["loc"][0])))
    if kind == "extra_forbidden":
        hint = _hint(str(problem["loc"][-1]), fields)
        known = _listed(fields)
        return SettingsError("providers.unknown_key", setting=setting, type=plugin.type, hint=hint, known=known)
    if kind.startswith("providers."):
        reason: Any = lookup(kind)
        return SettingsError("providers.bad_value", setting=setting, reason=reason)
    expected = _expected(kind, problem.get("ctx", {}))
    if expected is not None:
        return SettingsError("providers.wrong_value", setting=setting, expected=expected)
    return SettingsError("providers.bad_value", setting=setting, reason=problem["msg"])


_EXPECTED = {
    "string_type": "expected_text",
    "int_type": "expected_integer",
    "int_parsing": "expected_integer",
    "int_from_float": "expected_integer",
    "float_type": "expected_number",
    "float_parsing": "expected_number",
    "bool_type": "expected_flag",
    "bool_parsing": "expected_flag",
    "literal_error": "expected_choice",
    "greater_than": "expected_above",
    "greater_than_equal": "expected_at_least",
    "less_than": "expected_below",
    "less_than_equal": "expected_at_most",
    "string_too_short": "expected_longer",
    "too_short": "expected_longer",
}


def _expected(kind: str, context: dict[str, Any]) -> Text | None:
    if kind not in _EXPECTED:
        return None
    limit = next((context[name] for name in ("gt", "ge", "lt", "le") if name in context), "")
    choices = str(context.get("expected", "")).replace(" or ", ", ")
    text = lookup(f"providers.{_EXPECTED[kind]}")
    return Text(*(one.format(choices=choices, limit=limit) for one in text))


def _label(fields: dict[str, Any], name: str) -> Text:
    field = fields.get(name)
    extra = (field.json_schema_extra if field is not None else None) or {}
    return Text(extra.get("zh", name), extra.get("en", name))


def _hint(name: str, known: Iterable[str]) -> Text:
    """`; did you mean …?`, or nothing."""
    near = get_close_matches(name, list(known), n=1)
    return Text(*(one.format(nearest=near[0]) for one in lookup("problems.did_you_mean"))) if near else Text("", "")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))
