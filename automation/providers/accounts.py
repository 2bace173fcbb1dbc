"""An account of a provider: how it is named in the settings, how fast it may be used, when it is left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from automation.plugin import Params, param

if TYPE_CHECKING:
    from automation.providers.base import Provider

_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*/\s*([smhd])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class Bucket:
    """At most `burst` messages at once, and `per_second` more with every second."""

    per_second: float
    burst: float


@dataclass(frozen=True)
class Breaker:
    """After `failures` in a row an account is left alone, first for `seconds`."""

    failures: int
    seconds: float


@dataclass(frozen=True)
class Account:
    """One account of a channel. `key` names it in the database, for all processes: `sms:main`."""

    key: str
    name: str
    provider: Provider
    bucket: Bucket | None
    breaker: Breaker | None
    """None where each address is a service of its own."""


def _rate(value: str) -> str:
    found = _RATE.fullmatch(value.strip())
    if found is None or float(found[1]) == 0:
        raise PydanticCustomError("providers.bad_rate", "not a rate")
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,40}", value):
        raise PydanticCustomError("providers.bad_account", "not a name")
    return value


class BreakerParams(Params):
    """The table `breaker`."""

    failures: int | None = Field(None, ge=1, le=10_000)
    seconds: float | None = Field(None, gt=0, le=3600)


class AccountParams(Params):
    """What the table of every account may hold besides its provider's own settings."""

    account: Annotated[str, AfterValidator(_name)] | None = param(
        None,
        zh="账号名，同一渠道内不可重复；不写则用 type",
        en="the account's name, unique in its channel; default: type",
    )
    rate: Annotated[str, AfterValidator(_rate)] | None = param(
        None, zh='最快速度，如 "10/s"、"600/m"、"20000/h"', en='the highest rate: "10/s", "600/m", "20000/h"'
    )
    burst: int | None = param(
        None,
        ge=1,
        le=1_000_000,
        zh="一次最多连发几条；不写则为一秒的量",
        en="how many at once; default: a second's worth",
    )
    breaker: BreakerParams | None = param(
        None,
        zh="断路器 {failures = 次数, seconds = 秒数}；不写则用 [delivery.breaker]",
        en="the circuit breaker {failures = …, seconds = …}; default: [delivery.breaker]",
    )

    @model_validator(mode="after")
    def _burst_needs_a_rate(self) -> Any:
        if self.burst is not None and self.rate is None:
            raise PydanticCustomError("providers.burst_alone", "burst without rate")
        return self

    def bucket(self) -> Bucket | None:
        """What `rate` and `burst` mean."""
        found = _RATE.fullmatch(self.rate.strip()) if self.rate is not None else None
        if found is None:
            return None
        per_second = float(found[1]) / _UNIT_S[found[2]]
        return Bucket(per_second, float(self.burst or max(1, int(per_second))))
