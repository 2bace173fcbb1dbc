"""The CDNOW orders: read, replayed through the engine day by day, and the win-backs computed without it."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from automation.engine.entry.ingest import Incoming

if TYPE_CHECKING:
    from automation.clock import ManualClock
    from automation.engine.engine import Engine

SAMPLE = Path(__file__).with_name("cdnow_orders_sample.csv")
ZONE = ZoneInfo("Asia/Shanghai")
LAST_DAY = date(1998, 6, 30)
NOON = time(12, 0)
WIN_BACK = """
timezone: Asia/Shanghai
rules:
  - id: win_back
    name: 唤回
    trigger: {type: inactivity, with: {event: order.paid, for: 90d, at: "10:00"}}
    audience: [{did: {event: order.paid, at_least: 2}}]
    guards: {consent: marketing}
    steps:
      - do: coupon.issue
        with: {batch: WINBACK_20}
        save_as: coupon
      - do: message.send
        with: {channels: [email], template: win_back}
"""
"""The win-back rule without guards that would hold anybody back: its entries are the lapses."""


@dataclass(frozen=True, slots=True)
class Order:
    """One line of the file. `number` counts the lines, so that two equal orders of one day stay two."""

    number: int
    customer: str
    day: date
    quantity: int
    amount: str

    def line(self, moved_by: int = 0) -> str:
        """The order as an event, at 00:00 local, `moved_by` days later."""
        body = {
            "name": "order.paid",
            "contact": f"CD{self.customer}",
            "occurred_at": (self.day + timedelta(days=moved_by)).isoformat(),
            "message_id": f"cdnow-{self.number}",
            "source": "cdnow",
            "properties": {"order_id": str(self.number), "quantity": self.quantity, "amount": self.amount},
        }
        return json.dumps(body)


def read_orders(path: Path = SAMPLE) -> list[Order]:
    """Every order, by day and then in the order of the file."""
    with path.open(newline="", encoding="utf-8") as file:
        orders = [
            Order(number, row["customer_id"], date.fromisoformat(row["date"]), int(row["quantity"]), row["amount_usd"])
            for number, row in enumerate(csv.DictReader(file), start=1)
        ]
    return sorted(orders, key=lambda order: (order.day, order.number))


def replay(
    engine: Engine,
    clock: ManualClock,
    orders: Iterable[Order],
    *,
    moved_by: int = 0,
    last_day: date = LAST_DAY,
    each_day: Callable[[date], None] | None = None,
) -> None:
    """Live through the history: at each noon the day's orders come in, and everything that is due is done."""
    for day, lines in _days(orders, last_day, moved_by):
        clock.set(datetime.combine(day, NOON, ZONE))
        for _ in engine.ingest_all(Incoming(line, "cdnow") for line in lines):
            pass
        engine.run_due()
        if each_day is not None:
            each_day(day)


def expected_win_backs(orders: Iterable[Order], days: int = 90, last_day: date = LAST_DAY) -> set[tuple[str, date]]:
    """Who lapses and when they last ordered: no order for more than `days` days, with two orders or more by then."""
    by_customer: dict[str, list[date]] = defaultdict(list)
    for order in orders:
        by_customer[order.customer].append(order.day)
    found = set()
    for customer, dates in by_customer.items():
        dates.sort()
        for i, day in enumerate(dates):
            in_time = [later for later in dates[i + 1 :] if later <= day + timedelta(days=days)]
            due = day + timedelta(days=days)
            if not in_time and i + 1 >= 2 and due <= last_day:
                found.add((customer, day))
    return found


def _days(orders: Iterable[Order], last_day: date, moved_by: int) -> Iterator[tuple[date, list[str]]]:
    by_day = {day: list(group) for day, group in groupby(orders, key=lambda order: order.day)}
    if not by_day:
        return
    day = min(by_day)
    while day <= last_day:
        yield day + timedelta(days=moved_by), [order.line(moved_by) for order in by_day.get(day, [])]
        day += timedelta(days=1)
