"""Events are recognised when they come again, also those that came without a time."""

from __future__ import annotations

from automation.store.database import Database
from automation.store.events import settle_times, store_events


def test_an_event_without_a_time_keeps_the_time_it_was_given(db: Database) -> None:
    # given the same message id from two senders, at different moments
    with db.write() as conn:
        assert settle_times(conn, [("app", "1"), ("app", "1")], 1000) == {("app", "1"): 1000}
        assert settle_times(conn, [("shop", "1")], 2000) == {("shop", "1"): 2000}
    # when both come again, with a new one
    with db.write() as conn:
        found = settle_times(conn, [("app", "1"), ("shop", "1"), ("shop", "二'\"")], 3000)
    # then each has the time of its own first coming
    assert found == {("app", "1"): 1000, ("shop", "1"): 2000, ("shop", "二'\""): 3000}
    with db.write() as conn:
        assert settle_times(conn, [], 4000) == {}


def test_an_event_is_its_time_its_sender_and_its_message_id(db: Database) -> None:
    def row(at: int, source: str, message_id: str) -> tuple[object, ...]:
        return ("order.paid", None, at, source, message_id, None, "{}")

    with db.write() as conn:
        first = store_events(conn, [row(1, "a", "x"), row(1, "a", "x"), row(1, "b", "x"), row(2, "a", "x")], 9)
        assert [id_ is not None for id_ in first] == [True, False, True, True]
        again = store_events(conn, [row(1, "b", "x"), row(1, "a", "y")], 9)
        assert [id_ is not None for id_ in again] == [False, True]
