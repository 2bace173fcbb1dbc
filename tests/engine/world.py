"""A project folder, a database, a clock and the real engine, driven through their public doors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from automation.clock import ManualClock, to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.identity import normalise_identity
from automation.contacts.profile import add_tags, update_attributes
from automation.contacts.resolve import resolve
from automation.engine.engine import Engine
from automation.engine.entry.ingest import Incoming, IngestResult
from automation.rules.project import Project
from automation.settings import Settings
from automation.store import schema
from automation.store.database import Database

SHANGHAI = ZoneInfo("Asia/Shanghai")

CATALOG = """
contact:
  level: {type: text, choices: [普卡, 银卡, 金卡]}
  points: {type: integer}
events:
  order.paid: {label: 已付款, properties: {amount: {type: money}, sku: text}}
  whitepaper.downloaded: {label: 下载白皮书, properties: {title: text}}
  store.stock_out: {label: 缺货, properties: {member_id: {type: list, identity: member_no}, sku: text, store_id: text}}
  vip.welcome: {label: 欢迎, properties: {from_rule: text}}
coupons:
  BDAY: {label: 生日券, kind: generated, stock: 3, per_contact: 1, valid_for: 14d, prefix: BD}
"""
TEMPLATES = {
    "hello.sms.j2": "【店】{{ contact.name }}您好，拒收请回复R",
    "hello.email.html.j2": "{% block subject %}您好 {{ contact.name }}{% endblock %}"
    "{% block html %}<p>您好 {{ contact.name }}</p>{% endblock %}",
    "coupon.sms.j2": "【店】{{ contact.name }}，券码 {{ coupon.code }}，拒收请回复R",
    "order.sms.j2": "【店】收到 {{ event.sku }}",
}


def at(text: str) -> datetime:
    """A moment in Shanghai: "2026-08-01 10:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class World:
    """One engine on one project folder; time stands still until `go` or `to`."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        rules: str,
        *,
        now: str = "2026-08-01 12:00",
        catalog: str = CATALOG,
        templates: Mapping[str, str] = TEMPLATES,
        settings: str = "",
    ) -> None:
        self.folder, self.database, self.clock = folder, database, ManualClock(at(now))
        (folder / "templates").mkdir(exist_ok=True, parents=True)
        (folder / "automation.toml").write_text(settings, encoding="utf-8")
        (folder / "catalog.yaml").write_text(catalog, encoding="utf-8")
        for name, text in templates.items():
            (folder / "templates" / name).write_text(text, encoding="utf-8")
        self.write_rules(rules)
        self.engine = Engine(self.project(), database, self.clock)

    def write_rules(self, rules: str) -> None:
        (self.folder / "rules.yaml").write_text(dedent(rules), encoding="utf-8")

    def project(self) -> Project:
        project = Project.load(Settings.load(self.folder))
        errors = [p.shown("en") for p in project.problems if p.severity == "error"]
        assert errors == [], "\n".join(errors)
        return project

    def reload(self, rules: str | None = None) -> None:
        if rules is not None:
            self.write_rules(rules)
        self.engine.reload(Project.load(Settings.load(self.folder)))

    # ------------------------------------------------------------ given

    def person(
        self, member_no: str, *, consent: Sequence[str] = ("*",), tags: Sequence[str] = (), **values: Any
    ) -> int:
        """A contact; `phone`, `email` and other identity kinds are identities, the rest attributes."""
        kinds = self.engine.project.catalogue.identity_kinds
        given = {k: v for k, v in values.items() if k in kinds} | {"member_no": member_no}
        identities = {kind: normalise_identity(kind, value, "CN") for kind, value in given.items()}
        attributes = {k: v for k, v in values.items() if k not in kinds}
        now = to_ms(self.clock.now())
        with self.database.write() as conn:
            found = resolve(conn, self.engine.project.catalogue, [identities], now, create=True, actor="test")[0]
            assert isinstance(found, int)
            update_attributes(conn, {found: attributes}, now, "test")
            add_tags(conn, {found: list(tags)}, now)
            record_consent(
                conn, [ConsentChange(found, "marketing", channel, "granted", "test", now) for channel in consent]
            )
        return found

    # ------------------------------------------------------------ when

    def event(self, name: str, contact: Any = None, *, when: str | None = None, **properties: Any) -> IngestResult:
        return self.events([self.line(name, contact, when=when, **properties)])

    def line(
        self, name: str, contact: Any = None, *, when: str | None = None, moment: datetime | None = None,
        **properties: Any,
    ) -> str:  # fmt: skip
        moment = moment or (at(when) if when else self.clock.now())
        body = {"name": name, "occurred_at": moment.isoformat(), "properties": properties}
        return json.dumps(body | ({"contact": contact} if contact is not None else {}), ensure_ascii=False)

    def events(self, lines: Sequence[str]) -> IngestResult:
        return self.engine.ingest([Incoming(line, f"test:{i}", i) for i, line in enumerate(lines)])

    def run(self) -> None:
        self.engine.run_due()

    def go(self, **delta: float) -> None:
        """Let time pass, then do everything that is due."""
        self.clock.advance(timedelta(**delta))
        self.run()

    def to(self, moment: str) -> None:
        """Move the clock to a moment in Shanghai, then do everything that is due."""
        self.clock.set(at(moment))
        self.run()

    # ------------------------------------------------------------ then

    def codes(self, contact_id: int | None = None) -> list[str]:
        """The reason codes of the log, in order."""
        log = schema.execution_log
        query = select(log.c.code).order_by(log.c.id)
        with self.database.read() as conn:
            return list(conn.scalars(query if contact_id is None else query.where(log.c.contact_id == contact_id)))

    def log(self, code: str) -> list[Any]:
        log = schema.execution_log
        with self.database.read() as conn:
            return list(conn.execute(select(log).where(log.c.code == code).order_by(log.c.id)))

    def messages(self) -> list[Any]:
        with self.database.read() as conn:
            return list(conn.execute(select(schema.message).order_by(schema.message.c.id)))

    def runs(self) -> list[Any]:
        with self.database.read() as conn:
            return list(conn.execute(select(schema.run).order_by(schema.run.c.id)))

    def table(self, name: str) -> list[Any]:
        table = schema.metadata.tables[name]
        with self.database.read() as conn:
            return list(conn.execute(select(table)))

    def outbox(self, channel: str) -> list[str]:
        """What the outbox wrote for a channel, oldest first."""
        files = sorted((self.folder / "outbox" / channel).rglob("*.*"), key=lambda path: int(path.stem.lstrip("m")))
        return [path.read_text(encoding="utf-8") for path in files]
