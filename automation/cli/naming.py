"""How people, rules, reasons and moments are named on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from automation.cli.context import project_zone
from automation.errors import AutomationError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue

CONTACT_HELP = "#id, kind:value or a value, e.g. '#42', phone:13800138000, M001 联系人"
SINCE_HELP = "A duration back from now (30m 2h 3d) or a date 从何时起"
AT_HELP = "As of a local time, e.g. '2026-08-01 10:00' 以哪一时刻为准"


def contact_id_of(conn: Connection, catalogue: Catalogue, text: str) -> int:
    """The contact that `text` names. AutomationError when nobody, or more than one, is meant."""
    from automation.contacts.view import find_contact

    found = find_contact(conn, catalogue, text)
    if found is None:
        raise AutomationError("cli.no_contact", found=text)
    return found


def contact_ids_of(conn: Connection, catalogue: Catalogue, text: str) -> list[int]:
    """The contact and those that were merged into it: older rows name those."""
    from automation.store.contacts import merged_ids

    today = contact_id_of(conn, catalogue, text)
    return [today, *merged_ids(conn, today)]


def check_rule(conn: Connection, key: str) -> str:
    """`key`, when the database or the files know such a rule. AutomationError with the nearest otherwise."""
    from automation.catalogue.nearest import offer
    from automation.cli.context import load_project
    from automation.store.rules import list_rules

    known = {row.key for row in list_rules(conn)}
    if key not in known:
        checked = load_project().checked
        known |= {rule.id for rule in checked.rules} | {rule.id for rule in checked.broken}
    if key not in known:
        raise AutomationError("cli.no_rule", **offer(key, known), known=", ".join(sorted(known)) or "–")
    return key


def check_reason(code: str) -> str:
    """`code`, when it is a reason or the first part of one."""
    from automation.catalogue.nearest import offer
    from automation.reasons import Reason

    codes = [reason.value for reason in Reason]
    groups = sorted({each.split(".")[0] for each in codes})
    if code not in codes and code not in groups:
        raise AutomationError("cli.no_reason", **offer(code, [*codes, *groups]), groups=", ".join(groups))
    return code


def moment_before(text: str) -> int:
    """`2h`, `3d` before now, or a date or time in the project's zone, in milliseconds."""
    return _moment(text, -1)


def moment_after(text: str) -> int:
    """`30d` from now, or a date or time in the project's zone, in milliseconds."""
    return _moment(text, 1)


def local_moment(text: str) -> datetime:
    """A date or time in the project's zone, `2026-08-01 10:00`; with an offset of its own it is taken as it stands."""
    from automation.clock import from_ms

    return from_ms(_moment(text, -1))


def _moment(text: str, sign: int) -> int:
    from automation.calendars.duration import Duration
    from automation.calendars.local import moment_of
    from automation.clock import SystemClock, to_ms

    now, zone = SystemClock().now(), project_zone()
    duration = Duration.parse(text)
    if duration is not None and duration.amount > 0 and text[0].isdigit():
        return to_ms(Duration(sign * duration.amount, duration.unit).after(now, zone))
    try:
        moment = datetime.fromisoformat(text)
        return to_ms(moment if moment.tzinfo else moment_of(moment, zone))
    except (ValueError, OverflowError):
        raise AutomationError("cli.bad_moment", found=text) from None
