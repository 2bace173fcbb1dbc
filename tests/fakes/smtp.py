"""A real SMTP server (aiosmtpd) on loopback that keeps what it accepted and misbehaves on request."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any, Self

from aiosmtpd.smtp import SMTP, AuthResult

from .certificate import server_tls
from .server import Drop, Hang

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

USER, PASSWORD = "club", "smtp-password-5d2c"


class FakeSmtp:
    """`mails` is what people got. `certificate` (see certificate.py) turns STARTTLS on, or TLS if `implicit`.

    `script` takes one thing per mail: a reply to the mail as text, Hang or Drop. `refused` are the replies to
    RCPT by address ("drop" closes the connection instead); `refused_sender` the reply to MAIL.
    """

    def __init__(self, certificate: Path | None = None, implicit: bool = False, login: bool = False) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.connections = 0
        self.refused: dict[str, str] = {}
        self.refused_sender: str | None = None
        self._script: deque[str | Hang | Drop] = deque()
        self._tls = server_tls(certificate) if certificate else None
        self._implicit = implicit
        self._login = login
        self._loop = asyncio.new_event_loop()
        self.port = 0

    def script(self, *behaviours: str | Hang | Drop) -> None:
        self._script.extend(behaviours)

    def __enter__(self) -> Self:
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._session, "127.0.0.1", 0, ssl=self._tls if self._implicit else None)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.run_until_complete(self._shut_down())
        self._loop.close()

    async def _shut_down(self) -> None:
        self._server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _session(self) -> SMTP:
        self.connections += 1
        starttls = self._tls if self._tls and not self._implicit else None
        return SMTP(
            self,
            hostname="fake",
            loop=self._loop,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=self._login,
            auth_require_tls=starttls is not None,
            authenticator=_authenticate,
        )

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.refused_sender:
            return self.refused_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        reply = self.refused.get(address, "250 OK")
        if reply == "drop":
            server.transport.abort()
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        behaviour = self._script.popleft() if self._script else None
        if isinstance(behaviour, str):
            return behaviour
        if behaviour is None or behaviour.after_accept:
            self.mails.append(message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        if isinstance(behaviour, Hang):
            await asyncio.sleep(30)
        if isinstance(behaviour, Drop):
            server.transport.abort()
        return "250 OK"


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good)  # not handled: aiosmtpd answers 535
