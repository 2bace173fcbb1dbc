"""What `status` says first: where somebody must act, or people get nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.i18n import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from automation.insight.halts import Rows


def attention(
    halts: Mapping[str, Rows], unusable: Iterable[str] = (), wrong: Mapping[str, int] | None = None
) -> list[str]:
    """Sentences, the gravest first; `unusable`: those about channels that can't be used; `wrong`: how many people hold
    a value of another type than the catalogue says, by field."""
    types = [say("insight.shout_type", field=field, count=count) for field, count in (wrong or {}).items()]
    return [*unusable, *_held(halts["approvals"]), *_absent(halts["missing_rules"]), *types]


def _held(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    told = []
    for rule in dict.fromkeys(row["rule"] for row in rows):
        mine = [row for row in rows if row["rule"] == rule]
        people = sum(int(row["would_enter"] or 0) for row in mine)
        told.append(say("insight.shout_held", rule=rule, count=len(mine), people=people))
    return told


def _absent(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    absent = [row for row in rows if row["status"] == "absent"]
    return [say("insight.shout_absent", **{key: row[key] for key in ("rule", "inside", "why")}) for row in absent]
