"""A first firing is judged by the plan that was published: as many as it showed enter, many more are asked about."""

from __future__ import annotations

from collections.abc import Callable

from automation.clock import ManualClock, to_ms
from automation.contacts.resolve import resolve
from automation.engine.clocks.approvals import list_held
from automation.engine.engine import Engine
from tests.conftest import NOON
from tests.engine.world import at
from tests.versions.conftest import EXPLICIT, Shop


def people(shop: Shop, count: int, first: int = 0) -> None:
    with shop.database.write() as conn:
        numbers = [{"member_no": f"M{i}"} for i in range(first, first + count)]
        resolve(conn, shop.files().catalogue, numbers, to_ms(NOON), create=True, actor="test")


def fire(shop: Shop) -> list[tuple[object, object, object]]:
    clock = ManualClock(NOON)
    engine = Engine(shop.running(), shop.database, clock)
    engine.run_due()
    clock.set(at("2026-08-10 09:00"))
    engine.run_due()
    engine.close()
    with shop.database.read() as conn:
        return [(row["bound"], row["would_enter"], row["planned"]) for row in list_held(conn)]


def test_as_many_as_the_plan_showed_enter_without_a_question(shop: Callable[..., Shop]) -> None:
    made = shop(EXPLICIT)
    people(made, 150)
    made.publish()
    people(made, 10, first=150)  # a tenth more is the same plan
    assert fire(made) == []


def test_many_more_than_the_plan_showed_are_asked_about(shop: Callable[..., Shop]) -> None:
    made = shop(EXPLICIT)
    people(made, 150)
    made.publish()
    people(made, 50, first=150)
    assert fire(made) == [("planned", 200, 150)]
