"""A project folder and real `automation` processes in it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from automation.clock import SystemClock
from automation.engine.engine import Engine
from automation.engine.entry.ingest import Incoming, IngestResult
from automation.i18n import set_language
from automation.insight.status import read_status
from automation.rules.project import Project
from automation.settings import Settings
from automation.store import schema
from automation.store.database import Database
from tests.daemon.programs import Program

SETTINGS = """
lang = "en"
[daemon]
tick_seconds = 0.1
reload_seconds = 0.1
"""
CATALOG = """
contact: {level: text}
events:
  order.paid: {label: 已付款, properties: {amount: money, sku: text}}
"""
RULES = """
rules:
  - id: thanks
    name: 感谢
    trigger: {type: event, with: {name: order.paid}}
    mode: {on_again: parallel, per: contact}
    guards: {consent: transactional}
    steps: [{do: sms.send, with: {template: thanks}}]
"""
PATIENCE_S = 60.0


class Shop:
    """`database` is what the processes use; the tests look into it with their own connections."""

    def __init__(self, folder: Path, database: Database, *, rules: str = RULES, settings: str = SETTINGS) -> None:
        self.folder, self.database = folder, database
        (folder / "templates").mkdir(parents=True)
        self.write("automation.toml", settings)
        self.write("catalog.yaml", CATALOG)
        self.write("rules.yaml", rules)
        self.write("templates/thanks.sms.j2", "谢谢惠顾 {{ event.sku }}")
        self._usable: Project | None = None
        self.started: list[Program] = []

    def write(self, name: str, text: str) -> None:
        """As an editor does it: the file appears whole."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)

    def put(self, name: str, *lines: str) -> str:
        """A file of events beside the project; its path."""
        path = self.folder.with_name(name)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    # ------------------------------------------------------------ processes

    def daemon(self, *options: str, lang: str = "en") -> Daemon:
        """`automation run`, once it says that it runs, or has ended."""
        return Daemon(self._start("--lang", lang, "run", *options))

    def cli(self, *arguments: str) -> Program:
        """A command, once it has ended."""
        program = self._start(*arguments)
        program.wait()
        return program

    def ingest(self, *lines: str) -> IngestResult:
        """Take events in this process, which is another one than the daemon's."""
        project = self.project()
        self._usable = self._usable if project.checked.fatal else project
        assert self._usable is not None
        engine = Engine(self._usable, self.database)
        result = engine.ingest([Incoming(line, "test") for line in lines])
        engine.close()
        return result

    def status(self) -> dict[str, Any]:
        set_language("en")
        return read_status(self.database, self.project(), SystemClock().now()).as_dict()

    def project(self) -> Project:
        return Project.load(Settings.load(self.folder))

    def end(self) -> None:
        for process in self.started:
            process.kill()

    def _start(self, *arguments: str) -> Program:
        url = self.database.url.render_as_string(hide_password=False)
        environment = {**os.environ, "AUTOMATION_DATABASE_URL": url, "COLUMNS": "200"}
        for name in ("AUTOMATION_LANG", "AUTOMATION_PROJECT"):
            environment.pop(name, None)
        logs = self.folder.with_name(f"{self.folder.name}-{len(self.started)}")
        self.started.append(Program(self.folder, logs, ["--project", str(self.folder), *arguments], environment))
        return self.started[-1]

    # ------------------------------------------------------------ what it holds

    def rows(self, name: str) -> list[Any]:
        table = schema.metadata.tables[name]
        with self.database.read() as conn:
            return list(conn.execute(select(table).order_by(*table.primary_key)))

    def statuses(self) -> list[str]:
        return [row.status for row in self.rows("message")]

    def sent(self) -> list[str]:
        """The texts in the outbox."""
        return [path.read_text("utf-8") for path in sorted((self.folder / "outbox" / "sms").rglob("*.txt"))]


class Daemon:
    """A daemon process; `log` is what it has said so far."""

    def __init__(self, process: Program) -> None:
        self.process = process
        until(lambda: "the daemon runs" in self.log or "守护进程已启动" in self.log or process.poll() is not None)

    @property
    def log(self) -> str:
        return self.process.stderr

    def says(self, words: str) -> str:
        """Wait until the log holds `words`."""
        until(lambda: words in self.log, lambda: f"{words!r} in the log:\n{self.log}")
        return self.log

    def stop(self, within: float = 8.0) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.wait(within)

    def kill(self) -> None:
        self.process.kill()

    def wait(self, within: float = 10.0) -> int:
        return self.process.wait(within)


def until(true: Callable[[], object], told: Callable[[], str] = lambda: "it did not happen in time") -> None:
    """Wait for something to become true."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, told()
        time.sleep(0.05)


def order(person: int, sku: str = "S1") -> str:
    """An event of a person whom it brings along."""
    contact = {"member_no": f"M{person}", "phone": f"+86138001{person:05}"}
    return json.dumps({"name": "order.paid", "contact": contact, "message_id": f"{person}-{sku}",
                       "properties": {"amount": 1, "sku": sku}})  # fmt: skip
