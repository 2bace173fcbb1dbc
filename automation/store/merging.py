"""Moving everything that one contact has to another one. What happens where both have something is decided above."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automation.store.lists import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Tables in which a contact's rows can't collide with another contact's.
_FREE = ("identity", "suppression", "event", "message", "test_message", "coupon_code")

_TAGS = """
INSERT INTO contact_tag (contact_id, tag, created_at)
SELECT ?, tag, created_at FROM contact_tag WHERE contact_id = ? ON CONFLICT DO NOTHING"""

_PROBLEMS = """
INSERT INTO contact_problem (contact_id, channel, code, value, at)
SELECT ?, channel, code, value, at FROM contact_problem WHERE contact_id = ? ON CONFLICT DO NOTHING"""

_DENIALS = """
INSERT INTO undated_denial (contact_id, purpose, channel, source, heard_at)
SELECT ?, purpose, channel, source, heard_at FROM undated_denial WHERE contact_id = ? ON CONFLICT DO NOTHING"""

_SEGMENTS = """
INSERT INTO segment_member (segment_id, contact_id, since)
SELECT segment_id, ?, since FROM segment_member WHERE contact_id = ? ON CONFLICT DO NOTHING"""

# A run that would break a unique key stays where it is: the survivor was there already.
_RUNS = """
UPDATE run SET contact_id = ? WHERE contact_id = ?
AND NOT EXISTS (SELECT 1 FROM run AS other WHERE other.contact_id = ? AND other.rule_id = run.rule_id
                AND (other.key = run.key OR other.mode_key = run.mode_key))"""


def move_rows(conn: Connection, survivor: int, absorbed: int) -> None:
    """Identities, tags, suppressions, problems, events, runs, messages and coupons; not attributes, consents, dates."""
    for table in _FREE:
        run(conn, f"UPDATE {table} SET contact_id = ? WHERE contact_id = ?", survivor, absorbed)
    run(conn, _TAGS, survivor, absorbed)
    run(conn, "DELETE FROM contact_tag WHERE contact_id = ?", absorbed)
    run(conn, _PROBLEMS, survivor, absorbed)
    run(conn, "DELETE FROM contact_problem WHERE contact_id = ?", absorbed)
    run(conn, _DENIALS, survivor, absorbed)
    run(conn, "DELETE FROM undated_denial WHERE contact_id = ?", absorbed)
    run(conn, _SEGMENTS, survivor, absorbed)
    run(conn, "DELETE FROM segment_member WHERE contact_id = ?", absorbed)
    run(conn, _RUNS, survivor, absorbed, survivor)


def leave_pointer(conn: Connection, survivor: int, absorbed: int, now_ms: int) -> None:
    """The absorbed contact, and all that it had absorbed, point to the survivor; its row holds nothing else."""
    run(conn, "UPDATE contact SET merged_into = ? WHERE merged_into = ?", survivor, absorbed)
    run(conn, "UPDATE contact SET merged_into = ?, attributes = '{}', updated_at = ? WHERE id = ?",
        survivor, now_ms, absorbed)  # fmt: skip
