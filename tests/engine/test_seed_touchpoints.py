"""The seeds of the shared data: one person's touchpoints as the user's own systems write them, the four scenarios, and
two sources that call one thing by two names."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from automation.engine.entry.ingest import Incoming
from tests.engine.world import World

TOUCHPOINTS = (
    {"channel": "wechat_ad", "action": "click", "contentId": "ad_123"},
    {"channel": "official_website", "action": "browse_page", "page": "/product/xx"},
    {"channel": "offline_store", "action": "visit", "storeId": "SH001"},
    {"channel": "mini_program", "action": "purchase", "orderId": "ORDER789"},
)
"""`touchpoints` of seed_samples.json; each gets a person and a `timestamp`, as the documents give them."""

CATALOG = """
events:
  ad.clicked: {label: 点击广告, properties: {channel: text, content_id: text}}
  page.viewed: {label: 浏览页面, properties: {channel: text, page: text}}
  store.visited: {label: 到店, properties: {channel: text, store_id: text}}
  order.paid: {label: 购买, properties: {channel: text, order_id: {type: text, required: true}, product_id: text}}
  whitepaper.downloaded: {label: 白皮书下载, properties: {title: text}}
  store.stock_out: {label: 门店缺货, properties: {store_id: text}}
  service.completed: {label: 客户服务完成}
sources:
  touchpoints:
    label: 触点流水
    time: milliseconds
    fields:
      userId: contact.member_no
      action: name
      timestamp: occurred_at
      channel: event.channel
      contentId: event.content_id
      page: event.page
      storeId: event.store_id
      orderId: event.order_id
    events: {click: ad.clicked, browse_page: page.viewed, visit: store.visited, purchase: order.paid}
  source_a: {fields: {product_id: event.product_id, orderId: event.order_id}}
  source_b: {fields: {orderId: event.order_id}}
coupons:
  ONLINE: {label: 线上专属优惠, kind: generated, prefix: ON}
"""
RULES = """
rules:
  - id: from_ad_to_order
    name: 从广告到购买
    trigger: {type: event, with: {name: order.paid, where: [{event.channel: mini_program}]}}
    audience:
      - did: {event: ad.clicked, where: {channel: wechat_ad}, within: 30d}
      - did: {event: store.visited, where: {channel: offline_store, store_id: SH001}, within: 30d}
      - event.channel: {not_in: [offline_store, official_website]}
    steps: [{do: contact.tag, with: {add: ["成交渠道 {{ event.channel }} {{ event.order_id }}"]}}]
  - id: whitepaper
    name: 白皮书下载
    trigger: {type: event, with: {name: whitepaper.downloaded}}
    steps:
      - do: contact.tag
        with: {add: [白皮书]}
      - wait: 3d
      - do: email.send
        with: {template: hello}
  - id: stock_out
    name: 门店缺货
    trigger: {type: event, with: {name: store.stock_out}}
    steps:
      - do: coupon.issue
        with: {batch: ONLINE}
        save_as: coupon
      - do: contact.tag
        with: {add: ["业绩计入 {{ event.store_id }}"]}
  - id: birthday
    name: 生日
    trigger: {type: anniversary, with: {field: contact.birthday, at: "09:00"}}
    steps: [{do: coupon.issue, with: {batch: ONLINE}}]
  - id: service
    name: 客户服务完成
    trigger: {type: event, with: {name: service.completed}}
    steps: [{do: sms.send, with: {template: hello}}]
"""


def touchpoints(w: World) -> list[str]:
    start = int(datetime.fromisoformat("2026-08-01T09:00:00+08:00").timestamp() * 1000)
    return [json.dumps({"userId": "M1", "timestamp": start + n * 60_000, **one}) for n, one in enumerate(TOUCHPOINTS)]


def seeded(world: Callable[..., World]) -> World:
    return world(RULES, catalog=CATALOG, settings="[ingest]\nbatch_size = 100\n")


def test_one_persons_touchpoints_over_four_channels(world: Callable[..., World]) -> None:
    w = seeded(world)
    anna = w.person("M1", phone="13800138001", email="a@x.cn", name="安娜")
    items = [Incoming(line, f"t:{n}", 0, "touchpoints") for n, line in enumerate(touchpoints(w))]
    result = w.engine.ingest(items)
    assert (result.stored, result.quarantined, result.entered) == (4, 0, 1)
    rows = [(row.name, row.contact_id, row.source, row.properties) for row in w.table("event")]
    assert rows == [
        ("ad.clicked", anna, "touchpoints", {"channel": "wechat_ad", "content_id": "ad_123"}),
        ("page.viewed", anna, "touchpoints", {"channel": "official_website", "page": "/product/xx"}),
        ("store.visited", anna, "touchpoints", {"channel": "offline_store", "store_id": "SH001"}),
        ("order.paid", anna, "touchpoints", {"channel": "mini_program", "order_id": "ORDER789"}),
    ]
    w.run()
    assert [tag.tag for tag in w.table("contact_tag")] == ["成交渠道 mini_program ORDER789"]
    # the same again, in one batch or several, is nothing new
    assert [w.engine.ingest([item]).duplicates for item in items] == [1] * 4


def test_the_scenarios_of_the_documents(world: Callable[..., World]) -> None:
    w = seeded(world)
    w.person("M1", phone="13800138001", email="a@x.cn", name="安娜")
    for name, properties in (("whitepaper.downloaded", {}), ("store.stock_out", {"store_id": "SH001"}),
                             ("service.completed", {})):  # fmt: skip
        w.event(name, "M1", **properties)
    w.run()
    assert {tag.tag for tag in w.table("contact_tag")} == {"白皮书", "业绩计入 SH001"}
    assert [code.code[:2] for code in w.table("coupon_code")] == ["ON"]
    assert [m.channel for m in w.messages()] == ["sms"]
    w.go(days=3, hours=1)
    assert [m.channel for m in w.messages()] == ["sms", "email"]


def test_two_sources_with_two_names_for_one_thing(world: Callable[..., World]) -> None:
    w = seeded(world)
    w.person("M1")
    order = {"name": "order.paid", "contact": "M1", "occurred_at": "2026-08-01T09:00:00+08:00"}
    a = json.dumps({**order, "source": "source_a", "orderId": "1", "product_id": "P1"})
    b = json.dumps({**order, "source": "source_b", "orderId": "2", "productId": "P1"})
    result = w.events([a, b])
    assert (result.stored, result.quarantined) == (1, 1)
    (kept,) = w.table("quarantine")
    assert (kept.code, kept.payload) == ("ingest.unknown_field", b)  # nothing is lost
    assert kept.detail["of_source"][1] == "source source_b: "
    assert (kept.detail["field"], kept.detail["found_nearest"]) == ("productId", "product_id")


UNMAPPED = """
rules:
  - id: by_mini_program
    trigger: {type: event, with: {name: order.paid, where: [{event.channel: mini_program}]}}
    audience: [{did: {event: ad.clicked, where: {channel: wechat_ad, source: event.source}, within: 30d}}]
    steps: [{do: contact.tag, with: {add: ["成交渠道 {{ event.channel }}"]}}]
"""


def test_the_channel_of_an_event_needs_no_property_of_its_own(world: Callable[..., World]) -> None:
    """The same touchpoints, the channel taken as the event's own: nothing maps it."""
    plain = CATALOG.replace("      channel: event.channel\n", "").replace("channel: text, ", "")
    w = world(UNMAPPED, catalog=plain)
    w.person("M1")
    result = w.engine.ingest([Incoming(line, f"t:{n}", 0, "touchpoints") for n, line in enumerate(touchpoints(w))])
    assert (result.stored, result.quarantined, result.entered) == (4, 0, 1)
    w.run()
    assert [tag.tag for tag in w.table("contact_tag")] == ["成交渠道 mini_program"]


def test_a_birthday(world: Callable[..., World]) -> None:
    w = seeded(world)
    w.person("M1", phone="13800138001", name="安娜", birthday="1990-08-03")
    w.to("2026-08-03 10:00")
    assert [code.code[:2] for code in w.table("coupon_code")] == ["ON"]
