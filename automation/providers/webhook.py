"""Webhooks: signed JSON to a URL that the rule names, never to a private address unless that is allowed."""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import SecretStr

from automation.i18n import Text, say
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider
from automation.providers.http import broken, pin_logger, retry_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests import PreparedRequest, Response

    from automation.providers.base import Outgoing

_SMALL = 4096  # an answer of at most so many bytes is read, so that its connection can be used again
_NOT_THEIRS = ("Host", "Content-Length", "Transfer-Encoding", "Connection")
_BUSY = frozenset({408, 425, 429})


class WebhookParams(Params):
    """How webhooks are signed, and where they may go."""

    secret: SecretStr | None = param(None, zh="签名密钥（机密）", en="the key of the signature (a secret)")
    allow_private: bool = param(False, zh="允许访问内部地址", en="allow private addresses")
    ca_file: str | None = param(None, zh="内部 CA 证书（PEM）", en="the certificate of a private authority (PEM)")
    timeout: float = param(10.0, zh="超时（秒）", en="time-out in seconds", gt=0)


class Webhook(Provider):
    """POSTs `payload["body"]` as JSON to the address, with `payload["headers"]` where they don't contradict ours.

    Our headers: `X-Automation-Reference` and `Idempotency-Key`, our reference, the same in every attempt; with a secret
    `X-Automation-Signature: t=<unix seconds>,v1=<hex>`, the HMAC-SHA256 of "<t>.<body>".

    Only https, and only public hosts, unless `allow_private`. Names can't trick it: a host is resolved once, every
    address of it is checked, and the connection goes to a checked address. Redirects are not followed, and the
    environment's proxies are not used.

    What an answer means: 2xx is accepted, 408, 425 and 429 are transient, other 4xx and redirects permanent. 5xx is
    transient although the receiver may have acted on it: receivers are told to ignore an Idempotency-Key they know,
    and no person is reached twice by a request between machines. No answer at all is unknown.
    """

    type: ClassVar[str] = "webhook"
    title: ClassVar[Text] = Text("Webhook 回调", "webhook")
    Params: ClassVar[Any] = WebhookParams
    channels: ClassVar[frozenset[str]] = frozenset({"webhook"})
    concurrency = 8
    one_service = False

    def __init__(self, params: WebhookParams, context: Any) -> None:
        super().__init__(params, context)
        from automation.providers.pinned import PinnedAdapter

        pin_logger("urllib3.connectionpool")  # at DEBUG it logs URLs, and those of webhooks often hold a token
        self._adapter = PinnedAdapter(params.allow_private)
        self._verify: bool | str = str(context.folder / params.ca_file) if params.ca_file else True

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return [self._send(message) for message in messages]

    def close(self) -> None:
        self._adapter.close()

    def _send(self, message: Outgoing) -> Outcome:
        from requests.exceptions import InvalidHeader, InvalidURL, RequestException

        from automation.providers.pinned import PrivateAddress

        scheme = message.address.lower().partition("://")[0]
        if scheme not in ("http", "https"):
            return Outcome.permanent("bad_address", "not a URL of http or https")
        if scheme == "http" and not self.params.allow_private:
            return Outcome.permanent("plain_http", say("providers.plain_http"))
        try:
            request = self._request(message)
            answer = self._adapter.send(request, stream=True, timeout=self.params.timeout, verify=self._verify)
        except PrivateAddress as error:
            words = say("providers.private_address", host=error.host, address=error.address)
            return Outcome.permanent("private_address", words)
        except (InvalidURL, UnicodeError) as error:
            return Outcome.permanent("bad_address", type(error).__name__)
        except (InvalidHeader, TypeError) as error:
            return Outcome.permanent("bad_content", type(error).__name__)
        except (RequestException, OSError) as error:
            return broken(error)
        return self._outcome(answer)

    def _request(self, message: Outgoing) -> PreparedRequest:
        from requests import Request
        from requests.structures import CaseInsensitiveDict

        body = json.dumps(message.payload.get("body", {}), ensure_ascii=False, separators=(",", ":")).encode()
        headers = CaseInsensitiveDict(message.payload.get("headers", {}))
        for name in _NOT_THEIRS:
            headers.pop(name, None)
        ours = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "automation",
            "X-Automation-Reference": message.reference,
            "Idempotency-Key": message.reference,
        }
        if self.params.secret is not None:
            stamp = int(self.context.clock.now().timestamp())
            ours["X-Automation-Signature"] = signature(self.params.secret.get_secret_value(), stamp, body)
        headers.update(ours)
        return Request("POST", message.address, headers=headers, data=body).prepare()

    def _outcome(self, answer: Response) -> Outcome:
        status = answer.status_code
        _drain(answer)
        if 200 <= status < 300:
            return Outcome.accepted()
        if 300 <= status < 400:
            return Outcome.permanent(str(status), say("providers.redirected"))
        if status in _BUSY or status >= 500:
            return Outcome.transient(str(status), answer.reason, retry_after(answer.headers, self.context.clock.now()))
        return Outcome.permanent(str(status), answer.reason)


def signature(secret: str, stamp: int, body: bytes) -> str:
    """The value of X-Automation-Signature; receivers compute it again and compare, and look at the age of `t`."""
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def _drain(answer: Response) -> None:
    """Read a small body so that the connection can be used again; leave a large one alone."""
    length = answer.headers.get("Content-Length", "")
    with suppress(OSError):  # requests has its own errors under OSError
        if length.isdecimal() and int(length) <= _SMALL:
            answer.content  # noqa: B018 – reading is the point
    answer.close()
