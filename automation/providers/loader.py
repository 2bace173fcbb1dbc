"""From the settings to working providers: the accounts of each channel in order, checked before the first message."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast, get_args
from zoneinfo import ZoneInfo

from pydantic import SecretStr, ValidationError

from automation.channels import CHANNELS
from automation.errors import AutomationError, PluginError, SettingsError
from automation.providers.accounts import Account, AccountParams, Breaker, BreakerParams
from automation.providers.context import ProviderContext
from automation.providers.explaining import explained, hint, listed

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.plugin import Registry
    from automation.providers.base import Provider
    from automation.settings import Settings
    from automation.store.database import Database


def build_providers(settings: Settings, registry: Registry, database: Database, clock: Clock) -> Providers:
    """Nothing is checked or connected yet: see `Providers.problems` and `Providers.accounts`."""
    return Providers(settings, registry, database, clock)


def provider_problems(settings: Settings, registry: Registry, database: Database) -> list[AutomationError]:
    """What keeps configured accounts from being used; they are made, but neither connected nor asked to send."""
    from automation.clock import SystemClock

    if not settings.providers:
        return []
    providers = build_providers(settings, registry, database, SystemClock())
    try:
        return providers.problems()
    finally:
        providers.close()


class Providers:
    """The accounts of a project, made when first asked for."""

    def __init__(self, settings: Settings, registry: Registry, database: Database, clock: Clock) -> None:
        self._settings = settings
        self._registry = registry
        self._database = database
        self._clock = clock
        self._made: dict[str, list[Account]] = {}
        self._making = threading.Lock()

    def accounts(self, channel: str) -> list[Account]:
        """The channel's accounts in order: what its tables name, else the outbox. SettingsError or PluginError."""
        with self._making:
            if channel not in self._made:
                self._made[channel] = self._make_all(channel)
            return self._made[channel]

    def account(self, key: str | None) -> Account | None:
        """The account with this key (`sms:main`); None when the settings no longer have it."""
        channel = (key or "").partition(":")[0]
        found = self.accounts(channel) if channel in CHANNELS else []
        return next((account for account in found if account.key == key), None)

    def problems(self) -> list[AutomationError]:
        """What is wrong with the configured accounts, without sending anything."""
        found: list[AutomationError] = []
        for channel in self._settings.providers:
            names: set[str] = set()
            for place, table in self._settings.accounts(channel):
                try:
                    self._make(channel, place, table, names).provider.close()
                except AutomationError as error:
                    found += getattr(error, "all", [error])
        return found

    def close(self) -> None:
        with self._making:
            for account in (one for accounts in self._made.values() for one in accounts):
                account.provider.close()
            self._made.clear()

    def _make_all(self, channel: str) -> list[Account]:
        names: set[str] = set()
        made: list[Account] = []
        try:
            for place, table in self._settings.accounts(channel):
                made.append(self._make(channel, place, table, names))
        except AutomationError:
            for account in made:
                account.provider.close()
            raise
        return made

    def _make(self, channel: str, place: str, table: dict[str, Any], names: set[str]) -> Account:
        """One account; its name joins `names`."""
        if channel not in CHANNELS:
            raise SettingsError("providers.no_channel", found=channel, known=", ".join(CHANNELS))
        plugin = self._plugin(channel, place, table)
        params = _account_params(place, table)
        name = _name(place, params.account, plugin.type, names)
        given = {key: value for key, value in table.items() if key not in AccountParams.model_fields and key != "type"}
        provider = self._provider(channel, place, plugin, self._params(channel, place, plugin, given))
        breaker = _breaker(self._settings, params) if plugin.one_service else None
        return Account(f"{channel}:{name}", name, provider, params.bucket(), breaker)

    def _provider(self, channel: str, place: str, plugin: type[Provider], params: Any) -> Provider:
        zone = ZoneInfo(self._settings.timezone)
        context = ProviderContext(channel, self._settings.folder, self._database, self._clock, zone)
        try:
            return plugin(params, context)
        except AutomationError:
            raise
        except Exception as error:  # foreign code; its words may hold a secret, so only the error's name is told
            reason = type(error).__name__
            raise PluginError("providers.broken", setting=place, type=plugin.type, reason=reason) from None

    def _plugin(self, channel: str, place: str, table: dict[str, Any]) -> type[Provider]:
        """The class that the table names. SettingsError when there is none or it serves other channels."""
        setting = f"{place}.type"
        known = self._registry.of("provider")
        name = table.get("type")
        if not isinstance(name, str):
            raise SettingsError("providers.no_type", setting=setting, known=listed(known))
        if name not in known:
            self._raise_load_problem(name)
            params = {"found": name, "hint": hint(name, known), "known": listed(known)}
            raise SettingsError("providers.unknown_type", setting=setting, **params)
        plugin = cast("type[Provider]", known[name])
        if channel not in plugin.channels:
            serves = listed(plugin.channels)
            raise SettingsError("providers.wrong_channel", setting=setting, found=name, channel=channel, known=serves)
        return plugin

    def _raise_load_problem(self, name: str) -> None:
        """A provider that exists but could not be loaded tells why."""
        for problem in self._registry.problems:
            if problem.where in (f"automation.providers: {name}", f"{name}.py"):
                raise problem.error

    def _params(self, channel: str, place: str, plugin: type[Provider], table: dict[str, Any]) -> Any:
        _refuse_plain_secrets(place, plugin, table)
        values, absent = self._filled(place, table)
        if channel == "webhook" and "allow_private" in plugin.Params.model_fields:
            values.setdefault("allow_private", self._settings.webhook.allow_private)
        found, params = list[SettingsError](), None
        fields = {**plugin.Params.model_fields, **AccountParams.model_fields}
        try:
            params = plugin.Params(**values)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)
            found = [explained(one, place, plugin.type, fields) for one in wrong if one["loc"][:1] not in absent]
        if found or absent:
            raise ManySettingsErrors([*found, *absent.values()])
        return params

    def _filled(
        self, place: str, table: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[tuple[int | str, ...], SettingsError]]:
        """The table with its secrets filled in; those that this machine lacks as a stand-in, and why they are."""
        values: dict[str, Any] = {}
        absent: dict[tuple[int | str, ...], SettingsError] = {}
        for key, value in table.items():
            try:
                values |= self._settings.filled(place, {key: value})
            except SettingsError as error:
                values[key], absent[(key,)] = _STAND_IN, error
        return values, absent


_STAND_IN = "absent"


class ManySettingsErrors(SettingsError):
    """Everything that is wrong with one account: `all`. It reads as the first of them."""

    def __init__(self, all_: list[SettingsError]) -> None:
        super().__init__(all_[0].key, **all_[0].params)
        self.all = all_


def breakers_of(settings: Settings) -> dict[str, Breaker]:
    """The breaker of every account that the settings describe right, by its key."""
    found: dict[str, Breaker] = {}
    for channel in settings.providers:
        names: set[str] = set()
        for place, table in settings.accounts(channel):
            with suppress(SettingsError):
                params = _account_params(place, table)
                name = _name(place, params.account, str(table.get("type")), names)
                found[f"{channel}:{name}"] = _breaker(settings, params)
    return found


def _breaker(settings: Settings, params: AccountParams) -> Breaker:
    usual, given = settings.delivery.breaker, params.breaker
    failures = given.failures if given is not None else None
    seconds = given.seconds if given is not None else None
    return Breaker(failures or usual.failures, seconds or usual.seconds)


def _account_params(place: str, table: dict[str, Any]) -> AccountParams:
    given = {key: value for key, value in table.items() if key in AccountParams.model_fields}
    try:
        return AccountParams(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    raise explained(first, place, "breaker", BreakerParams.model_fields)


def _name(place: str, given: str | None, type_: str, taken: set[str]) -> str:
    """The account's name: as given, else its type, then type-2 and so on. SettingsError when it is given twice."""
    if given is not None and given in taken:
        raise SettingsError("providers.account_twice", setting=f"{place}.account", found=given)
    name, count = given or type_, 1
    while name in taken:
        count += 1
        name = f"{type_}-{count}"
    taken.add(name)
    return name


def _refuse_plain_secrets(place: str, plugin: type[Provider], table: dict[str, Any]) -> None:
    for name, field in plugin.Params.model_fields.items():
        if _is_secret(field.annotation) and name in table and not isinstance(table[name], dict):
            raise SettingsError("providers.plain_secret", setting=f"{place}.{name}")


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))
