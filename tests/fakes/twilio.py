"""Twilio's Messages API, as far as sending goes: credentials, refused numbers, and a book of what was created."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .server import FakeServer, Reply

if TYPE_CHECKING:
    from .server import Recorded

ACCOUNT = "AC00000000000000000000000000000001"
TOKEN = "twilio-token-7f3a9c"
SENDER = "+15005550006"

# Numbers that the service refuses, and how: (status, code, message). The digits are those of Twilio's test numbers.
REFUSED = {
    "+15005550001": (400, 21211, "The 'To' number +15005550001 is not a valid phone number."),
    "+15005550002": (400, 21612, "The 'To' phone number: +15005550002, is not currently reachable using SMS."),
    "+15005550003": (403, 21408, "Permission to send an SMS has not been enabled for the region of the 'To' number."),
    "+15005550004": (400, 21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (400, 21614, "'To' number: +15005550009, is not a valid mobile number"),
}


@dataclass(frozen=True)
class Created:
    sid: str
    to: str
    body: str
    status_callback: str | None


class FakeTwilio(FakeServer):
    """`messages` is what people got; `token` the only one that is good."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.messages: list[Created] = []

    def respond(self, request: Recorded) -> Reply:
        if request.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return error(404, 20404, f"The requested resource {request.path} was not found")
        expected = b64encode(f"{ACCOUNT}:{self.token}".encode()).decode()
        if request.headers["Authorization"] != f"Basic {expected}":
            return error(401, 20003, "Authenticate")
        form = request.form()
        if form.get("From", SENDER) != SENDER:
            return error(400, 21606, "The 'From' phone number provided is not a valid message-capable phone number")
        if form["To"] in REFUSED:
            return error(*REFUSED[form["To"]])
        return self._create(form)

    def _create(self, form: dict[str, str]) -> Reply:
        sid = f"SM{len(self.messages) + 1:032x}"
        self.messages.append(Created(sid, form["To"], form["Body"], form.get("StatusCallback")))
        return Reply(201, body={"sid": sid, "status": "queued", "to": form["To"], "error_code": None})


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """An answer in the form of Twilio's errors."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return Reply(status, headers or {}, body)
