"""Who has not been seen for N days: against a brute-force reading of the same events, on both databases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from automation.calendars.duration import Duration
from automation.calendars.local import local_moment
from automation.catalogue.model import FieldType
from automation.clock import from_ms, to_ms
from automation.i18n import say
from automation.rules.conditions.tree import Compare, FieldRef, Group
from automation.store.bulk import insert_rows, to_json
from automation.store.database import Database
from automation.store.schema import event
from automation.testing.triggers import check_clock_trigger
from automation.triggers.base import Firing, Window
from automation.triggers.inactivity import InactivityTrigger

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
TRIGGER = InactivityTrigger()
COLUMNS = ("id", "name", "contact_id", "occurred_at", "received_at", "source", "message_id", "properties")
START = date(2026, 3, 1)  # clocks change in New York on 8 March


def params(**given: Any) -> InactivityTrigger.Params:
    return InactivityTrigger.Params.model_validate({"event": "order.paid", "for": "7d", **given})


@dataclass(frozen=True)
class Order:
    contact: int
    at: datetime
    arrives: datetime
    name: str = "order.paid"
    shop: str = "A"


def order(contact: int, day: int, hour: int = 0, zone: ZoneInfo = SHANGHAI, late: int = 0, **more: str) -> Order:
    """Paid at `hour` local on `day` days after START; it reaches us `late` days later."""
    at = local_moment(START + timedelta(days=day), time(hour), zone)
    return Order(contact, at, at + timedelta(days=late), **more)


class Replay:
    """Lives through the days: orders arrive, the trigger fires, and each firing's people are written down."""

    def __init__(self, db: Database, orders: list[Order], active_since: datetime, zone: ZoneInfo = SHANGHAI) -> None:
        self.db, self.zone, self.active_since = db, zone, active_since
        self.coming = sorted(orders, key=lambda order: order.arrives)
        self.ids = count(1)
        self.last_id = 0
        with db.write() as conn:
            conn.execute(event.delete())

    def run(self, given: InactivityTrigger.Params, until: datetime) -> dict[str, list[tuple[int, datetime]]]:
        """{firing key: [(contact, last order)]}, firings without people left out."""
        found: dict[str, list[tuple[int, datetime]]] = {}
        entered: set[tuple[int, datetime]] = set()  # the engine's unique key: an occurrence enters a contact once
        self._arrive(self.active_since)
        since, seen = self.active_since, self.last_id
        while (firing := TRIGGER.next(given, self.zone, since)) is not None and firing.at <= until:
            self._arrive(firing.at)
            people = self._people(given, firing, Window(since, seen, self.active_since))
            found[firing.key] = [person for person in people if person not in entered]
            entered.update(people)
            since, seen = firing.at, self.last_id
        return {key: people for key, people in found.items() if people}

    def _arrive(self, now: datetime) -> None:
        rows = []
        while self.coming and self.coming[0].arrives <= now:
            paid = self.coming.pop(0)
            self.last_id = next(self.ids)
            rows.append((
                self.last_id, paid.name, paid.contact, to_ms(paid.at), to_ms(paid.arrives), "test", str(self.last_id),
                to_json({"shop": paid.shop}),
            ))  # fmt: skip
        with self.db.write() as conn:
            insert_rows(conn, event, COLUMNS, rows)

    def _people(self, given: InactivityTrigger.Params, firing: Firing, window: Window) -> list[tuple[int, datetime]]:
        with self.db.read() as conn:
            rows = conn.execute(TRIGGER.people(given, self.zone, firing, window)).all()
        return sorted((row.contact_id, from_ms(int(row.key.removeprefix("after:")))) for row in rows)


def brute_force(
    orders: list[Order], active_since: datetime, until: datetime, zone: ZoneInfo, days: int
) -> dict[str, list[tuple[int, datetime]]]:
    """Every day at 10:00, look at each contact's last known order by itself."""
    found: dict[str, list[tuple[int, datetime]]] = {}
    taken: set[tuple[int, datetime]] = set()
    day = active_since.astimezone(zone).date()
    while (now := local_moment(day, time(10), zone)) <= until:
        if now > active_since:
            for contact in {order.contact for order in orders}:
                known = [o.at for o in orders if o.contact == contact and o.arrives <= now]
                lapse = known and Duration(days, "d").after(max(known), zone)
                if lapse and active_since <= lapse < now and (contact, max(known)) not in taken:
                    taken.add((contact, max(known)))
                    found.setdefault(f"{day}T10:00", []).append((contact, max(known)))
        day += timedelta(days=1)
    return {key: sorted(people) for key, people in found.items()}


orders_in = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.integers(0, 20),
        st.sampled_from([0, 9, 10, 11, 23]),  # the hour
        st.sampled_from([0, 0, 0, 1, 5, 20]),  # days late
    ),
    max_size=16,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders_in, st.sampled_from([SHANGHAI, NEW_YORK]), st.sampled_from([1, 7, 12]))
def test_it_agrees_with_a_brute_force_reading(
    db: Database, drawn: list[tuple[int, int, int, int]], zone: ZoneInfo, days: int
) -> None:
    orders = [order(contact, day, hour, zone, late) for contact, day, hour, late in drawn]
    active, until = (local_moment(START + timedelta(days=n), time(12), zone) for n in (6, 46))

    found = Replay(db, orders, active, zone).run(params(**{"for": f"{days}d"}), until)

    assert found == brute_force(orders, active, until, zone, days)


def at_noon(day: int) -> datetime:
    return local_moment(START + timedelta(days=day), time(12), SHANGHAI)


def test_an_order_exactly_n_days_later_is_in_time_and_one_day_more_is_not(db: Database) -> None:
    in_time, late = [order(1, 0), order(1, 7)], [order(2, 0), order(2, 8)]

    found = Replay(db, in_time + late, at_noon(0)).run(params(), at_noon(8))

    assert found == {"2026-03-08T10:00": [(2, order(2, 0).at)]}


def test_each_lapse_enters_once_and_coming_back_starts_afresh(db: Database) -> None:
    orders = [order(1, 0), order(1, 20), order(1, 20, 9)]

    found = Replay(db, orders, at_noon(0)).run(params(), at_noon(60))

    assert found == {"2026-03-08T10:00": [(1, order(1, 0).at)], "2026-03-28T10:00": [(1, order(1, 20, 9).at)]}


def test_who_lapsed_before_the_rule_ran_is_left_alone(db: Database) -> None:
    assert Replay(db, [order(1, 0)], at_noon(20)).run(params(), at_noon(60)) == {}


def test_an_event_that_arrives_late_still_counts(db: Database) -> None:
    found = Replay(db, [order(1, 3, late=15)], at_noon(2)).run(params(), at_noon(60))
    assert found == {"2026-03-19T10:00": [(1, order(1, 3).at)]}


def test_other_events_don_t_count(db: Database) -> None:
    orders = [order(1, 0), order(1, 5, name="page.viewed")]
    assert list(Replay(db, orders, at_noon(0)).run(params(), at_noon(60))) == ["2026-03-08T10:00"]


def test_only_events_that_satisfy_where_count(db: Database) -> None:
    shop = FieldRef("event", "shop", FieldType.TEXT)
    where = Group("all", (Compare(shop, "is", "A", "rules/r/trigger/where/0"),), "rules/r/trigger/where")
    orders = [order(1, 0), order(1, 5, shop="B"), order(2, 1, shop="B")]

    found = Replay(db, orders, at_noon(0)).run(params(where=where), at_noon(60))

    assert found == {"2026-03-08T10:00": [(1, order(1, 0).at)]}


def test_hours_are_elapsed_time_looked_at_often(db: Database) -> None:
    found = Replay(db, [order(1, 1, 9)], at_noon(0)).run(params(**{"for": "2h", "every": "30m"}), at_noon(3))
    assert found == {"2026-03-02T11:30": [(1, order(1, 1, 9).at)]}


def test_a_time_of_day_and_an_interval_are_refused_together() -> None:
    with pytest.raises(ValidationError) as caught:
        params(every="30m", at="10:00")
    (error,) = caught.value.errors()
    text = say(error["type"], "en", **error["ctx"])
    assert text == "every already says at what time this fires; remove it or `at`"


def test_it_reads_ranges_of_indexes_not_the_whole_table(db: Database) -> None:
    day = to_ms(datetime(2026, 3, 1, tzinfo=UTC))
    rows = [(n, "order.paid", n % 997, day + n * 60_000, 0, "test", str(n), "{}") for n in range(1, 20_001)]
    with db.write() as conn:
        insert_rows(conn, event, COLUMNS, rows)
        conn.exec_driver_sql("ANALYZE")
    firing = Firing("2026-03-12T10:00", datetime(2026, 3, 12, 2, tzinfo=UTC))
    window = Window(firing.at - timedelta(days=1), 19_900, firing.at - timedelta(days=30))
    query = TRIGGER.people(params(), SHANGHAI, firing, window)

    with db.read() as conn:
        text = str(query.compile(conn, compile_kwargs={"literal_binds": True}))
        prefix = "EXPLAIN QUERY PLAN" if db.is_sqlite else "EXPLAIN"
        plan = "\n".join(str(row[-1]) for row in conn.exec_driver_sql(f"{prefix} {text}"))

    assert "SCAN event" not in plan
    assert "Seq Scan on event" not in plan


@pytest.mark.parametrize("given", [{"at": "02:30"}, {"for": "90m", "every": "20m"}])
def test_it_keeps_the_promises_of_a_trigger(db: Database, given: dict[str, Any]) -> None:
    Replay(db, [order(1, -58), order(2, -58), order(2, -58, 1)], at_noon(-58)).run(params(), at_noon(-58))
    check_clock_trigger(TRIGGER, params(**given), [db])
