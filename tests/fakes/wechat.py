"""WeChat's API, as far as tokens and sending go: errcodes in answers of 200, tokens that expire, a book of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .server import FakeServer, Reply

if TYPE_CHECKING:
    from .server import Recorded

APP_ID = "wx00000000000000aa"
SECRET = "wechat-secret-5d1e8b7c"
TEMPLATE = "tpl-birthday"

# Openids that the service refuses, and how.
REFUSED = {
    "o-unfollowed": (43004, "require subscribe"),
    "o-refused": (43101, "user refuse to accept the msg"),
    "o-busy": (-1, "system error"),
    "o-limit": (45009, "reach max api daily quota limit"),
    "o-minute": (45011, "api minute-quota reach limit, must slower, retry next minute"),
}


class TokenServer(FakeServer):
    """What both APIs share: the token call, and the check of the token on every other call."""

    token_path = ""
    app_key, app, secret_key, secret = "appid", APP_ID, "secret", SECRET
    bad_app, bad_secret, no_token, bad_token, old_token = 40013, 40125, 41001, 40001, 42001

    def __init__(self) -> None:
        super().__init__()
        self.issued: list[str] = []
        self.expired: set[str] = set()
        self.lifetime = 7200

    def respond(self, request: Recorded) -> Reply:
        if request.path == self.token_path:
            return self._issue(request)
        problem = self._token_problem(request.query.get("access_token"))
        return problem or self.handle(request.path, request.json() if request.body else request.query)

    def handle(self, path: str, body: dict[str, Any]) -> Reply:
        """A call with a good token."""
        return Reply(404)

    def expire(self) -> None:
        """Every token issued so far is over."""
        self.expired.update(self.issued)

    @property
    def token_calls(self) -> int:
        return sum(request.path == self.token_path for request in self.requests)

    def _issue(self, request: Recorded) -> Reply:
        if request.query.get(self.app_key) != self.app:
            return refusal(self.bad_app, "invalid app")
        if request.query.get(self.secret_key) != self.secret:
            return refusal(self.bad_secret, "invalid secret")
        self.issued.append(f"access-token-{len(self.issued) + 1}-{id(self):x}")
        return ok(access_token=self.issued[-1], expires_in=self.lifetime)

    def _token_problem(self, token: str | None) -> Reply | None:
        if not token:
            return refusal(self.no_token, "access_token missing")
        if token in self.expired:
            return refusal(self.old_token, f"access_token expired: {token}")
        return None if token in self.issued else refusal(self.bad_token, "invalid credential")


class FakeWechat(TokenServer):
    """`messages` is what people got, template and subscribe messages alike."""

    token_path = "/cgi-bin/token"

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self._sent: dict[tuple[str, str], int] = {}

    def handle(self, path: str, body: dict[str, Any]) -> Reply:
        if path not in ("/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/send"):
            return Reply(404)
        if body["template_id"] != TEMPLATE:
            return refusal(40037, "invalid template_id")
        if body["touser"] in REFUSED:
            return refusal(*REFUSED[body["touser"]])
        if not body["touser"].startswith("o-"):
            return refusal(40003, "invalid openid")
        return self._send(body)

    def _send(self, body: dict[str, Any]) -> Reply:
        once = (body["touser"], body.get("client_msg_id") or f"#{len(self.messages)}")
        if once not in self._sent:
            self.messages.append(body)
            self._sent[once] = 200_000_000 + len(self.messages)
        return ok(msgid=self._sent[once])


def ok(**more: Any) -> Reply:
    return Reply(body={"errcode": 0, "errmsg": "ok", **more})


def refusal(code: int, words: str) -> Reply:
    return Reply(body={"errcode": code, "errmsg": words})
