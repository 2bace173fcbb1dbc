"""Several accounts of a channel in the settings: their order, names, rates and breakers, and every mistake in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automation.clock import ManualClock
from automation.errors import AutomationError, SettingsError
from automation.plugin import Registry
from automation.providers.accounts import Account, Breaker, Bucket
from automation.providers.loader import Providers, breakers_of, build_providers
from automation.providers.outbox import Outbox
from automation.providers.webhook import Webhook
from automation.settings import Settings
from automation.store.database import Database

TWO = """
[[providers.sms]]
type = "outbox"
account = "main"
{first}

[[providers.sms]]
type = "outbox"
{second}
"""


@pytest.fixture
def build(tmp_path: Path, sqlite_db: Database, clock: ManualClock) -> Callable[[str], Providers]:
    def _build(toml: str) -> Providers:
        (tmp_path / "automation.toml").write_text(toml, encoding="utf-8")
        registry = Registry()
        for plugin in (Outbox, Webhook):
            registry.add(plugin)
        return build_providers(Settings.load(tmp_path), registry, sqlite_db, clock)

    return _build


def one(build: Callable[[str], Providers], *lines: str) -> Account:
    (account,) = build("\n".join(["[providers.sms]", 'type = "outbox"', *lines])).accounts("sms")
    return account


def problem(providers: Providers) -> AutomationError:
    [found] = providers.problems()
    return found


def test_accounts_come_in_the_order_in_which_they_are_written(build: Callable[[str], Providers]) -> None:
    providers = build(TWO.format(first="", second='folder = "second"'))
    first, second = providers.accounts("sms")
    assert (first.key, second.key) == ("sms:main", "sms:outbox")
    assert second.provider.params.folder == "second"
    assert providers.accounts("sms")[0] is first
    assert providers.problems() == []


def test_an_account_is_found_by_its_key(build: Callable[[str], Providers]) -> None:
    providers = build(TWO.format(first="", second=""))
    assert providers.account("sms:main") is providers.accounts("sms")[0]
    assert providers.account("sms:gone") is None
    assert providers.account("fax:main") is None
    assert providers.account(None) is None


def test_accounts_without_a_name_have_their_types(build: Callable[[str], Providers]) -> None:
    table = '[[providers.sms]]\ntype = "outbox"\n'
    assert [one.name for one in build(table * 3).accounts("sms")] == ["outbox", "outbox-2", "outbox-3"]


def test_a_single_table_is_one_account(build: Callable[[str], Providers]) -> None:
    account = one(build)
    assert (account.key, account.bucket, account.breaker) == ("sms:outbox", None, Breaker(5, 60.0))
    assert one(build, 'account = "主账号"').key == "sms:主账号"


@pytest.mark.parametrize(
    ("lines", "bucket"),
    [
        (['rate = "10/s"', "burst = 20"], Bucket(10.0, 20.0)),
        (['rate = "600/m"'], Bucket(10.0, 10.0)),
        (['rate = "20000 / h"'], Bucket(20000 / 3600, 5.0)),
        (['rate = "100/d"'], Bucket(100 / 86_400, 1.0)),
        (['rate = "0.5/s"'], Bucket(0.5, 1.0)),
    ],
)
def test_rates(build: Callable[[str], Providers], lines: list[str], bucket: Bucket) -> None:
    assert one(build, *lines).bucket == bucket


def test_breakers(build: Callable[[str], Providers]) -> None:
    usual = "[delivery.breaker]\nfailures = 9\n"
    providers = build(
        usual + TWO.format(first="breaker = {failures = 2, seconds = 5}", second="breaker = {seconds = 7}")
    )
    assert [account.breaker for account in providers.accounts("sms")] == [Breaker(2, 5.0), Breaker(9, 7.0)]
    assert breakers_of(providers._settings) == {"sms:main": Breaker(2, 5.0), "sms:outbox": Breaker(9, 7.0)}


def test_a_webhook_has_no_breaker(build: Callable[[str], Providers]) -> None:
    (account,) = build('[providers.webhook]\ntype = "webhook"\nrate = "1/s"').accounts("webhook")
    assert account.breaker is None
    assert account.bucket == Bucket(1.0, 1.0)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("", 'account = "main"', "providers.sms.1.account: the channel has an account main already; give this one"),
        ("", 'account = "a b"', "providers.sms.1.account is wrong: an account's name is made of letters, digits"),
        ("", 'rate = "10 a second"', 'providers.sms.1.rate is wrong: write a rate as "10/s" (a second), "600/m"'),
        ("", 'rate = "0/s"', 'providers.sms.1.rate is wrong: write a rate as "10/s"'),
        ("", "rate = 10", "providers.sms.1.rate is wrong: expected text"),
        ('rate = "1/s"\nburst = 0', "", "providers.sms.0.burst is wrong: expected a number not below 1"),
        ("burst = 3", "", "providers.sms.0 is wrong: burst needs a rate beside it"),
        ("breaker = 5", "", "providers.sms.0.breaker is wrong: expected a table { … }"),
        ("breaker = {failures = 0}", "", "providers.sms.0.breaker.failures is wrong: expected a number not below 1"),
        (
            "breaker = {failure = 3}",
            "",
            "providers.sms.0.breaker.failure: breaker has no such parameter (known: failures, seconds); did you mean",
        ),
        (
            "",
            'ratte = "1/s"',
            "providers.sms.1.ratte: outbox has no such parameter (known: account, breaker, burst, folder, format, rate,"
            " sender); did you mean rate?",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(
    build: Callable[[str], Providers], first: str, second: str, words: str
) -> None:
    found = problem(build(TWO.format(first=first, second=second)))
    assert words in found.text("en")
    assert found.text("zh") != found.text("en")


def test_every_account_is_checked(build: Callable[[str], Providers]) -> None:
    providers = build(TWO.format(first='rate = "fast"', second='format = "csv"'))
    assert [error.params["setting"] for error in providers.problems()] == [
        "providers.sms.0.rate",
        "providers.sms.1.format",
    ]


def test_one_account_that_is_not_in_order_stops_the_channel(build: Callable[[str], Providers]) -> None:
    with pytest.raises(SettingsError, match=r"providers\.sms\.1\.rate"):
        build(TWO.format(first="", second='rate = "fast"')).accounts("sms")


@pytest.mark.parametrize("value", ['"twilio"', "[]", '["twilio"]'])
def test_what_is_no_table_is_refused(build: Callable[[str], Providers], value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        build(f"[providers]\nsms = {value}")
    assert "sms is wrong: expected a table [providers.sms], or several [[providers.sms]]" in caught.value.text("en")
