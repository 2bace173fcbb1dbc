"""A fake HTTP service on loopback: keeps a book of what it accepted, and misbehaves on request.

    from tests.fakes.server import FakeServer, Hang, Reply

    with FakeServer() as server:
        server.script(Reply(429, {"Retry-After": "3"}), Hang(after_accept=True))
        ...                                  # the first request gets 429, the second none, the third a normal answer
        assert len(server.accepted) == 2

Subclass it and write `respond` to behave like a real service. `respond` runs under a lock, so a book needs no care.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message


@dataclass(frozen=True)
class Recorded:
    """A request as it arrived. `headers` looks names up in any case; of a repeated query key the last counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    """An answer instead of the normal one: nothing is accepted. A body that is no text or bytes is sent as JSON."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = b""

    def encoded(self) -> tuple[bytes, dict[str, str]]:
        headers = dict(self.headers)
        if isinstance(self.body, bytes):
            return self.body, headers
        if isinstance(self.body, str):
            return self.body.encode(), headers
        headers.setdefault("Content-Type", "application/json")
        return json.dumps(self.body, ensure_ascii=False).encode(), headers


@dataclass(frozen=True)
class Hang:
    """Never answer (until the server stops). `after_accept`: the message went into the book first."""

    after_accept: bool = True


@dataclass(frozen=True)
class Drop:
    """Close the connection without an answer. `after_accept`: the message went into the book first."""

    after_accept: bool = True


@dataclass(frozen=True)
class Delay:
    """Wait, then answer normally."""

    seconds: float


Behaviour: TypeAlias = Reply | Hang | Drop | Delay


class FakeServer:
    """`requests` is all that arrived; `accepted` is what reached `respond`."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.accepted: list[Recorded] = []
        self.stopping = threading.Event()
        self.outage: Behaviour | None = None  # what every request meets that has no script, until it is None again
        self.gate: threading.Event | None = None  # no request is looked at before it is set
        self.tls: ssl.SSLContext | None = None  # set it before the start, and `url` is https
        self._script: deque[Behaviour] = deque()
        self._lock = threading.RLock()
        self._http: ThreadingHTTPServer | None = None

    def respond(self, request: Recorded) -> Reply:
        """The normal answer. Override: check, write into the book, answer."""
        return Reply(200)

    def script(self, *behaviours: Behaviour) -> None:
        """What the next requests meet, one each, before it is normal again."""
        with self._lock:
            self._script.extend(behaviours)

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        assert self._http is not None, "start() first"
        return int(self._http.server_address[1])

    def start(self) -> Self:
        self.stopping.clear()
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        if self.tls is not None:
            self._http.socket = self.tls.wrap_socket(self._http.socket, server_side=True)
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.stopping.set()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def take(self, request: Recorded) -> Reply | None:
        """What becomes of a request; None: the connection is closed without an answer."""
        if self.gate is not None:
            self.gate.wait(30)
        with self._lock:
            self.requests.append(request)
            behaviour = self._script.popleft() if self._script else self.outage
        match behaviour:
            case Reply():
                return behaviour
            case Hang(after_accept) | Drop(after_accept):
                if after_accept:
                    self._accept(request)
                if isinstance(behaviour, Hang):
                    self.stopping.wait(30)
                return None
            case Delay(seconds):
                time.sleep(seconds)
        return self._accept(request)

    def _accept(self, request: Recorded) -> Reply:
        with self._lock:
            self.accepted.append(request)
            return self.respond(request)


def nobody() -> str:
    """The URL of a loopback port on which nobody listens: connections are refused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a hanging request must not hold up the end of a test
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


def _handler(fake: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            reply = fake.take(self._recorded())
            if reply is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body, headers = reply.encoded()
            self.send_response(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _recorded(self) -> Recorded:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            return Recorded(self.command, parts.path, query, self.headers, body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
