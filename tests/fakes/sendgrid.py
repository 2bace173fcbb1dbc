"""SendGrid's mail/send with its limits: a call is taken whole or not at all, and each mail is kept as people get it.

With the add-on, its activity feed answers for them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .server import FakeServer, Reply

if TYPE_CHECKING:
    from .server import Recorded

API_KEY = "SG.sendgrid-key-b81e"
SENDER = "club@example.com"
_QUERY = re.compile(r"unique_args\['reference'\]=\"([^\"]*)\" AND to_email=\"([^\"]*)\"")


@dataclass(frozen=True)
class Mail:
    """One mail as it reaches its reader."""

    to: str
    subject: str
    reference: str
    text: str | None
    html: str | None
    message_id: str
    headers: dict[str, str] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class FakeSendGrid(FakeServer):
    """`mails` is what people got; `calls` how many people each accepted call had; `now` its clock.

    `activity`: the add-on was bought. `lost` are addresses whose mails could not be delivered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.api_key = API_KEY
        self.mails: list[Mail] = []
        self.calls: list[int] = []
        self.refused: set[str] = set()  # addresses that the service doesn't take, though they look fine
        self.max_bytes = 30_000_000
        self.activity = False
        self.lost: set[str] = set()
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def respond(self, request: Recorded) -> Reply:
        asked = (request.method, request.path)
        if asked not in (("POST", "/v3/mail/send"), ("GET", "/v3/messages")):
            return problems(404, ("not found", None))
        if request.headers["Authorization"] != f"Bearer {self.api_key}":
            return problems(401, ("The provided authorization grant is invalid, expired, or revoked", None))
        if request.method == "GET":
            return self._feed(request.query["query"]) if self.activity else problems(403, ("access forbidden", None))
        if len(request.body) > self.max_bytes:
            return problems(413, ("Payload too large", None))
        body = request.json()
        if body["from"]["email"] != SENDER:
            return problems(403, ("The from address does not match a verified Sender Identity.", "from"))
        wrong = list(self._wrong(body))
        return problems(400, *wrong) if wrong else self._accepted_all(body)

    def _feed(self, query: str) -> Reply:
        """The mails of one reference and address."""
        asked = _QUERY.fullmatch(query)
        if asked is None:
            return problems(400, ("invalid query", None))
        found = [mail for mail in self.mails if (mail.reference, mail.to) == (asked[1], asked[2])]
        return Reply(body={"messages": [self._line(mail) for mail in found]})

    def _line(self, mail: Mail) -> dict[str, Any]:
        status = "not_delivered" if mail.to in self.lost else "delivered"
        at = mail.at.isoformat().replace("+00:00", "Z")
        return {"msg_id": f"{mail.message_id}.filter1", "to_email": mail.to, "subject": mail.subject,
                "status": status, "last_event_time": at}  # fmt: skip

    def _wrong(self, body: dict[str, Any]) -> Any:
        people = body["personalizations"]
        times = Counter(person["to"][0]["email"].lower() for person in people)
        if len(people) > 1000:
            yield "The personalization block is limited to 1000 personalizations per API request.", "personalizations"
        for place, person in enumerate(people):
            where = f"personalizations.{place}"
            address = person["to"][0]["email"]
            values = person.get("substitutions", {})
            if "@" not in address or address in self.refused:
                yield "Does not contain a valid address.", f"{where}.to.0.email"
            if times[address.lower()] > 1:
                yield "Each unique email address in the personalizations array should only be included once.", None
            if sum(len(mark.encode()) + len(value.encode()) for mark, value in values.items()) > 10_000:
                yield "The substitutions may not exceed 10000 bytes.", f"{where}.substitutions"
            if len(values) > 100:
                yield "There are more than 100 substitutions.", f"{where}.substitutions"
        for place, part in enumerate(body["content"]):
            if not part["value"]:
                yield "The content value must be a string at least one character in length.", f"content.{place}.value"

    def _accepted_all(self, body: dict[str, Any]) -> Reply:
        message_id = f"SG{len(self.calls) + 1:020d}"
        self.calls.append(len(body["personalizations"]))
        content = {part["type"]: part["value"] for part in body["content"]}
        for person in body["personalizations"]:
            text, html = (_merged(content.get(kind), person) for kind in ("text/plain", "text/html"))
            subject, reference = _merged(person["subject"], person) or "", person["custom_args"]["reference"]
            headers = person.get("headers", {})
            mail = Mail(person["to"][0]["email"], subject, reference, text, html, message_id, headers, self.now())
            self.mails.append(mail)
        return Reply(202, {"X-Message-Id": message_id})


def problems(status: int, *found: tuple[str, str | None], headers: dict[str, str] | None = None) -> Reply:
    """An answer in the form of SendGrid's errors."""
    errors = [{"message": message, "field": name, "help": None} for message, name in found]
    return Reply(status, headers or {}, {"errors": errors})


def _merged(template: str | None, person: dict[str, Any]) -> str | None:
    for mark, value in person.get("substitutions", {}).items():
        template = template.replace(mark, value) if template is not None else None
    return template
