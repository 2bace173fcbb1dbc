"""E-mail through SendGrid, by its own client library, up to 1,000 people in a call."""

from __future__ import annotations

import json
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import SecretStr, field_validator

from automation.i18n import Text
from automation.plugin import Params, param
from automation.providers.base import Outcome, Provider
from automation.providers.http import (
    AUTH,
    NOT_TRIED,
    SETTINGS,
    broken,
    http_url,
    pin_logger,
    retry_after,
    short,
)
from automation.providers.mailmerge import Letter, Merged, merge
from automation.providers.mime import BadHeader, bad_header, check_address, list_unsubscribe, mailbox, parse_sender

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from automation.providers.base import About, Effect, Outgoing, Sent

_NAMED = re.compile(r"personalizations\.(\d+)\b")
_RECIPIENT = re.compile(r"personalizations\.\d+\.to\.\d+\.email")
CLOCKS_APART = timedelta(minutes=5)
_SPLITS = 40  # how often one batch is sent again in parts before the rest waits for the next attempt


class SendGridParams(Params):
    """Whose account sends, and in whose name."""

    api_key: SecretStr = param(zh="API Key（机密）", en="the API key (a secret)")
    sender: str = param(zh="发件人，例如：会员中心 <club@example.com>", en="the sender: Member Club <club@example.com>")
    reply_to: str | None = param(None, zh="回复地址", en="the address for replies")
    base_url: str = param("https://api.sendgrid.com", zh="接口地址（欧盟区或自建网关）", en="the API's address")
    timeout: float = param(30.0, zh="超时（秒）", en="time-out in seconds", gt=0)
    activity: bool = param(
        False,
        zh="账户购买了 Email Activity 附加服务：结果未知的邮件可以查询",
        en="the account has the Email Activity add-on: mails whose outcome is unknown can be looked up",
    )

    @field_validator("sender", "reply_to")
    @classmethod
    def _mailbox(cls, value: str | None) -> str | None:
        return mailbox(value)

    @field_validator("base_url")
    @classmethod
    def _url(cls, value: str) -> str | None:
        return http_url(value)


@dataclass(frozen=True)
class _Answer:
    """What one call came to: one outcome for all, or refusals of some (by position), or neither: send it in halves."""

    all: Outcome | None = None
    refused: Mapping[int, Outcome] = field(default_factory=dict)


class SendGrid(Provider):
    """One call for all mails of a batch that share a body but for some lines (see mailmerge.py).

    Each person has a personalization of their own, with our reference as the custom argument `reference`; SendGrid's
    events carry it back. The id of an accepted mail is the call's X-Message-Id; events begin with it.

    What an answer means: 202 is accepted. A 400 that names personalizations is permanent for those people and the
    others are sent without them (SendGrid takes a call whole or not at all); a 400 that names nothing, and a 413, are
    sent again in halves until the one that is wrong stands alone. 429 and 503 are transient; 500, 502 and 504 don't
    say whether the mails were queued and there is no idempotency key, so they are unknown. 401 and 403 are transient
    ("auth"), a refused sender is transient ("settings"): a wrong setting burns no message. After trouble that
    concerns the whole service the rest of the batch is not tried, and transient.

    What is unknown can be looked up where the account has the Email Activity add-on (`activity = true`); SendGrid says
    there whether a mail was processed, delivered or not delivered.
    """

    type: ClassVar[str] = "sendgrid"
    title: ClassVar[Text] = Text("SendGrid 邮件", "SendGrid e-mail")
    Params: ClassVar[Any] = SendGridParams
    channels: ClassVar[frozenset[str]] = frozenset({"email"})
    max_batch: ClassVar[int] = 1000

    def __init__(self, params: SendGridParams, context: Any) -> None:
        super().__init__(params, context)
        from sendgrid import SendGridAPIClient

        pin_logger("python_http_client.client")  # at DEBUG it logs the API key and every mail
        self._client = SendGridAPIClient(params.api_key.get_secret_value(), host=params.base_url.rstrip("/"))
        self._client.client.timeout = params.timeout
        self.can_look_up = params.activity

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Outcome]:
        outcomes = {place: fault for place, message in enumerate(messages) if (fault := _fault(message))}
        letters = [Letter(place, message) for place, message in enumerate(messages) if place not in outcomes]
        self._send_all(deque(merge(letters)), outcomes)
        return [outcomes[place] for place in range(len(messages))]

    def look_up(self, messages: Sequence[Sent]) -> Sequence[Outcome | None]:
        """By our reference and the address, in the activity feed. Once it can't be asked, the rest is not asked now."""
        from python_http_client.exceptions import HTTPError

        found: list[Outcome | None] = []
        with suppress(HTTPError, OSError, HTTPException, ValueError, KeyError, TypeError):
            for message in messages if self.params.activity else ():
                query = f'unique_args[\'reference\']="{message.reference}" AND to_email="{message.address}"'
                answer = self._client.client.messages.get(query_params={"query": query, "limit": 10})
                found.append(_told(json.loads(answer.body)["messages"], message))
        return [*found, *[None] * (len(messages) - len(found))]

    def _send_all(self, waiting: deque[Merged], outcomes: dict[int, Outcome]) -> None:
        splits = 0
        while waiting:
            call = waiting.popleft()
            answer = self._post(call)
            if answer.all is None:
                splits += 1
                waiting.extendleft(_again(call, answer.refused, outcomes))
            else:
                outcomes.update((letter.place, answer.all) for letter in call.letters)
            stop = _stopping(answer.all, splits)
            if stop is not None:
                outcomes.update((letter.place, stop) for call in waiting for letter in call.letters)
                return

    def _post(self, call: Merged) -> _Answer:
        from python_http_client.exceptions import HTTPError

        try:
            response = self._client.send(self._body(call))
        except HTTPError as error:
            return self._refused(error, len(call.letters))
        except (OSError, HTTPException) as error:
            return _Answer(broken(error))
        if response.status_code != 202:  # urllib follows redirects, as GET: a 200 may come from anywhere
            return _Answer(Outcome.unknown("bad_answer", f"HTTP {response.status_code}"))
        return _Answer(Outcome.accepted(response.headers.get("X-Message-Id")))

    def _body(self, call: Merged) -> dict[str, Any]:
        parts = (("text/plain", call.text), ("text/html", call.html))
        body: dict[str, Any] = {
            "personalizations": [_person(*one) for one in zip(call.letters, call.substitutions, strict=True)],
            "from": _party(self.params.sender),
            "content": [{"type": kind, "value": value} for kind, value in parts if value],
        }
        if self.params.reply_to:
            body["reply_to"] = _party(self.params.reply_to)
        return body

    def _refused(self, error: Any, count: int) -> _Answer:
        status, problems = error.status_code, _problems(error.body)
        words = short("; ".join(str(one.get("message")) for one in problems) or error.reason)
        if status in (401, 403):
            return _Answer(Outcome.transient(AUTH, words, about="account"))
        if status in (408, 429, 503):
            wait = retry_after(error.headers, self.context.clock.now())
            pace: About | None = "account" if status == 429 else None
            return _Answer(Outcome.transient(str(status), words, wait, pace))
        if status in (400, 413):
            return _blame(status, problems, words, count)
        if status < 400 or status == 404:
            return _Answer(Outcome.transient(SETTINGS, words, about="account"))
        return _Answer(Outcome.permanent(str(status), words) if status < 500 else Outcome.unknown(str(status), words))


def _blame(status: int, problems: Sequence[Mapping[str, Any]], words: str, count: int) -> _Answer:
    """Whom a 400 or 413 concerns: the people it names, our settings, everybody, or (nothing is named) find out."""
    fields = [str(one.get("field") or "") for one in problems]
    named = [(int(match[1]), one) for one, name in zip(problems, fields, strict=True) if (match := _NAMED.match(name))]
    refused = {place: Outcome.permanent(str(status), short(one.get("message")), _effect(one)) for place, one in named}
    if refused and max(refused) < count:
        return _Answer(refused=refused)
    if any(name.startswith(("from", "reply_to")) for name in fields):
        return _Answer(Outcome.transient(SETTINGS, words, about="account"))
    if count > 1 and not any(fields):
        return _Answer()
    return _Answer(Outcome.permanent(str(status), words))


def _effect(problem: Mapping[str, Any]) -> Effect | None:
    """The words "does not contain a valid address" are said of the recipient's address and of nothing else."""
    about_address = _RECIPIENT.fullmatch(str(problem.get("field") or "")) is not None
    wrong = str(problem.get("message")).startswith("Does not contain a valid address")
    return "bad_address" if about_address and wrong else None


def _told(listed: Sequence[Mapping[str, Any]], message: Sent) -> Outcome | None:
    """What the feed says of a mail; another database of ours may use the same references, at other times."""
    begun = message.sent_at - CLOCKS_APART
    mine = [one for one in listed if datetime.fromisoformat(one["last_event_time"]) >= begun]
    got_out = next((one for one in mine if one["status"] in ("processed", "delivered")), None)
    if got_out is not None:
        return Outcome.accepted(str(got_out["msg_id"])[:200])
    if not mine:
        return None
    refused = Outcome.permanent("not_delivered", "SendGrid could not deliver it")
    return replace(refused, provider_id=str(mine[0]["msg_id"])[:200])


def _again(call: Merged, refused: Mapping[int, Outcome], outcomes: dict[int, Outcome]) -> list[Merged]:
    """What is still to be sent of a refused call: all but those it names, or, if it names nobody, two halves."""
    outcomes.update((call.letters[place].place, outcome) for place, outcome in refused.items())
    rest = [letter for place, letter in enumerate(call.letters) if place not in refused]
    if refused:
        return list(merge(rest))
    middle = len(rest) // 2
    return [*merge(rest[:middle]), *merge(rest[middle:])]


def _stopping(outcome: Outcome | None, splits: int) -> Outcome | None:
    """What becomes of the calls not yet made, if there is no use in making them now."""
    if outcome is not None and outcome.kind == "transient":
        return outcome
    if splits > _SPLITS or (outcome is not None and outcome.kind == "unknown"):
        return Outcome.transient(NOT_TRIED)
    return None


def _fault(message: Outgoing) -> Outcome | None:
    """What is wrong with a mail before anybody is asked."""
    content = message.content
    try:
        check_address(message.address)
        list_unsubscribe(message.content)
    except BadHeader as error:
        return bad_header(error)
    if not (content.subject and (content.text or content.html)):
        return Outcome.permanent("bad_content", "a mail needs a subject and a body")
    return None


def _person(letter: Letter, substitutions: Mapping[str, str]) -> dict[str, Any]:
    message = letter.message
    person: dict[str, Any] = {
        "to": [{"email": message.address}],
        "subject": message.content.subject,
        "custom_args": {"reference": message.reference},
    }
    if substitutions:
        person["substitutions"] = dict(substitutions)
    headers = list_unsubscribe(message.content)
    return {**person, "headers": headers} if headers else person


def _party(sender: str) -> dict[str, str]:
    address = parse_sender(sender)
    party = {"email": address.addr_spec, "name": address.display_name}
    return {name: value for name, value in party.items() if value}


def _problems(body: Any) -> Sequence[Mapping[str, Any]]:
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError):
        return []
    return [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
