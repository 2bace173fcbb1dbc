"""A provider of our own: text messages through an in-house gateway that takes JSON over HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import requests
from pydantic import SecretStr, field_validator

from automation import plugin
from automation.i18n import Text
from automation.plugin import param
from automation.providers.base import Outcome, Outgoing, Provider
from automation.providers.http import broken, http_url, retry_after, short


class SmsGateway(Provider):
    """POST {to, text, reference} to `url`; the gateway answers 200 with {id}."""

    type = "sms_gateway"
    title = Text("自建短信网关", "in-house SMS gateway")
    channels = frozenset({"sms"})

    class Params(plugin.Params):
        url: str = param(zh="网关地址", en="the gateway's address")
        api_key: SecretStr = param(zh="API Key（机密）", en="the API key (a secret)")
        timeout: float = param(10.0, zh="超时（秒）", en="time-out in seconds", gt=0)

        @field_validator("url")
        @classmethod
        def _url(cls, value: str) -> str | None:
            return http_url(value)

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        return [self._send(message) for message in messages]

    def _send(self, message: Outgoing) -> Outcome:
        body = {"to": message.address, "text": message.content.text, "reference": message.reference}
        headers = {"Authorization": f"Bearer {self.params.api_key.get_secret_value()}"}
        try:
            answer = requests.post(self.params.url, json=body, headers=headers, timeout=self.params.timeout)
        except (requests.RequestException, OSError) as error:
            return broken(error)  # transient with proof that nothing was sent, else unknown
        return self._outcome(answer)

    def _outcome(self, answer: requests.Response) -> Outcome:
        status = answer.status_code
        if status == 200:
            return Outcome.accepted(short(answer.json()["id"]))
        if status in (401, 429, 503):  # our key, or too busy: the message itself is fine
            return Outcome.transient(str(status), answer.reason, retry_after(answer.headers, self.context.clock.now()))
        if status < 500:
            return Outcome.permanent(str(status), short(answer.text))
        return Outcome.unknown(str(status), answer.reason)
