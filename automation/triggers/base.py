"""The two shapes of a trigger: one listens to events, the other looks at the clock."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from automation.plugin import Kind, Plugin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import Select

    from automation.rules.conditions.tree import Condition
    from automation.rules.params import EventPattern
    from automation.triggers.reading import Poll
    from automation.triggers.watch import Watch


class Trigger(Plugin):
    """Base of both shapes; subclass one of them."""

    kind: ClassVar[Kind] = "trigger"
    listens: ClassVar[bool] = False
    """Whether each occurrence is an event, so that the rule can name `event.*`."""


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

    def watches(self, params: Any) -> Watch | None:
        """The condition whose people it follows as they come and go; None: it follows nobody.

        The engine then keeps its members: it asks `people` for those who came (or went) at each firing, and asks the
        condition itself about those whom an event or an action of a rule has changed in between.
        """
        return None

    def explain(self, params: Any, zone: ZoneInfo, contact: Mapping[str, Any], now: datetime) -> datetime | None:
        """When this contact's own turn comes next, for `why`; None when the trigger can't tell."""
        return None
