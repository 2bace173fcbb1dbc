"""A webhook's receiver as we tell people to write one: checks the signature, and ignores what it has seen."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from .server import FakeServer, Reply

if TYPE_CHECKING:
    from .server import Recorded

SECRET = "webhook-secret-44d1"


class FakeReceiver(FakeServer):
    """`bodies` is what it acted on, by Idempotency-Key; `repeated` counts what it knew already."""

    def __init__(self, secret: str | None = SECRET) -> None:
        super().__init__()
        self.secret = secret
        self.bodies: dict[str, Any] = {}
        self.repeated = 0

    def respond(self, request: Recorded) -> Reply:
        if self.secret is not None and not self._signed(request):
            return Reply(401, body="bad signature")
        key = request.headers["Idempotency-Key"]
        if key in self.bodies:
            self.repeated += 1
        else:
            self.bodies[key] = request.json()
        return Reply(200, body="ok")

    def _signed(self, request: Recorded) -> bool:
        parts = dict(
            part.split("=", 1) for part in (request.headers["X-Automation-Signature"] or "").split(",") if part
        )
        signed = f"{parts.get('t', '')}.".encode() + request.body
        good = hmac.new((self.secret or "").encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(good, parts.get("v1", ""))
