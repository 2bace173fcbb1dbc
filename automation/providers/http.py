"""What providers that speak HTTP share: what a broken call proves, Retry-After, and loggers that must stay quiet."""

from __future__ import annotations

import logging
import socket
import ssl
import urllib.error
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from automation.providers.base import NOT_TRIED as NOT_TRIED
from automation.providers.base import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

UNREACHABLE = "unreachable"  # no connection, or the request did not go out: nothing was sent
NO_ANSWER = "no_answer"  # the request went out and no answer came
AUTH = "auth"  # our credentials were refused: the message is fine
SETTINGS = "settings"  # the provider refused something that our settings hold, for example the sender
NO_TOKEN = "no_token"  # somebody else was fetching one and did not finish in time

_HANDSHAKE = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "WRONG_VERSION_NUMBER",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "NO_PROTOCOLS_AVAILABLE",
    }
)


def broken(error: BaseException) -> Outcome:
    """What a call that ended in an exception (of `requests` or `urllib`) means for its message.

    Transient only with proof that the service never had the whole request; everything else is unknown.
    The detail holds no URL: it may carry a token.
    """
    links = tuple(_chain(error))
    words = _words(links)
    return Outcome.transient(UNREACHABLE, words) if any(map(_never_left, links)) else Outcome.unknown(NO_ANSWER, words)


def retry_after(headers: Mapping[str, str] | None, now: datetime) -> float | None:
    """Seconds to wait, from `Retry-After` (seconds or a date) or `X-RateLimit-Reset` (a Unix time)."""
    headers = headers or {}
    given = (headers.get("Retry-After") or "").strip()
    if given:
        return float(given) if given.isdecimal() else _until(given, now)
    reset = (headers.get("X-RateLimit-Reset") or "").strip()
    return max(0.0, float(reset) - now.timestamp()) if reset.isdecimal() else None


def http_url(value: str | None) -> str | None:
    """For validators of Params: the value itself, if it is a URL of http or https."""
    if value is not None and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
        raise PydanticCustomError("providers.bad_url", "not a URL")
    return value


def short(text: object, limit: int = 300) -> str:
    """The provider's own words on one line, cut to what the ledger should keep."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def pin_logger(name: str) -> None:
    """Let nothing below WARNING out of a library's logger, whatever level it is given: it would log secrets."""
    logger = logging.getLogger(name)
    if _loud not in logger.filters:
        logger.addFilter(_loud)


def _loud(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _never_left(error: BaseException) -> bool:
    """The cases that prove it.

    1. No connection: refused, no such host, connect time-out. 2. The TLS handshake failed. 3. The request could not be
    built. 4. urllib wraps an error in URLError only while it connects and writes; a write that fails has not handed
    the last bytes over, so the service can't have read the whole body.
    """
    import requests  # here, because it takes 0.1 s and validating rules loads every provider
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
    from urllib3.util.ssl_match_hostname import CertificateError

    if isinstance(error, ssl.SSLError):
        return error.reason in _HANDSHAKE
    if isinstance(error, requests.RequestException):
        return isinstance(error, (requests.ConnectTimeout, ValueError))
    proof = (ConnectTimeoutError, NewConnectionError, CertificateError, socket.gaierror, ConnectionRefusedError)
    return isinstance(error, (*proof, urllib.error.URLError))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it wraps, outermost first."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]


def _words(links: tuple[BaseException, ...]) -> str:
    """The name of the error and, if the system said anything, its words."""
    for link in links:
        if isinstance(link, OSError) and link.strerror:
            return short(f"{type(links[0]).__name__}: {link.strerror}")
    return type(links[0]).__name__


def _until(date: str, now: datetime) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(date) - now).total_seconds())
    except (ValueError, TypeError):
        return None
