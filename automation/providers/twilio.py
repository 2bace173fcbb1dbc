"""SMS through Twilio, by its own client library."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider
from automation.providers.http import AUTH, SETTINGS, broken, http_url, retry_after, short
from automation.providers.twilio_codes import BUSY, TWILIO

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automation.providers.base import Outgoing, Sent
    from automation.providers.codes import Codes


class TwilioParams(Params):
    """Which account sends, and from which number."""

    account_sid: str = param(zh="账户 SID（AC…）", en="the account's SID (AC…)", min_length=1)
    auth_token: SecretStr = param(zh="Auth Token（机密）", en="the auth token (a secret)")
    from_number: str | None = param(None, zh="发送号码，E.164 格式", en="the sending number, in E.164 form")
    messaging_service_sid: str | None = param(None, zh="Messaging Service SID", en="a messaging service (MG…)")
    base_url: str | None = param(None, zh="自建网关的地址", en="the address of a private gateway")
    timeout: float = param(10.0, zh="超时（秒）", en="time-out in seconds", gt=0)
    status_callback: str | None = param(None, zh="回执的网址", en="the URL that receipts go to")

    @field_validator("base_url", "status_callback")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        return http_url(value)

    @model_validator(mode="after")
    def _one_sender(self) -> TwilioParams:
        if (self.from_number is None) == (self.messaging_service_sid is None):
            raise PydanticCustomError("providers.twilio_sender", "exactly one sender")
        return self


CLOCKS_APART = timedelta(minutes=5)
"""How far Twilio's clock and ours may be apart, the time of the call included."""
_LISTED = 200


class Twilio(Provider):
    """One API call per message.

    What an answer means: 201 is accepted, with the message's SID. 429 is transient (Twilio: such a request "is never
    processed and is always safe to retry"), and so is 503, error 20503 "temporarily unavailable". Twilio's advice is
    to retry 500, 502 and 504 too, but they don't say whether the message was created, and the Messages API has no
    idempotency key: another try could reach the person twice, so they are unknown. Refused credentials (401, 403) are
    transient with the code "auth", a refused sender is transient with "settings": a wrong setting burns no message.
    Any other 4xx is permanent, with Twilio's error code.

    The API takes no reference of ours; it travels as the query parameter `reference` of `status_callback`, which the
    API never shows again. So a message without a SID is looked up by its number, its text and its time, among what
    Twilio lists for the number; each of Twilio's messages stands for one of ours at most.
    """

    type: ClassVar[str] = "twilio"
    title: ClassVar[Text] = Text("Twilio 短信", "Twilio SMS")
    Params: ClassVar[Any] = TwilioParams
    channels: ClassVar[frozenset[str]] = frozenset({"sms"})
    codes: ClassVar[Codes] = TWILIO
    concurrency = 8

    def __init__(self, params: TwilioParams, context: Any) -> None:
        super().__init__(params, context)
        from twilio.rest import Client

        self._http = _http_client(params)
        token = params.auth_token.get_secret_value()
        self._client = Client(params.account_sid, token, http_client=self._http, environment={"": ""})

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return [self._send(message) for message in messages]

    can_look_up = True

    def look_up(self, messages: Sequence[Sent]) -> Sequence[Outcome | None]:
        """By SID where there is one. Once Twilio can't be asked, the rest is not asked about now."""
        from requests import RequestException
        from twilio.base.exceptions import TwilioException

        found: list[Outcome | None] = []
        taken = {sid for message in messages for sid in message.taken}
        with suppress(TwilioException, RequestException, ValueError):
            for message in messages:
                outcome = self._by_sid(message) if message.provider_id else self._by_text(message, taken)
                if outcome is not None and outcome.provider_id is not None:
                    taken.add(outcome.provider_id)
                found.append(outcome)
        return [*found, *[None] * (len(messages) - len(found))]

    def close(self) -> None:
        self._http.session.close()

    def _by_sid(self, message: Sent) -> Outcome | None:
        from twilio.base.exceptions import TwilioRestException

        try:
            return _told(self._client.messages(message.provider_id).fetch())
        except TwilioRestException as error:
            if error.status == 404:
                return None
            raise

    def _by_text(self, message: Sent, taken: set[str]) -> Outcome | None:
        """The first of Twilio's messages that is this one and no other of ours."""
        if message.content is None or not message.content.text:
            return None
        since = message.sent_at - CLOCKS_APART
        listed = self._client.messages.list(to=message.address, date_sent_after=since, limit=_LISTED)
        mine = [one for one in listed if one.sid not in taken and _is(one, message)]
        return _told(min(mine, key=lambda one: one.date_created)) if mine else None

    def _send(self, message: Outgoing) -> Outcome:
        from requests import RequestException
        from twilio.base.exceptions import TwilioException

        try:
            created = self._client.messages.create(**self._arguments(message))
        except TwilioException as error:
            return self._refused(error)
        except RequestException as error:
            return broken(error)
        except UnicodeError:
            return Outcome.permanent("bad_content", "the text can't be encoded")
        except ValueError:  # 2xx, but no JSON: somebody answered, perhaps not Twilio
            return Outcome.unknown("bad_answer")
        return Outcome.accepted(created.sid) if created.sid else Outcome.unknown("bad_answer")

    def _arguments(self, message: Outgoing) -> dict[str, str]:
        chosen = {
            "to": message.address,
            "body": message.content.text or "",
            "from_": self.params.from_number,
            "messaging_service_sid": self.params.messaging_service_sid,
            "status_callback": self._callback(message.reference),
        }
        return {name: value for name, value in chosen.items() if value is not None}

    def _callback(self, reference: str) -> str | None:
        if self.params.status_callback is None:
            return None
        parts = urlsplit(self.params.status_callback)
        query = [*parse_qsl(parts.query, keep_blank_values=True), ("reference", reference)]
        return str(urlunsplit(parts._replace(query=urlencode(query))))

    def _refused(self, error: Any) -> Outcome:
        """The outcome of an answer that was not 2xx; a TwilioException without a status never left the house."""
        status, code = getattr(error, "status", None), getattr(error, "code", None)
        words = _words(error)
        if status is None:
            return Outcome.transient(SETTINGS, type(error).__name__, about="account")
        known = TWILIO.get(str(code))
        if known is not None and known.about != "account":
            return known.outcome(str(code), words)
        if status == 429 or str(code) in BUSY:
            wait = retry_after(self._http.last_headers, self.context.clock.now())
            return Outcome.transient(str(code), words, wait, about="account")
        if status in (408, 503):
            return Outcome.transient(str(code), words, retry_after(self._http.last_headers, self.context.clock.now()))
        if status in (401, 403):
            return Outcome.transient(AUTH, f"{code}: {words}", about="account")
        if status < 400 or status == 404 or known is not None:
            return Outcome.transient(SETTINGS, f"{code}: {words}", about="account")
        return Outcome.permanent(str(code), words) if 400 <= status < 500 else Outcome.unknown(str(code), words)


def _is(listed: Any, message: Sent) -> bool:
    """Whether Twilio's message can be ours: the same text, created when we handed it over."""
    created = listed.date_created
    if created is None or not str(listed.direction).startswith("outbound"):
        return False
    text = message.content.text if message.content is not None else None
    return bool(listed.body == text and abs(created - message.sent_at) <= CLOCKS_APART)


def _told(listed: Any) -> Outcome:
    """What Twilio's status of a message says of it."""
    if listed.status not in ("failed", "undelivered", "canceled"):
        return Outcome.accepted(listed.sid)
    code, words = str(listed.error_code or listed.status), short(listed.error_message or listed.status)
    known = TWILIO.get(code)
    refused = known.outcome(code, words) if known is not None else Outcome.permanent(code, words)
    return replace(refused, provider_id=listed.sid)


def _words(error: Any) -> str:
    words = getattr(error, "msg", None) or getattr(error, "detail", None) or getattr(error, "title", None)
    return short(str(words or "").removeprefix("Unable to create record: "))


def _http_client(params: TwilioParams) -> Any:
    """Twilio's own HTTP client with a time-out, our base URL, and the headers of each thread's last answer."""
    from twilio.http.http_client import TwilioHttpClient

    class _HttpClient(TwilioHttpClient):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(timeout=params.timeout)
            self._seen = threading.local()

        def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Any:
            self._seen.headers = None
            answer = super().request(method, _moved(url, params.base_url), *arguments, **options)
            self._seen.headers = answer.headers
            return answer

        @property
        def last_headers(self) -> Mapping[str, str] | None:
            return getattr(self._seen, "headers", None)

    return _HttpClient()


def _moved(url: str, base: str | None) -> str:
    """The URL with its scheme and host replaced by `base`, which may have a path of its own."""
    return base.rstrip("/") + url[url.index("/", len("https://")) :] if base else url
