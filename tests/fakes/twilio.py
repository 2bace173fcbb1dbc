"""Twilio's Messages API: sending, with credentials and refused numbers, and asking for what is in its book."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

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
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def shown(self, fate: tuple[str, int | None, str | None]) -> dict[str, Any]:
        """As the API shows it: the callback is not there."""
        status, code, words = fate
        when = format_datetime(self.created)
        return {
            "sid": self.sid, "to": self.to, "body": self.body, "status": status, "error_code": code,
            "error_message": words, "direction": "outbound-api", "date_created": when, "date_sent": when,
            "date_updated": when, "num_segments": "1", "num_media": "0", "account_sid": ACCOUNT,
        }  # fmt: skip


class FakeTwilio(FakeServer):
    """`messages` is what people got; `token` the only one that is good; `now` its clock.

    `fates` are the status, the error's code and its words of messages that are not delivered, by SID.
    """

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.messages: list[Created] = []
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.fates: dict[str, tuple[str, int | None, str | None]] = {}

    def respond(self, request: Recorded) -> Reply:
        account = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
        if not (request.path == f"{account}.json" or request.path.startswith(f"{account}/SM")):
            return error(404, 20404, f"The requested resource {request.path} was not found")
        expected = b64encode(f"{ACCOUNT}:{self.token}".encode()).decode()
        if request.headers["Authorization"] != f"Basic {expected}":
            return error(401, 20003, "Authenticate")
        if request.method == "GET":
            sid = request.path.removeprefix(f"{account}/").removesuffix(".json")
            return self._list(request.query) if request.path == f"{account}.json" else self._show(sid)
        form = request.form()
        if form.get("From", SENDER) != SENDER:
            return error(400, 21606, "The 'From' phone number provided is not a valid message-capable phone number")
        if form["To"] in REFUSED:
            return error(*REFUSED[form["To"]])
        return self._create(form)

    def _show(self, sid: str) -> Reply:
        found = [one for one in self.messages if one.sid == sid]
        return Reply(body=self._shown(found[0])) if found else error(404, 20404, f"{sid} was not found")

    def _list(self, query: dict[str, str]) -> Reply:
        """The newest first, of one number, sent since a moment."""
        since = datetime.fromisoformat(query.get("DateSent>", "2000-01-01T00:00:00Z"))
        found = [one for one in self.messages if one.to == query.get("To", one.to) and one.created >= since]
        listed = [self._shown(one) for one in reversed(found)][: int(query.get("PageSize", 50))]
        return Reply(body={"messages": listed, "next_page_uri": None, "page": 0, "uri": "/Messages.json"})

    def _shown(self, one: Created) -> dict[str, Any]:
        return one.shown(self.fates.get(one.sid, ("delivered", None, None)))

    def _create(self, form: dict[str, str]) -> Reply:
        sid = f"SM{len(self.messages) + 1:032x}"
        self.messages.append(Created(sid, form["To"], form["Body"], form.get("StatusCallback"), self.now()))
        return Reply(201, body={"sid": sid, "status": "queued", "to": form["To"], "error_code": None})


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Reply:
    """An answer in the form of Twilio's errors."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return Reply(status, headers or {}, body)
