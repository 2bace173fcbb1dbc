"""A checked rule as typed, frozen values. What the YAML said, and nothing that depends on a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from automation.calendars.windows import Days, Window
from automation.rules.positions import Positions

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pydantic import BaseModel

    from automation.calendars.duration import Duration
    from automation.rules.cases.spec import Case
    from automation.rules.conditions.tree import Condition, FieldRef


Policy: TypeAlias = Literal["now", "skip", "stop"]
"""What a date that is missing or past does: go on at once, leave out the steps up to the next wait, or end the run."""


@dataclass(frozen=True)
class TriggerSpec:
    type: str
    params: BaseModel  # of the trigger's Params class, with conditions and references already resolved


@dataclass(frozen=True)
class QuietHours(Window):
    """No message in a window of the local day. The contact's own zone goes first."""

    then: Literal["delay", "drop"] = "delay"


@dataclass(frozen=True)
class SendWindow(Window):
    """Messages in such windows of the local day alone. The contact's own zone goes first."""

    then: Literal["delay", "drop"] = "delay"


@dataclass(frozen=True)
class FrequencyCap:
    """At most `max` messages in any sliding window of `per`; of one channel, of this rule alone, or of everything."""

    max: int
    per: Duration
    channel: str | None = None
    scope: Literal["all", "rule"] = "all"


@dataclass(frozen=True)
class Limit:
    """At most `max` entries, coupons or messages of one person, in a period of the rule's calendar or a sliding one."""

    max: int
    per: Literal["day", "week", "month"] | Duration
    of: Literal["entries", "coupons", "messages"]
    scope: Literal["rule", "all"] = "rule"


@dataclass(frozen=True)
class Budget:
    """What a rule may spend per local calendar day; None: no limit. `cost` is in 1/10,000 of the currency unit."""

    messages: int | None = None
    cost: int | None = None


@dataclass(frozen=True)
class Guards:
    """What a rule asks to be held back by, `defaults:` already merged in."""

    purpose: str = "marketing"  # the consent needed; "transactional" needs none and counts towards no cap
    quiet_hours: tuple[QuietHours, ...] = ()
    send_window: tuple[SendWindow, ...] = ()  # in one of them; none: at any time
    do_not_disturb: bool = True  # whether the windows in which a person wants no message are minded
    frequency_cap: tuple[FrequencyCap, ...] = ()
    cooldown: Duration | None = None
    limit: tuple[Limit, ...] = ()
    budget: Budget | None = None
    holdout: int = 0  # the rule's control group, in 1/10,000 of the contacts
    global_holdout: int = 0  # the control group of all rules together (from `defaults:`), in 1/10,000


@dataclass(frozen=True)
class Mode:
    """What happens when somebody who is inside enters again. `per` adds event properties to the contact."""

    on_again: Literal["skip", "restart", "queue", "parallel"] = "parallel"
    per: tuple[FieldRef, ...] = ()


@dataclass(frozen=True)
class Do:
    path: str
    action: str
    params: BaseModel
    save_as: str | None = None
    on_error: Literal["stop", "continue"] = "stop"
    id: str | None = None  # unique in the rule, as in every step


@dataclass(frozen=True)
class Wait:
    """Exactly one of: `for_` a duration; `ahead` days from now at `at`; `until` the next local time of day, on `days`;
    until a date `field` ± `offset` at `at`.

    A contact's date is read again when the wait is over, and when it changes. What one that is missing or past already
    does is said by `if_missing` and `if_past`; by default the run goes on at once.
    """

    path: str
    for_: Duration | None = None
    until: time | None = None
    field: FieldRef | None = None
    offset: Duration | None = None
    at: time | None = None
    days: Days | None = None
    ahead: int | None = None
    own_zone: bool = False  # local times are those of the contact's own zone, where they have one
    if_missing: Policy | None = None
    if_past: Policy | None = None
    id: str | None = None

    @property
    def reads_again(self) -> bool:
        """Whether its end may change while somebody waits."""
        return self.field is not None and self.field.namespace == "contact"

    @property
    def may_skip(self) -> bool:
        return "skip" in (self.if_missing, self.if_past)


@dataclass(frozen=True)
class WaitFor:
    """Wait until the contact's next event `event` for which `where` holds: then `then`. After `within`: `orelse`."""

    path: str
    event: str
    where: Condition | None
    within: Duration
    then: tuple[Step, ...] = ()
    orelse: tuple[Step, ...] = ()
    save_as: str | None = None  # keeps the event's properties
    id: str | None = None


@dataclass(frozen=True)
class Repeat:
    """At most `times` rounds of `steps`, `every` apart; `until` is asked before each round, the first one too."""

    path: str
    times: int
    steps: tuple[Step, ...]
    every: Duration | None = None
    until: Condition | None = None
    id: str | None = None


@dataclass(frozen=True)
class If:
    path: str
    condition: Condition
    then: tuple[Step, ...]
    orelse: tuple[Step, ...] = ()
    id: str | None = None


@dataclass(frozen=True)
class Arm:
    name: str
    weight: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Split:
    path: str
    name: str
    arms: tuple[Arm, ...]
    id: str | None = None


@dataclass(frozen=True)
class Stop:
    path: str
    reason: str | None = None
    id: str | None = None


Step: TypeAlias = Do | Wait | WaitFor | If | Split | Repeat | Stop


def each_step(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step of a list and of the lists below it, in reading order."""
    for step in steps:
        yield step
        if isinstance(step, (If, WaitFor)):
            yield from each_step((*step.then, *step.orelse))
        elif isinstance(step, Repeat):
            yield from each_step(step.steps)
        elif isinstance(step, Split):
            for arm in step.arms:
                yield from each_step(arm.steps)


@dataclass(frozen=True)
class Goal:
    """What the rule is for: the contact's event `event` for which `where` holds, within `within` of entering."""

    event: str
    where: Condition | None
    within: Duration


@dataclass(frozen=True)
class Digest:
    """A person's events are collected for `for_` since the first, or until the last `at` before that is over."""

    path: str
    for_: Duration
    at: time | None = None


@dataclass(frozen=True)
class RuleSpec:
    """One rule. `path` is its address everywhere: `rules/birthday_coupon`."""

    id: str
    name: str
    owner: str | None
    enabled: bool
    zone: ZoneInfo
    trigger: TriggerSpec
    audience: Condition | None
    guards: Guards
    mode: Mode
    exit_when: Condition | None
    steps: tuple[Step, ...]
    version: str  # hash of the normalised content, 16 hex digits
    goal: Goal | None = None
    digest: Digest | None = None
    priority: int = 0  # the higher wins where a frequency cap leaves room for one
    catch_up: Literal["latest", "all", "skip"] | None = None  # of missed firings; None: the trigger's own way
    expires_after: Duration | None = None  # a firing or a message older than this is not worth sending
    max_attempts: int | None = None  # per message; None: the setting
    max_audience: int | None = None  # an occurrence that would enter more waits for approval
    failure_limit: int | None = None  # in 1/10,000 of the attempts: above it the rule pauses; None: the setting
    on_unknown: Literal["hold", "resend"] = "hold"
    on_change: Literal["finish", "move", "exit"] = "finish"  # what people inside do when the rule changes
    vars: Mapping[str, Any] = field(default_factory=dict)  # what its templates find as `vars.name`
    content: Mapping[str, Any] = field(
        repr=False, default_factory=dict
    )  # normalised, JSON-able: parsing it again gives the same rule
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    positions: Positions = field(default_factory=Positions, compare=False, repr=False)  # of its paths in the file
    cases: tuple[Case, ...] = field(default=(), compare=False, repr=False)  # its `tests:`

    @property
    def path(self) -> str:
        return f"rules/{self.id}"
