"""The plugins keep the contract: `python -m pytest tests` in the project's folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from automation.clock import SystemClock
from automation.plugin import Registry
from automation.providers.base import Content, Outgoing
from automation.providers.context import ProviderContext
from automation.store.database import Database
from automation.testing import check_action, check_clock_trigger, check_provider, new_database

PLUGINS = Registry.load(Path(__file__).parents[1])  # the folder of the plugin files
KEY = "key-of-the-gateway-71"


class Gateway(BaseHTTPRequestHandler):
    """What the in-house gateway does: it knows numbers by their +, and gives each message an id."""

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200 if message["to"].startswith("+") else 400)
        self.end_headers()
        self.wfile.write(json.dumps({"id": message["reference"]}).encode())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with new_database(tmp_path) as database:
        yield database


@pytest.fixture
def gateway() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Gateway) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/messages"
        server.shutdown()


def message(number: int) -> Outgoing:
    return Outgoing(f"m{number}", "sms", f"+8613800138{number:03d}", Content(text="你好"))


def test_no_plugin_is_broken() -> None:
    assert PLUGINS.problems == []


def test_the_action_keeps_the_contract(database: Database) -> None:
    check_action(PLUGINS.actions["points.add"], {"points": 100}, database)


def test_the_trigger_keeps_the_contract(database: Database) -> None:
    payday = PLUGINS.triggers["payday"]
    check_clock_trigger(payday(), payday.Params(day=15), databases=[database])


def test_the_provider_keeps_the_contract(database: Database, gateway: str, tmp_path: Path) -> None:
    sms_gateway = PLUGINS.providers["sms_gateway"]
    params = sms_gateway.Params(url=gateway, api_key=KEY)
    context = ProviderContext("sms", tmp_path, database, SystemClock(), ZoneInfo("Asia/Shanghai"))
    check_provider(sms_gateway, lambda: sms_gateway(params, context), message, secrets=[KEY])
