"""The condition tree: what a list of conditions in a rule means, independent of how it is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from automation.calendars.duration import Duration
    from automation.catalogue.model import FieldType

Namespace = Literal["contact", "event", "var"]


@dataclass(frozen=True)
class FieldRef:
    """A value to look at: `contact.level`, `event.sku`, or a step's output `coupon.code` (namespace "var").

    For "var", `name` is `save_as.output`. `storage` says where a contact field lives.
    """

    namespace: Namespace
    name: str
    type: FieldType
    storage: Literal["attribute", "identity", "tags", "column", "none"] = "none"

    def __str__(self) -> str:
        return self.name if self.namespace == "var" else f"{self.namespace}.{self.name}"


@dataclass(frozen=True)
class Ref:
    """A value that is looked up when it is needed: `event.cart_id`, `contact.store`, `coupon.code` behind an operator.

    `event.*` is always the run's own event, also inside a `where`, whose fields are those of another one.
    """

    field: FieldRef

    def __str__(self) -> str:
        return str(self.field)


@dataclass(frozen=True)
class Compare:
    """One row: a field, an operator of the table, and its value, already normalised to the field's type.

    A list operand is a tuple; a relative time (`within_last: 30d`) is a Duration; the value, or an item of the tuple,
    may be a Ref.
    """

    field: FieldRef
    op: str
    value: Any
    path: str  # the condition's path in the rule


@dataclass(frozen=True)
class History:
    """`did` (or, negated, `did_not`): at least `at_least` events `event` matching `where` in the window.

    The window ends now and begins `within` before now, or at the run's entry, or at the beginning of time.
    """

    event: str
    where: Condition | None
    within: Duration | None
    since_entry: bool
    at_least: int
    negated: bool
    path: str

    def __hash__(self) -> int:  # a key of Facts.history, asked for each person: cheap, and the path tells nodes apart
        return hash(self.path)


@dataclass(frozen=True)
class Reachable:
    """Whether one of the channels may reach the person for the purpose now: address, suppression, consent.

    A key of Facts.history, like a History: 1 where it holds, 0 where it doesn't.
    """

    channels: tuple[str, ...]
    purpose: str
    path: str

    def __hash__(self) -> int:
        return hash(self.path)


@dataclass(frozen=True)
class Group:
    """`all`, `any` or `none` of the items. A rule's list is an `all`. An empty `all` holds, an empty `any` doesn't."""

    kind: Literal["all", "any", "none"]
    items: tuple[Condition, ...]
    path: str


Condition: TypeAlias = Compare | History | Reachable | Group


def walk(condition: Condition) -> list[Condition]:
    """The node and everything below it, in reading order, `where` clauses of histories excepted."""
    found: list[Condition] = [condition]
    if isinstance(condition, Group):
        for item in condition.items:
            found.extend(walk(item))
    return found


def refs_in(value: Any) -> tuple[Ref, ...]:
    """The references of an operand, or of a condition with its operands and those of its `where` clauses; each once."""
    if isinstance(value, Ref):
        return (value,)
    if isinstance(value, tuple):
        return tuple(dict.fromkeys(ref for item in value for ref in refs_in(item)))
    if isinstance(value, Compare):
        return refs_in(value.value)
    if isinstance(value, History):
        return refs_in(value.where)
    return refs_in(value.items) if isinstance(value, Group) else ()


def histories(condition: Condition | None) -> list[History]:
    """Every History node, in reading order."""
    return [node for node in walk(condition) if isinstance(node, History)] if condition is not None else []


def to_load(condition: Condition | None) -> list[History | Reachable]:
    """Every node that is asked of the database for a batch of people, in reading order."""
    return [node for node in walk(condition) if isinstance(node, (History, Reachable))] if condition else []
