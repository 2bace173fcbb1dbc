"""wechatpy on our terms: our base URL and time-out also for tokens, shared tokens, and no secret in any log.

1. wechatpy writes the address of the token call into its code and calls it without a time-out. Both go through the
   `requests` session, so an adapter there moves every call to our base URL and limits every call.
2. Its own retry after an expired token calls itself without bound: it is switched off, we try again once.
3. The token and the secret travel in URLs, which urllib3 logs at DEBUG: a filter on that logger blanks them.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from automation.providers.base import Outcome
from automation.providers.http import AUTH, SETTINGS, broken, retry_after, short
from automation.providers.tokens import Fetched, NoToken, SharedToken
from automation.providers.wechat_codes import BUSY, TOKEN_CODES

if TYPE_CHECKING:
    from automation.clock import Clock
    from automation.providers.codes import Codes
    from automation.providers.context import ProviderContext

Answer = dict[str, Any]
_SECRETS_IN_URL = re.compile(r"((?:access_token|secret|corpsecret)=)[^&\s\"']+")


class WechatApi:
    """A wechatpy client that several threads may call."""

    def __init__(
        self,
        client: Any,
        context: ProviderContext,
        *,
        account: str,
        secret: str,
        base_url: str | None,
        timeout: float,
        codes: Codes,
    ) -> None:
        """`client` is made by `governed`. `account` names the shared token. `codes`: what an errcode says."""
        blank_secrets_in_logs()
        self._client = client
        self._secret = secret
        self._codes = codes
        self._clock: Clock = context.clock
        mount(client._http, client.origin, base_url, timeout)
        patience = 2 * timeout + 5  # a time-out each for connecting and reading
        self._tokens = SharedToken(context.database, context.clock, account, secret, self._fetch, patience)

    def call(self, action: Callable[[Any], Any]) -> Answer | Outcome:
        """The service's answer to `action(client)`, or what its refusal means. A refused token is replaced once."""
        refused: str | None = None
        for last in (False, True):
            try:
                token = self._tokens.get(refused)
            except NoToken as error:
                return error.outcome
            outcome, code = self._once(action, token)
            if isinstance(outcome, dict) or code not in TOKEN_CODES or last:
                return outcome
            refused = token
        raise AssertionError("unreachable")

    def close(self) -> None:
        self._client._http.close()

    def _once(self, action: Callable[[Any], Any], token: str) -> tuple[Answer | Outcome, int | None]:
        from wechatpy.exceptions import WeChatClientException

        self._client.current.token = token
        try:
            answer = action(self._client)
        except WeChatClientException as error:
            return self._refused(error, token), error.errcode
        except (requests.RequestException, OSError) as error:
            return broken(error), None
        except ValueError:
            return Outcome.unknown("bad_answer"), None
        if isinstance(answer, dict):
            return answer, None
        return Outcome.unknown("bad_answer"), None  # 2xx, but no JSON: somebody answered, perhaps not the service

    def _refused(self, error: Any, token: str) -> Outcome:
        response = error.response
        wait = retry_after(getattr(response, "headers", None), self._clock.now())
        if error.errcode is None:
            return _by_status(response, wait)
        words = self._clean(error.errmsg, token)
        return by_code(self._codes, error.errcode, words, wait)

    def _fetch(self) -> Fetched:
        """A new token. Whatever goes wrong here, no message was sent."""
        from wechatpy.exceptions import WeChatClientException

        try:
            answer = self._client.fetch_access_token()
            return Fetched(answer["access_token"], float(answer.get("expires_in", 7200)))
        except WeChatClientException as error:
            outcome = self._refused(error, "")
        except (ValueError, TypeError, KeyError):
            outcome = Outcome.transient("bad_answer")
        except (requests.RequestException, OSError) as error:
            outcome = broken(error)
        if outcome.kind == "permanent" or outcome.code == SETTINGS:
            refused = Outcome.transient(AUTH, f"{outcome.code}: {outcome.detail}", about="account")
        else:
            refused = Outcome.transient(outcome.code or AUTH, outcome.detail, outcome.retry_after, outcome.about)
        raise NoToken(refused) from None

    def _clean(self, words: Any, token: str) -> str:
        text = str(words)
        for secret in filter(None, (token, self._secret)):
            text = text.replace(secret, "***")
        return short(text)


def by_code(codes: Codes, code: int, words: str, wait: float | None = None) -> Outcome:
    """What an errcode means for a message. The service did not do what was asked; an unknown code fails the message."""
    known = codes.get(str(code))
    if code in TOKEN_CODES:
        return Outcome.transient(AUTH, f"{code}: {words}", about="account")
    if known is None:
        return Outcome.permanent(str(code), words)
    if known.about == "account" and str(code) not in BUSY:
        return Outcome.transient(SETTINGS, f"{code}: {words}", about="account")
    return known.outcome(str(code), words, wait)


def governed(client_class: Any, app: str, secret: str, timeout: float) -> Any:
    """A client of `client_class` (one of wechatpy's) whose token is the calling thread's `current.token`."""
    from wechatpy.session.memorystorage import MemoryStorage

    class _Client(client_class):  # type: ignore[misc]
        origin = client_class.API_BASE_URL.split("/cgi-bin")[0]
        current = threading.local()
        access_token = property(lambda self: self.current.token)

    client = _Client(app, secret, session=MemoryStorage(), timeout=timeout, auto_retry=False)
    client.current = threading.local()
    return client


def mount(session: requests.Session, origin: str, base_url: str | None, timeout: float) -> None:
    """Send what is meant for `origin` to `base_url`, and nothing without a time-out."""
    session.mount(origin, _Adapter(origin, (base_url or origin).rstrip("/"), timeout))


class _Adapter(HTTPAdapter):
    def __init__(self, origin: str, base_url: str, timeout: float) -> None:
        self._origin, self._base_url, self._timeout = origin, base_url, timeout
        super().__init__(pool_maxsize=32)

    def send(self, request: Any, *arguments: Any, **options: Any) -> requests.Response:
        request.url = self._base_url + request.url.removeprefix(self._origin)
        if options.get("timeout") is None:
            options["timeout"] = self._timeout
        return super().send(request, *arguments, **options)


def blank_secrets_in_logs() -> None:
    """urllib3 logs the path and query of each request at DEBUG, and more of them at WARNING."""
    logger = logging.getLogger("urllib3.connectionpool")
    if _blanked not in logger.filters:
        logger.addFilter(_blanked)


def _blanked(record: logging.LogRecord) -> bool:
    shown = record.getMessage()
    blank = _SECRETS_IN_URL.sub(r"\1***", shown)
    if blank != shown:
        record.msg, record.args = blank, ()
    return True


def _by_status(response: Any, wait: float | None) -> Outcome:
    """An HTTP error without an errcode comes from a gateway. 429 and 503 turned the request away; a 5xx may have come
    after the service had it.
    """
    status = response.status_code
    code, words = f"http_{status}", short(response.reason or "")
    if status in (408, 429, 503):
        return Outcome.transient(code, words, wait, "account" if status == 429 else None)
    if status in (401, 403, 404, 407):
        return Outcome.transient(SETTINGS, f"{code}: {words}", about="account")
    return Outcome.unknown(code, words) if status >= 500 else Outcome.permanent(code, words)
