"""The vocabulary of plugin parameters: values with a form of their own, and references the checker resolves.

A plugin writes `batch: Annotated[str, CouponBatch()]` and gets, without code of its own: a check that the batch
exists, the nearest known name in the error, completion in the JSON Schema, and a line in the docs.
References marked "replaced" hold the resolved object after the check, not the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from automation.calendars.duration import Duration
from automation.catalogue.nearest import offer

if TYPE_CHECKING:
    from automation.catalogue.model import FieldType
    from automation.rules.conditions.tree import Condition

# ---------------------------------------------------------------- values


def signed_duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    parsed = Duration.parse(value) if isinstance(value, str) else None
    if parsed is None and isinstance(value, str) and Duration.is_too_long(value):
        raise PydanticCustomError("rules.duration_too_long", "too long", {"found": value})
    if parsed is None:
        raise PydanticCustomError("rules.bad_duration", "not a duration", {"found": str(value)})
    return parsed


def positive_duration(value: Any) -> Duration:
    parsed = signed_duration(value)
    if parsed.amount <= 0:
        raise PydanticCustomError("rules.duration_not_positive", "not a positive duration", {"found": str(value)})
    return parsed


def interval(value: Any) -> Duration:
    """A positive duration that is always as long: months and years are not."""
    parsed = positive_duration(value)
    if parsed.months:
        raise PydanticCustomError("rules.duration_no_months", "months differ", {"found": str(value)})
    return parsed


def time_of_day(value: Any) -> time:
    if isinstance(value, time):
        return value
    try:
        hours, minutes = str(value).split(":")
        if len(minutes) == 2 and len(hours) in (1, 2) and (hours + minutes).isascii() and (hours + minutes).isdigit():
            return time(int(hours), int(minutes))
    except ValueError:
        pass
    raise PydanticCustomError("rules.bad_time", "not a time of day", {"found": str(value)})


def local_date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        if len(str(value)) == len("2026-08-01"):
            return date.fromisoformat(str(value))
    except ValueError:
        pass
    raise PydanticCustomError("rules.bad_date", "not a date", {"found": str(value)})


def zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (ValueError, OSError, KeyError):
        near = offer(str(value), available_timezones())
        raise PydanticCustomError("rules.bad_zone", "not a time zone", near) from None


def _written(pattern: str, *examples: str) -> WithJsonSchema:
    """How the value looks in the file, for editors."""
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


SIGNED_DURATION = _written(r"^[+-]?\d{1,6}(mo|[mhdwy])$", "-3d", "2h")
DURATION = _written(r"^\+?\d{1,6}(mo|[mhdwy])$", "30m", "2h", "3d", "4w", "6mo", "1y")
INTERVAL = _written(r"^\+?\d{1,6}[mhdw]$", "30m", "2h", "1d", "1w")
TIME_OF_DAY = _written(r"^([01]?\d|2[0-3]):[0-5]\d$", "10:00")
LOCAL_DATE = _written(r"^\d{4}-\d{2}-\d{2}$", "2026-08-01")
ZONE = _written(r"^[A-Za-z][A-Za-z0-9_+/-]*$", "Asia/Shanghai")

SignedDuration = Annotated[Duration, BeforeValidator(signed_duration), SIGNED_DURATION]
PositiveDuration = Annotated[Duration, BeforeValidator(positive_duration), DURATION]
Interval = Annotated[Duration, BeforeValidator(interval), INTERVAL]
TimeOfDay = Annotated[time, BeforeValidator(time_of_day), TIME_OF_DAY]
LocalDate = Annotated[date, BeforeValidator(local_date), LOCAL_DATE]
Zone = Annotated[ZoneInfo, BeforeValidator(zone), ZONE]

# ---------------------------------------------------------------- what references are replaced by


@dataclass(frozen=True)
class EventPattern:
    """An event `event` of the contact for which `where` (only its own `event.*`) holds, `within` of another one."""

    event: str
    where: Condition | None
    within: Duration


@dataclass(frozen=True)
class SegmentRef:
    """A named condition list, and what it says: conditions on the contact and its history."""

    name: str
    condition: Condition


# ---------------------------------------------------------------- references


class Reference:
    """Base of the marks that the checker looks for in a Params field's metadata."""


@dataclass(frozen=True)
class EventName(Reference):
    """The name of an event of the catalogue. The first one in a trigger's Params types the rule's `event.*`."""


@dataclass(frozen=True)
class ContactField(Reference):
    """`contact.birthday`; replaced by its FieldRef."""

    types: tuple[FieldType, ...] = ()


@dataclass(frozen=True)
class EventProperty(Reference):
    """`event.member_id`, of the trigger's event; replaced by its FieldRef. `identity`: it must name people."""

    identity: bool = False


@dataclass(frozen=True)
class CouponBatch(Reference):
    """The key of a coupon batch of the catalogue."""


@dataclass(frozen=True)
class SourceName(Reference):
    """One of the settings' `[sources.…]`."""


@dataclass(frozen=True)
class ChannelName(Reference):
    """A channel that reaches a person, or a list of them."""


@dataclass(frozen=True)
class TemplateName(Reference):
    """A template. It must exist for `channel`, or, if None, for each of the sibling parameter `channels`.

    Its variables must be known fields, properties of the trigger's event, or outputs of earlier steps.
    """

    channel: str | None = None


@dataclass(frozen=True)
class Conditions(Reference):
    """A condition list; replaced by its Condition, or None when absent. `scope`: what its fields may name."""

    scope: Literal["event", "contact"]


@dataclass(frozen=True)
class EventMatch(Reference):
    """`{event: order.paid, where: {amount: {gte: 100}}, within: 2h}`; replaced by its EventPattern."""


@dataclass(frozen=True)
class SegmentName(Reference):
    """The name of one of the file's `segments:`; replaced by its SegmentRef."""


@dataclass(frozen=True)
class TemplateText(Reference):
    """Text, or any nesting of mappings and lists of texts, with `{{ contact.name }}` variables that are checked.

    An action finds it rendered for each person in `item.params`.
    """


@dataclass(frozen=True)
class TextValues(Reference):
    """A text or a list of texts, each of which may be a reference (`event.category`) or hold `{{ … }}`."""


@dataclass(frozen=True)
class EventValues(Reference):
    """A mapping of properties of the event that the Params' EventName names, to values as in ContactValues."""


@dataclass(frozen=True)
class ContactValues(Reference):
    """A mapping of contact field names to values: plain ones are checked, `event.x` refers, texts may hold `{{ … }}`.

    In `item.params` each is in the form of its field; None takes the field's value away.
    """
