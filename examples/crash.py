"""A crash on purpose: `automation run` is killed with SIGKILL halfway through its e-mails, and another goes on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from automation.clock import ManualClock, SystemClock
from automation.engine.engine import Engine
from automation.engine.entry.ingest import Incoming
from automation.rules.project import Project
from automation.settings import Settings
from automation.store.database import Database

PEOPLE = 2_000
FILES = {
    "automation.toml": """database_url = "sqlite:///automation.db"

[delivery]
batch_size = 200

[providers.email]
type = "outbox"
format = "jsonl"
""",
    "catalog.yaml": "events:\n  order.paid: {label: 已付款, properties: {order_id: text}}\n",
    "rules.yaml": """rules:
  - id: order_thanks
    name: 付款后致谢
    trigger: {type: event, with: {name: order.paid}}
    guards: {consent: transactional}
    steps: [{do: message.send, with: {channels: [email], template: thanks}}]
""",
    "templates/thanks.email.html.j2": "{% block subject %}谢谢您{% endblock %}\n"
    "{% block html %}<p>订单 {{ event.order_id }} 已付款。</p>{% endblock %}\n"
    "{% block text %}订单 {{ event.order_id }} 已付款。{% endblock %}\n",
}


class Survived(NamedTuple):
    """What the outbox itself tells: how many e-mails when the process died, and what came of it in the end."""

    people: int
    at_death: int
    in_doubt: int
    twice: int
    nobody: int


def crash_and_go_on(folder: Path) -> Survived:
    """Take 2,000 payments, kill the daemon while it sends, go on ten minutes later, and count in the outbox."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    settings = Settings.load(folder)
    project, database = Project.load(settings), Database(settings.database_url)
    database.migrate()
    Engine(project, database).ingest([Incoming(line) for line in _payments()])
    _run_and_kill(folder)
    at_death = len(list(_written(folder)))
    engine = Engine(project, database, ManualClock(SystemClock().now() + timedelta(minutes=10)))
    in_doubt = engine.recover()
    engine.run_due()
    engine.close()
    database.close()
    per_person = Counter(_written(folder))
    twice = sum(count > 1 for count in per_person.values())
    return Survived(PEOPLE, at_death, in_doubt, twice, PEOPLE - len(per_person))


def _payments() -> Iterator[str]:
    for i in range(PEOPLE):
        event = {"name": "order.paid", "message_id": f"pay-{i}", "source": "shop", "properties": {"order_id": f"D{i}"}}
        yield json.dumps({**event, "contact": {"email": f"p{i}@example.com"}})


def _run_and_kill(folder: Path) -> None:
    """Kill the daemon the moment the outbox has grown beyond a third: it could not note yet what it has sent."""
    command = [sys.executable, "-m", "automation.cli.main", "-p", str(folder), "run"]
    daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = -1
    try:
        while daemon.poll() is None:
            now = sum(path.stat().st_size for path in (folder / "outbox").rglob("*.jsonl"))
            if now != before and len(list(_written(folder))) > PEOPLE // 3:
                break
            before = now
            time.sleep(0.0005)
    finally:
        daemon.kill()
        daemon.wait()


def _written(folder: Path) -> Iterator[str]:
    """The address of every e-mail in the outbox; a line that is still being written is none yet."""
    for path in (folder / "outbox").rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)["to"]
