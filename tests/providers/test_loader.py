"""From settings to providers: every mistake named with its setting and its remedy, no secret told."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import SecretStr

from automation.errors import AutomationError, PluginError, SettingsError
from automation.i18n import Text
from automation.plugin import Params, PluginProblem, Registry, param
from automation.providers.base import Outcome, Provider
from automation.providers.loader import Providers, build_providers
from automation.providers.outbox import Outbox
from automation.providers.sendgrid import SendGrid
from automation.providers.smtp import Smtp
from automation.providers.twilio import Twilio
from automation.providers.webhook import Webhook
from automation.settings import Settings
from automation.testing.providers import check_class, heard
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio
from tests.providers.conftest import sms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from automation.clock import ManualClock
    from automation.store.database import Database

BUILT_IN = (Outbox, Twilio, SendGrid, Smtp, Webhook)


@pytest.fixture
def build(tmp_path: Path, sqlite_db: Database, clock: ManualClock) -> Callable[..., Providers]:
    def _build(toml: str, *more: type[Provider]) -> Providers:
        (tmp_path / "automation.toml").write_text(toml, encoding="utf-8")
        registry = Registry()
        for plugin in (*BUILT_IN, *more):
            registry.add(plugin)
        return build_providers(Settings.load(tmp_path), registry, sqlite_db, clock)

    return _build


def problem(providers: Providers) -> AutomationError:
    found, *_ = providers.problems()
    return found


TWILIO = f"""
[providers.sms]
type = "twilio"
account_sid = "{ACCOUNT}"
auth_token = {{env = "SMS_TOKEN"}}
from_number = "{SENDER}"
"""


def test_the_built_in_providers_are_complete() -> None:
    for plugin in BUILT_IN:
        check_class(plugin)


def test_a_channel_without_a_table_uses_the_outbox(build: Callable[..., Providers]) -> None:
    providers = build("")
    assert isinstance(providers.accounts("wechat")[0].provider, Outbox)
    assert providers.accounts("wechat")[0].provider.context.channel == "wechat"
    assert providers.problems() == []


def test_a_provider_is_made_once_with_its_secret_from_the_environment(
    build: Callable[..., Providers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_TOKEN", TOKEN)
    with FakeTwilio() as server:
        providers = build(TWILIO + f'base_url = "{server.url}"')
        assert providers.problems() == []
        assert providers.accounts("sms")[0].provider is providers.accounts("sms")[0].provider
        assert providers.accounts("sms")[0].provider.send([sms(1)])[0].kind == "accepted"
        providers.close()


def test_a_secret_may_come_from_a_file(build: Callable[..., Providers], tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text(TOKEN + "\n")
    providers = build(TWILIO.replace('{env = "SMS_TOKEN"}', '{file = "token.txt"}'))
    assert providers.accounts("sms")[0].provider.params.auth_token.get_secret_value() == TOKEN


def test_an_absent_secret_is_named(build: Callable[..., Providers]) -> None:
    error = problem(build(TWILIO))
    expected = "providers.sms.auth_token needs the environment variable SMS_TOKEN, which is not set"
    assert error.text("en") == expected


def test_a_secret_in_the_file_is_refused_with_the_remedy(build: Callable[..., Providers]) -> None:
    error = problem(build(TWILIO.replace('{env = "SMS_TOKEN"}', f'"{TOKEN}"')))
    assert isinstance(error, SettingsError)
    assert error.text("zh") == (
        'providers.sms.auth_token 是机密，不能直接写在文件里；请写成 { env = "变量名" } 或 { file = "文件路径" }'
    )
    assert error.text("en").endswith('write { env = "NAME" } or { file = "path" }')
    assert TOKEN not in repr(error)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[providers.sms]\ntype = "twillio"', "providers.sms.type: there is no provider twillio (known: outbox, sendg"),
        ('[providers.sms]\ntype = "twillio"', "; did you mean twilio?"),
        ("[providers.sms]\nfrom_number = '1'", 'providers.sms.type is missing; write type = "…" with one of: outbox'),
        (
            '[providers.email]\ntype = "twilio"',
            "providers.email.type: twilio does not serve the channel email; it serves: sms",
        ),
        ('[providers.sms]\ntype = "twilio"', "providers.sms.account_sid is missing: the account's SID (AC…)"),
        (
            '[providers.sms]\ntype = "outbox"\nformt = "jsonl"',
            "providers.sms.formt: outbox has no such parameter (known: account, breaker, burst, folder, format, rate, "
            "sender); did you mean format?",
        ),
        (
            '[providers.sms]\ntype = "outbox"\nformat = "csv"',
            "providers.sms.format is wrong: expected one of: 'files', 'jsonl'",
        ),
        (
            '[providers.webhook]\ntype = "webhook"\ntimeout = 0',
            "providers.webhook.timeout is wrong: expected a number above 0",
        ),
        (
            '[providers.webhook]\ntype = "webhook"\nallow_private = "perhaps"',
            "providers.webhook.allow_private is wrong: expected true or false",
        ),
        (
            '[providers.email]\ntype = "smtp"\nhost = "h"\nsender = "会员中心"',
            "providers.email.sender is wrong: expected an e-mail address",
        ),
        (
            '[providers.email]\ntype = "smtp"\nhost = "h"\nsender = "a@example.com"\nport = 70000',
            "providers.email.port is wrong: expected a number not above 65535",
        ),
    ],
)
def test_a_mistake_is_named_with_its_setting(build: Callable[..., Providers], toml: str, words: str) -> None:
    assert words in problem(build(toml)).text("en")
    assert problem(build(toml)).text("zh") != problem(build(toml)).text("en")


def test_every_channel_is_checked(build: Callable[..., Providers]) -> None:
    providers = build(
        '[providers.sms]\ntype = "x"\n[providers.email]\ntype = "outbox"\n[providers.webhook]\ntype = "y"'
    )
    assert [error.params["setting"] for error in providers.problems()] == [
        "providers.sms.type",
        "providers.webhook.type",
    ]


def test_rules_about_several_settings_speak_both_languages(
    build: Callable[..., Providers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMS_TOKEN", TOKEN)
    error = problem(build(TWILIO + 'messaging_service_sid = "MG1"'))
    assert error.text("zh") == (
        "providers.sms 的值不对：请在 from_number 和 messaging_service_sid 中写一个（只能一个）"
    )
    assert error.text("en").endswith("give one of from_number and messaging_service_sid, and only one")


def test_an_unknown_channel_has_no_provider(build: Callable[..., Providers]) -> None:
    with pytest.raises(SettingsError, match="there is no channel fax; known: sms, email"):
        assert build("").accounts("fax")[0].provider


def test_the_webhook_provider_follows_the_projects_setting(build: Callable[..., Providers]) -> None:
    hook = '[providers.webhook]\ntype = "webhook"\n'
    allow = "[webhook]\nallow_private = true\n"
    assert build(hook).accounts("webhook")[0].provider.params.allow_private is False
    assert build(allow + hook).accounts("webhook")[0].provider.params.allow_private is True
    assert build(allow + hook + "allow_private = false").accounts("webhook")[0].provider.params.allow_private is False


def test_a_provider_that_could_not_be_loaded_says_why(sqlite_db: Database, clock: ManualClock) -> None:
    registry = Registry()
    why = PluginError("plugins.broken", where="fax.py", reason="ImportError: no module named fax")
    registry.problems.append(PluginProblem("fax.py", why))
    settings = Settings(providers={"sms": {"type": "fax"}})
    assert build_providers(settings, registry, sqlite_db, clock).problems() == [why]


class LeakyParams(Params):
    """A plugin's parameters."""

    key: SecretStr = param(zh="密钥", en="the key")
    size: int = param(1, zh="大小", en="the size")


class Leaky(Provider):
    """A provider that can't start, and tells its secret while it fails."""

    type: ClassVar[str] = "leaky"
    title: ClassVar[Text] = Text("漏", "leaky")
    Params: ClassVar[Any] = LeakyParams
    channels: ClassVar[frozenset[str]] = frozenset({"sms"})

    def __init__(self, params: LeakyParams, context: Any) -> None:
        raise RuntimeError(f"can't log in with {params.key.get_secret_value()}")

    def send(self, messages: Any) -> list[Outcome]:
        return []


@pytest.mark.parametrize("more", ["", "size = 'x'", "sise = 3"])
def test_no_secret_is_told_when_a_provider_can_not_start(
    build: Callable[..., Providers], monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    monkeypatch.setenv("LEAKY_KEY", "leaky-9c1")
    providers = build('[providers.sms]\ntype = "leaky"\nkey = {env = "LEAKY_KEY"}\n' + more, Leaky)
    with heard() as records, pytest.raises(AutomationError) as caught:
        assert providers.accounts("sms")[0].provider
    told = "".join(traceback.format_exception(caught.value)) + caught.value.text("zh") + repr(caught.value)
    assert "leaky-9c1" not in told + repr(providers) + "".join(record.getMessage() for record in records)
    if not more:
        expected = "providers.sms: the provider leaky can't start (RuntimeError); check its settings"
        assert caught.value.text("en") == expected
