"""Settings: `automation.toml` in the project folder, then `AUTOMATION_*` variables, which win.

A secret is written as `{env = "NAME"}` or `{file = "path"}`; its value never stands in the file.
"""

from __future__ import annotations

import getpass
import locale
import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError

from automation.channels import CHANNELS
from automation.errors import SettingsError
from automation.i18n import LANGS, Lang
from automation.problems import in_order
from automation.settings_source import FILE, SettingsProblems, Source

_SPAN = r"^[1-9]\d{0,4}[dw]$"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IngestSettings(_Section):
    batch_size: int = Field(1000, ge=1, le=10_000)
    create_contacts: bool = True


class BreakerSettings(_Section):
    """When an account of a provider is left alone: after `failures` in a row, first for `seconds`."""

    failures: int = Field(5, ge=1, le=10_000)
    seconds: float = Field(60.0, gt=0, le=3600)


class DeliverySettings(_Section):
    max_attempts: int = Field(12, ge=1, le=100)
    backoff_seconds: float = Field(30.0, gt=0)
    lease_seconds: int = Field(300, ge=1)
    batch_size: int = Field(500, ge=1, le=10_000)
    failure_limit: str = Field("20%", pattern=r"^(none|(100|\d{1,2})(\.\d{1,2})?%)$")
    breaker: BreakerSettings = BreakerSettings()

    @property
    def most_failures(self) -> int:
        """`failure_limit` in 1/10,000; all of them for `none`."""
        return 10_000 if self.failure_limit == "none" else round(float(self.failure_limit[:-1]) * 100)


class DaemonSettings(_Section):
    tick_seconds: float = Field(1.0, gt=0)
    reload_seconds: float = Field(2.0, gt=0)
    log_format: Literal["console", "json"] = "console"


class RetentionSettings(_Section):
    """How long what grows is kept, as whole days or weeks (`400d`, `52w`); None: for ever."""

    events: str | None = Field(None, pattern=_SPAN)
    log: str | None = Field(None, pattern=_SPAN)
    content: str | None = Field(None, pattern=_SPAN)
    messages: str | None = Field(None, pattern=_SPAN)
    quarantine: str | None = Field(None, pattern=_SPAN)
    event_times: str | None = Field(None, pattern=_SPAN)
    merges: str | None = Field(None, pattern=_SPAN)

    @property
    def chosen(self) -> dict[str, str]:
        """What is not kept for ever."""
        return {name: span for name, span in self if span is not None}


class SourceSettings(_Section):
    """A database of the user's own, which `poll` triggers read and nothing writes."""

    url: str | dict[str, str]
    timeout_seconds: float = Field(30.0, gt=0, le=600)


class WebhookSettings(_Section):
    allow_private: bool = False


class LintSettings(_Section):
    """What `automation lint` measures by."""

    tracking: tuple[str, ...] = ("utm_",)
    subject_characters: int = Field(40, ge=1, le=1000)


class TestingSettings(_Section):
    """Who may be sent tests, and whether they say that they are some."""

    allowed: tuple[str, ...] = ()
    mark: bool = True

    @field_validator("allowed", mode="before")
    @classmethod
    def _from_a_variable(cls, value: Any) -> Any:
        """AUTOMATION_TESTING__ALLOWED is one text with commas."""
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class ApprovalSettings(_Section):
    """When somebody else than the author must approve a plan: if more than `over` people would newly enter."""

    required: bool = False
    over: int = Field(10_000, ge=0)


NEVER = 1_000_000_000_000
"""More people than there are: nobody is asked."""


class FiringSettings(_Section):
    """When somebody is asked before a firing enters its people."""

    ask_from: int = Field(100, ge=1)


class PublishingSettings(_Section):
    """What runs: the files as they lie in the folder, or what was published explicitly."""

    mode: Literal["files", "explicit"] = "files"
    approval: ApprovalSettings = ApprovalSettings()
    removal_limit: int = Field(10, ge=0)
    removal_undo: str = Field("1d", pattern=r"^[1-9]\d{0,4}[mhdw]$")

    @model_validator(mode="after")
    def _approval_can_hold(self) -> Self:
        """Where the files run as they are saved, nobody could hold them up."""
        if self.approval.required and self.mode == "files":
            raise PydanticCustomError("settings.approval_needs_explicit", "needs explicit")
        return self


class Settings(_Section):
    """Everything that can be set. Unknown keys are errors."""

    folder: Path = Path()
    project_id: str | None = Field(None, pattern=r"^[\w.-]{1,80}$")
    database_url: str = "sqlite:///automation.db"
    lang: Lang | None = None
    timezone: str = "Asia/Shanghai"
    rules: tuple[str, ...] = Field(("rules.yaml",), min_length=1)
    catalogue: str = "catalog.yaml"
    templates: str = "templates"
    plugins: str = "plugins"
    ingest: IngestSettings = IngestSettings()
    delivery: DeliverySettings = DeliverySettings()
    daemon: DaemonSettings = DaemonSettings()
    webhook: WebhookSettings = WebhookSettings()
    lint: LintSettings = LintSettings()
    retention: RetentionSettings = RetentionSettings()
    publishing: PublishingSettings = PublishingSettings()
    firings: FiringSettings = FiringSettings()
    testing: TestingSettings = TestingSettings()
    providers: dict[str, Any] = Field(default_factory=dict)
    """By channel: `{type = "twilio", …}`, or a list of such tables in order. Without any, the outbox."""
    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    """By name: the databases that `poll` triggers may read."""
    template_variables: dict[str, str] = Field(default_factory=dict)
    """What every template sees as `brand.…`."""
    prices: dict[str, Decimal] = Field(default_factory=dict)
    """What one message of a channel costs, for an SMS each segment, in the currency unit."""

    @field_validator("providers")
    @classmethod
    def _known_channels(cls, value: dict[str, Any]) -> dict[str, Any]:
        for channel, tables in value.items():
            if channel not in CHANNELS:
                raise _wrong("no_channel", channel, known=", ".join(CHANNELS))
            listed = tables if isinstance(tables, list) else [tables]
            if not listed or not all(isinstance(table, dict) for table in listed):
                raise _wrong("no_table", channel)
        return value

    @field_validator("prices")
    @classmethod
    def _possible_prices(cls, value: dict[str, Decimal]) -> dict[str, Decimal]:
        for channel, price in value.items():
            if channel not in CHANNELS:
                raise _wrong("no_channel", channel, known=", ".join(CHANNELS))
            if not price.is_finite() or not 0 <= price <= 1_000_000 or price * 10_000 % 1:
                raise _wrong("no_price", channel, price=str(price))
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise PydanticCustomError("settings.no_zone", "no such zone", {"found": value}) from None
        return value

    @classmethod
    def load(cls, folder: Path | None = None) -> Settings:
        """The settings of the project in `folder` (default: AUTOMATION_PROJECT, or the current folder).

        SettingsProblems names everything that is wrong: the place in the file, or the variable, and what to write.
        """
        folder = project_folder(folder)
        source = Source.read(folder / FILE)
        source.overlay(os.environ, cls)
        settings = None
        try:
            settings = cls(**source.values, folder=folder)
        except ValidationError as error:
            source.problems += [source.explain(found, cls) for found in error.errors(include_url=False)]
        if settings is None or source.problems:
            lang = source.values.get("lang")
            raise SettingsProblems(in_order(source.problems), lang if lang in LANGS else None)
        return settings.model_copy(update={"database_url": _absolute(settings.database_url, folder)})

    def path(self, name: str) -> Path:
        """A file or folder of the project."""
        return self.folder / name

    def language(self) -> Lang:
        """`lang`, or what the locale says."""
        return self.lang or locale_language()

    def accounts(self, channel: str) -> list[tuple[str, dict[str, Any]]]:
        """The accounts of a channel in order, each as its place in the file and its table as it is written there."""
        tables = self.providers.get(channel, {"type": "outbox"})
        if isinstance(tables, dict):
            return [(f"providers.{channel}", tables)]
        return [(f"providers.{channel}.{i}", table) for i, table in enumerate(tables)]

    def filled(self, place: str, table: dict[str, Any]) -> dict[str, Any]:
        """A table with its secrets filled in. SettingsError when one is missing."""
        return {key: self._secret(f"{place}.{key}", value) for key, value in table.items()}

    def source_url(self, name: str) -> str:
        """The address of a source, its secret filled in. SettingsError when it is missing."""
        return _absolute(str(self._secret(f"sources.{name}.url", self.sources[name].url)), self.folder)

    def _secret(self, where: str, value: Any) -> Any:
        if not (isinstance(value, dict) and value.keys() in ({"env"}, {"file"})):
            return value
        if "env" in value:
            secret = os.environ.get(value["env"])
            if secret is None:
                raise SettingsError("settings.no_env", setting=where, name=value["env"])
            return secret
        try:
            return (self.folder / value["file"]).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError("settings.no_file", setting=where, name=value["file"], reason=error.strerror) from None


def project_folder(chosen: Path | None = None) -> Path:
    """`chosen`, or what AUTOMATION_PROJECT names, or the current folder."""
    return (chosen or Path(os.environ.get("AUTOMATION_PROJECT", "."))).resolve()


def author() -> str:
    """Who gives a command: AUTOMATION_AUTHOR, or the user of the operating system."""
    try:
        return os.environ.get("AUTOMATION_AUTHOR") or getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def locale_language() -> Lang:
    """What AUTOMATION_LANG or the locale's variables ask for; English when they say nothing."""
    chosen = os.environ.get("AUTOMATION_LANG")
    if chosen in ("zh", "en"):
        return "zh" if chosen == "zh" else "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].startswith("zh") else "en"
    return "zh" if (locale.getlocale()[0] or "").startswith("zh") else "en"


def _wrong(key: str, channel: str, **context: str) -> PydanticCustomError:
    return PydanticCustomError(f"settings.{key}", "wrong", {"found": channel, "below": channel, **context})


def _absolute(url: str, folder: Path) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/") and url != prefix + ":memory:":
        return prefix + str(folder / url.removeprefix(prefix))
    return url
