"""One person who is to be erased, with traces in every table, and another who only mentions them."""

from __future__ import annotations

from typing import Any

from automation.clock import to_ms
from automation.contacts.consent import ConsentChange, record_consent
from automation.contacts.profile import update_attributes
from automation.contacts.resolve import resolve
from automation.contacts.suppression import Suppression, suppress
from automation.store import schema
from automation.store.bulk import insert_rows
from automation.store.problems import Problem, note_problems
from tests.engine.world import CATALOG, World

CATALOG_HERE = CATALOG.replace("sku: text}}", "sku: text, receiver: {type: text, personal: true}}}", 1).replace(
    "stock: 3, per_contact: 1", "stock: 30, per_contact: 5"
)
RULES = """
    timezone: Asia/Shanghai
    rules:
      - id: thanks
        trigger: {type: event, with: {name: order.paid}}
        guards: {consent: marketing}
        steps:
          - do: coupon.issue
            with: {batch: BDAY}
            save_as: coupon
          - do: message.send
            with: {channels: [sms], template: coupon}
          - wait: 30d
      - id: later
        trigger: {type: event, with: {name: order.paid}}
        guards: {consent: marketing, quiet_hours: {from: "11:00", to: "13:00", then: delay}}
        steps:
          - do: message.send
            with: {channels: [email], template: hello}
      - id: rescue
        trigger: {type: event, with: {name: store.stock_out, contact: event.member_id}}
        guards: {consent: marketing}
        steps: [{do: contact.tag, with: {add: [缺货]}}]
    """
VALUES = (
    "13812345678",
    "lilei@example.com",
    "member-4711",
    "openid-0815",
    "李雷雷",
    "1990-08-04",
    "海淀区某路",
    "王五",
)
"""What must not be found anywhere: also what only an absorbed contact had, and what senders wrote into events."""


def build(world: Any, **options: Any) -> tuple[World, int]:
    """The project, and the person to be erased."""
    town = world(RULES, catalog=CATALOG_HERE, **options)
    person = town.person(
        "member-4711", phone="13812345678", email="lilei@example.com", name="李雷雷", birthday="1990-08-04",
        level="金卡", tags=["大额"], home="海淀区某路",
    )  # fmt: skip
    other = town.person("member-9999", phone="13900139007", name="韩梅梅", referrer="member-4711")
    now = to_ms(town.clock.now())
    with town.database.write() as conn:  # the two turn out to be one
        catalogue, wechat = town.engine.project.catalogue, {"wechat_openid": "openid-0815"}
        (second,) = resolve(conn, catalogue, [wechat], now, create=True, actor="import")
        assert isinstance(second, int)
        update_attributes(conn, {second: {"name": "王五"}}, now, "import")
        both = wechat | {"email": "lilei@example.com"}
        assert resolve(conn, catalogue, [both], now, create=True, actor="import") == [person]
        record_consent(conn, [ConsentChange(person, "marketing", "wechat", "denied", "电话 13812345678", now)])
        suppress(conn, [Suppression("投诉 李雷雷", address="lilei@example.com", channel="email")], now, actor="cli")
        note_problems(conn, [Problem(person, "email", "address", "lilei@example.com", now)])
    town.events(
        [
            _order(town, "member-4711", "o1", receiver="李雷雷", extra="海淀区某路"),
            _order(town, "member-9999", "o2", receiver="韩梅梅", extra="代 member-4711 购买"),
            _order(town, "member-9999", "order-13812345678"),
            '{"name": "order.paid", "contact": {"phone": "13812345678"}, "message_id": "call-13812345678",'
            ' "properties": {"amount": 5}}',
            town.line("store.stock_out", member_id=["member-4711", "member-9999"], sku="s", store_id="x"),
            town.line("store.stock_out", member_id=["nobody-1"], sku="13812345678", store_id="x"),
            '{"name": "unheard.of", "contact": {"phone": "+8613812345678"}, "properties": {"to": "李雷雷"}}',
        ]
    )
    town.run()
    with town.database.write() as conn:
        _leave_traces(conn, person, other, now)
    return town, person


def _order(town: World, member: str, id_: str, **properties: Any) -> str:
    line = town.line("order.paid", member, amount=10, sku="s1", **properties)
    return line[:-1] + f', "message_id": "{id_}"}}'


def _leave_traces(conn: Any, person: int, other: int, now: int) -> None:
    """What providers and crashed steps write."""
    conn.execute(
        schema.message.update()
        .where(schema.message.c.contact_id == person)
        .values(outcome_detail="550 <lilei@example.com> unknown", provider_message_id="SM-lilei@example.com")
    )
    detail = '{"error":"KeyError: member-4711"}'
    insert_rows(
        conn, schema.execution_log, ("at", "code", "contact_id", "detail"),
        [(now, "failed.step", person, '{"error":"李雷雷"}'), (now, "failed.step", other, detail)],
    )  # fmt: skip
    columns = ("instance", "pid", "host", "started_at", "heartbeat_at", "last_error")
    insert_rows(conn, schema.daemon, columns, [("d1", 1, "h", now, now, "work: lilei@example.com")])


def places_of(town: World, values: tuple[str, ...]) -> list[str]:
    """Every place, in every text and JSON column of every table, where one of the values stands."""
    found = []
    with town.database.read() as conn:
        for table in schema.metadata.sorted_tables:
            for row in conn.exec_driver_sql(f'SELECT * FROM "{table.name}"').mappings():
                found += [
                    f"{table.name}.{column}: {value} in {text}"
                    for column, text in row.items()
                    for value in values
                    if value in str(text) or value in str(text).encode().decode("unicode_escape", "replace")
                ]
    return found
