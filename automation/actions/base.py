"""What a `do:` step can be: an action takes a batch of people and says what became of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from automation.plugin import Kind, Plugin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from automation.catalogue.model import Catalogue, FieldType
    from automation.reasons import Reason
    from automation.rules.conditions.facts import Facts
    from automation.rules.telling import Telling


@dataclass(frozen=True)
class Item:
    """One person at one step."""

    run_id: int
    contact_id: int
    facts: Facts  # contact, event and variables as they are now
    visit: int = 0  # how many rounds the run's loops have begun: (run, step, visit) is one doing of one step
    params: Any = None  # the step's parameters for this person: texts rendered, references looked up


@dataclass(frozen=True)
class Done:
    """The step is done. `outputs` are what `save_as` keeps, in the form of the action's `outputs` declaration."""

    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """The step can't be done for this person. The step's `on_error` decides whether the run goes on."""

    reason: Reason
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outbound:
    """Something for the outside: goes through the message ledger; the run waits for its outcome.

    `channels` are tried in order. `template` is rendered just before sending; `payload` is what the channel needs
    besides (a page link, the tags of a tag call, a webhook's body). `address` overrides the contact's identity.
    When the outcome is known, `save_as` keeps {status, channel}.
    """

    channels: tuple[str, ...]
    template: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None


Result: TypeAlias = Done | Failed | Outbound


@dataclass(frozen=True)
class ActionContext:
    """What an action may use. Everything it writes through `conn` commits or rolls back together with the run."""

    conn: Connection
    now: datetime
    zone: ZoneInfo
    rule: str  # the rule's id
    step: str  # the step's path, e.g. rules/birthday_coupon/steps/0
    catalogue: Catalogue
    emit: Any  # Callable[[Sequence[automation.store.events.NewEvent]], None]: stores events after this batch
    rule_name: str = ""
    brand: Mapping[str, str] = field(default_factory=dict)  # the settings' template_variables
    sends_later: bool = False  # a later step of the rule may send something: nobody outside knows of this step yet


class Action(Plugin):
    """An action plugin. Subclass, give `type`, `title` and `Params`, and write `run`."""

    kind: ClassVar[Kind] = "action"
    on_error_default: ClassVar[Literal["stop", "continue"]] = "stop"
    """What a failed step does to the run when the rule does not say."""

    sends: ClassVar[bool] = False
    """Whether what earlier steps made, such as a coupon's code, may go out with what it sends."""

    issues_coupons: ClassVar[bool] = False
    """Whether it gives people coupons: a rule's `limit` of coupons is asked before each."""

    changes_contacts: ClassVar[bool] = True
    """Whether it may write to attributes or tags. Where it never does, they are not read again after it."""

    outputs: ClassVar[Mapping[str, FieldType]] = {}
    """What `save_as` makes available to later steps and templates."""

    def placeholder(self, params: Any, context: ActionContext) -> Mapping[str, Any]:
        """What `save_as` holds in a test send, for which the action is not run. Nothing is written or called."""
        today = context.now.astimezone(context.zone)
        return {name: _stand_in(name, type_.value, today) for name, type_ in self.outputs.items()}

    def sentence(self, params: Any, telling: Telling) -> str:
        """What it does, told to people in the language of the moment, without a full stop: `explain` shows it.

        `telling` knows the labels of events, fields and coupons. By default: the title, and each parameter that is
        not as it would be anyway.
        """
        return telling.plain_sentence(self.title, params)

    @abstractmethod
    def run(self, params: Any, items: Sequence[Item], context: ActionContext) -> Sequence[Result]:
        """One Result per item, in order. Raising fails every item of the batch, closed: nothing is sent.

        `params` are the same for all; what differs from person to person (`TemplateText`, `TextValues`,
        `ContactValues`, `EventValues`) can't be read there: it is in each `item.params`.
        """


def _stand_in(name: str, type_: str, now: datetime) -> Any:
    """A value of the type that nobody takes for a real one."""
    others: dict[str, Any] = {
        "money": 100,
        "boolean": True,
        "list": [],
        "date": now.date().isoformat(),
        "datetime": now.isoformat(),
    }
    return f"TEST-{name.upper()}" if type_ == "text" else others.get(type_, 1)
