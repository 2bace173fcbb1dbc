"""The queries about unknown messages and about coupons at their end use their indexes, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from automation.store import expiring, returning, unknowns
from automation.store.database import Database
from tests.store import town
from tests.store.plans import plans_of
from tests.store.test_query_plans import populated as populated

NOW, IDS = town.NOW, [1, 2, 3]
RUN_STEP = {"sqlite": "sqlite_autoindex_coupon_code_2", "postgresql": "uq_coupon_code_run_id_step_visit"}

CASES: dict[str, tuple[Callable[[Connection], object], dict[str, str]]] = {
    "claim_unknown": (lambda c: unknowns.claim_unknown(c, NOW, NOW, 50), {"*": "ix_message_unknown"}),
    "known_ids": (lambda c: unknowns.known_ids(c, IDS, NOW - town.DAY), {"*": "ix_message_contact"}),
    "expire_codes": (lambda c: expiring.expire_codes(c, NOW, 1000), {"*": "ix_coupon_code_expiry"}),
    "return_unsent": (lambda c: returning.return_unsent(c, IDS, NOW), RUN_STEP),
}


@pytest.mark.parametrize("name", CASES)
def test_uses_its_index(populated: Database, name: str) -> None:
    action, expected = CASES[name]
    plans = plans_of(populated, action)
    told = "\n".join(f"{plan.sql}\n    " + "\n    ".join(plan.lines) for plan in plans)
    wanted = expected.get("*") or expected[populated.dialect]
    assert wanted in told, told
