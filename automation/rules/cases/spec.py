"""One test case of a rule as typed, frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from automation.calendars.duration import Duration
    from automation.reasons import Reason

State = Literal["waiting", "done", "exited", "failed"]
STATES: tuple[State, ...] = ("waiting", "done", "exited", "failed")
"""Where somebody stands at the end of a case: still inside, at the end, left early, broken off."""


@dataclass(frozen=True)
class Happening:
    """An event, with its properties as a sender would write them. Before `at` it has an `ago` or an own `at`.

    `channel` and `source` are the event's own, beside its properties; None: the case doesn't say.
    """

    event: str
    line: int
    properties: Mapping[str, Any] = field(default_factory=dict)
    ago: Duration | None = None
    at: datetime | None = None
    channel: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Passing:
    """Time goes by."""

    by: Duration
    line: int


Moment: TypeAlias = Happening | Passing


@dataclass(frozen=True)
class Given:
    """The person before the case begins.

    `identities` holds what differs from the defaults; None: the person has none of this kind. `event` are properties
    of the event that calls the rule. `arms` picks a person by the arm of a split, `control_group` by the holdouts.
    """

    attributes: Mapping[str, Any] = field(default_factory=dict)  # normalised
    identities: Mapping[str, str | None] = field(default_factory=dict)
    created_at: datetime | None = None
    tags: tuple[str, ...] = ()
    consents: tuple[tuple[str, str, str], ...] = ()  # purpose, channel or "*", granted | denied
    events: tuple[Happening, ...] = ()
    event: Mapping[str, Any] = field(default_factory=dict)
    arms: Mapping[str, str] = field(default_factory=dict)
    control_group: bool = False


@dataclass(frozen=True)
class ExpectedMessage:
    """What a message must be; None: anything."""

    line: int
    channel: str | None = None
    template: str | None = None
    contains: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expect:
    """What must have come of it; None: not asked. `code` is the short form: this reason must be in the log."""

    line: int
    code: Reason | None = None
    entered: bool | None = None
    steps: tuple[str, ...] | None = None  # actions or ids of steps, in order
    messages: tuple[ExpectedMessage, ...] | None = None
    skipped: Reason | None = None
    exited: Reason | None = None
    state: State | None = None
    coupons: Mapping[str, int] | None = None  # codes by batch; "*": of all batches together


@dataclass(frozen=True)
class Case:
    """One test. `at` is None where the engine's own default moment does."""

    rule: str
    name: str
    file: str
    line: int
    given: Given
    at: datetime | None
    moments: tuple[Moment, ...]
    expect: Expect
