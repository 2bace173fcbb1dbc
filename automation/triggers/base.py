"""The two shapes of a trigger: one listens to events, the other looks at the clock."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from automation.calendars.workdays import OFFICIAL, WorkCalendar
from automation.plugin import Kind, Plugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import ColumnElement, Select

    from automation.calendars.duration import Duration
    from automation.rules.conditions.tree import Condition
    from automation.rules.params import EventPattern
    from automation.rules.telling import Telling


class Trigger(Plugin):
    """Base of both shapes; subclass one of them."""

    kind: ClassVar[Kind] = "trigger"
    listens: ClassVar[bool] = False
    """Whether each occurrence is an event, so that the rule can name `event.*`."""
    calendar: WorkCalendar = OFFICIAL
    """The project's workdays, once a rule has been loaded."""

    def sentence(self, params: Any, telling: Telling) -> str:
        """When it fires, told to people in the language of the moment, without a full stop: `explain` shows it.

        `telling` knows the labels of events, fields, coupons and conditions. By default: the title, and each parameter
        that is not as it would be anyway.
        """
        return telling.plain_sentence(self.title, params)


@dataclass(frozen=True)
class Poll:
    """New rows of `query` (its `:watermark` is the last value of the column `watermark`) become events `event`.

    A row's columns are the event's properties. `key` names the columns that tell it from every other row, `contact`
    the property that names its person, None where the trigger's `people` does.
    """

    source: str
    query: str
    watermark: str
    start: str | int | float
    every: Duration
    key: Sequence[str]
    event: str
    contact: str | None
    occurred_at: str | None

    @property
    def fingerprint(self) -> str:
        """Changes when the rows do; then it is read from `start` again."""
        what = (self.source, self.query, self.watermark, self.start)
        return sha256(repr(what).encode()).hexdigest()[:16]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that every row must have."""
        wanted = (self.watermark, *self.key, self.contact, self.occurred_at)
        return tuple(dict.fromkeys(name for name in wanted if name is not None))


class EventTrigger(Trigger):
    """Fires once for each event that it listens to. The occurrence is the event, its key `e<event id>`."""

    listens: ClassVar[bool] = True

    @abstractmethod
    def names(self, params: Any) -> tuple[str, ...]:
        """The names of the events it listens to."""

    def where(self, params: Any) -> Condition | None:
        """What the event's own properties must satisfy; None: nothing. Only `event.*` fields."""
        return None

    def after(self, params: Any) -> EventPattern | None:
        """What the person must have done, within its time, before the event; None: nothing."""
        return None

    def not_followed_by(self, params: Any) -> EventPattern | None:
        """What the person must not do, within its time, after the event: the entry waits that long. None: nothing."""
        return None

    def polls(self, params: Any) -> Poll | None:
        """The query that brings its events, of which the engine asks for new rows again and again; None: they come."""
        return None

    def people(self, params: Any) -> str | None:
        """The event property that holds the person or the persons; None: the event's own contact."""
        return None


@dataclass(frozen=True)
class Firing:
    """One moment at which a clock trigger fires. `key` names it for ever: local dates and times, never a counter."""

    key: str
    at: datetime  # aware, UTC


@dataclass(frozen=True)
class Window:
    """What a firing may look at: since the firing before it, and since the last event seen then."""

    since: datetime
    since_event_id: int
    active_since: datetime  # since when the rule runs
    rule_id: int = 0
    now: datetime | None = None  # when the question is asked; None: at the firing


@dataclass(frozen=True)
class Watch:
    """A named condition, and whether those who come to satisfy it are meant or those who cease to."""

    name: str
    condition: Condition
    on: Literal["entered", "left"]

    def key(self, rule_id: int) -> str:
        """Under what the members are kept: each rule has its own, so that it sees each change exactly once."""
        return f"{rule_id}:{self.name}"[:80]

    def fingerprint(self, zone: ZoneInfo) -> str:
        """Changes when the condition does."""
        return sha256(f"{self.condition!r}{zone.key}".encode()).hexdigest()[:16]

    def holds(self, now: datetime, zone: ZoneInfo) -> ColumnElement[bool]:
        """The condition about `contact` rows at the moment `now`."""
        from automation.rules.conditions.sql import SqlScope, clause
        from automation.store.schema import contact

        columns = {"created_at": contact.c.created_at, "updated_at": contact.c.updated_at}
        return clause(self.condition, SqlScope(contact.c.id, contact.c.attributes, columns, now, zone))


class ClockTrigger(Trigger):
    """Fires at moments that follow from its parameters alone; then names its people as one SQL query."""

    missed: ClassVar[Literal["latest", "all"]] = "latest"
    """After a time in which no daemon ran: run only the latest firing, or all (each names other people)."""

    @abstractmethod
    def next(self, params: Any, zone: ZoneInfo, after: datetime) -> Firing | None:
        """The first firing strictly after `after` (aware, UTC); None when there is none any more. Pure."""

    @abstractmethod
    def people(self, params: Any, zone: ZoneInfo, firing: Firing, window: Window) -> Select[Any]:
        """The people of a firing: columns `contact_id`, unique, and optionally `key` (text), each one's own occurrence.

        Built from the queries in `automation.store.people`; the engine adds the audience and pages by contact_id.
        """

    def by_own_zone(self, params: Any) -> bool:
        """Whether it fires by each person's own clock: `next` is then asked for every zone that anybody has."""
        return False

    def watches(self, params: Any) -> Watch | None:
        """The condition whose people it follows as they come and go; None: it follows nobody.

        The engine then keeps its members: it asks `people` for those who came (or went) at each firing, and asks the
        condition itself about those whom an event or an action of a rule has changed in between.
        """
        return None

    def explain(self, params: Any, zone: ZoneInfo, contact: Mapping[str, Any], now: datetime) -> datetime | None:
        """When this contact's own turn comes next, for `why`; None when the trigger can't tell."""
        return None
