"""The condition as a sentence for people, with the catalogue's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from automation.calendars.duration import Duration
from automation.catalogue.model import FieldDef, FieldType
from automation.catalogue.values import show
from automation.channels import CHANNELS
from automation.i18n import Text, say
from automation.rules.conditions.operators import OPERATORS
from automation.rules.conditions.tree import Compare, Condition, FieldRef, Group, History, Reachable, Ref

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.catalogue.model import Catalogue


def sentence(
    condition: Condition,
    catalogue: Catalogue,
    lang: str | None = None,
    event: str | None = None,
    zone: ZoneInfo | None = None,
) -> str:
    """`condition` in Chinese or English. `event` names the event that `event.*` means; moments are told in `zone`."""
    return Teller(catalogue, lang, event, zone).tell(condition)


class Teller:
    """Tells conditions in one language. `bare`: inside a `where`, where every field is the event's.

    `own` names the event that references mean there: the one that let the person in.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        lang: str | None,
        event: str | None = None,
        zone: ZoneInfo | None = None,
        *,
        bare: bool = False,
        own: str | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.lang = lang
        self.event = event
        self.zone = zone
        self.bare = bare
        self.own = own if bare else event

    def tell(self, condition: Condition) -> str:
        """The whole condition."""
        if isinstance(condition, Compare):
            return self._compare(condition)
        if isinstance(condition, History):
            return self._history(condition)
        if isinstance(condition, Reachable):
            names = self._say("either").join(CHANNELS[one].title.get(self.lang) for one in condition.channels)
            return self._say("reachable", channels=names, purpose=condition.purpose)
        return self._group(condition)

    def definition(self, ref: FieldRef, event: str | None = None) -> FieldDef:
        """The catalogue's definition of a field; one without labels for a step's output.

        `event` has the property; the teller's own event by default.
        """
        event = event or self.event
        found = None
        if ref.namespace == "contact":
            found = self.catalogue.fields.get(ref.name)
        elif ref.namespace == "event":
            events = self.catalogue.events
            named = [events[event]] if event and event in events else list(events.values())
            found = next((item.fields[ref.name] for item in named if ref.name in item.fields), None)
        return found if found is not None and found.type is ref.type else _unlabelled(ref)

    def _compare(self, node: Compare) -> str:
        row, defn = OPERATORS[node.op], self.definition(node.field)
        field = defn.label.get(self.lang)
        if node.field.namespace == "event" and not self.bare:
            field = self._say("of_event", field=field)
        if row.name == "exists":
            return self._say("has_value" if node.value else "has_no_value", field=field)
        template = row.sentence.get(self.lang)
        if defn.type is FieldType.BOOLEAN:
            return self._say(f"boolean_{row.name}", field=field, value=self._value(defn, node.value))
        if row.operand == "pair":
            low, high = (self._value(defn, item) for item in node.value)
            return template.format(field=field, low=low, high=high)
        return template.format(field=field, value=self._value(defn, node.value))

    def _value(self, defn: FieldDef, value: Any) -> str:
        if isinstance(value, Duration):
            return value.sentence(self.lang)
        if isinstance(value, tuple):
            return self._say("list").join(self.shown(defn, item) for item in value)
        return self.shown(defn, value)

    def referring(self, ref: Ref) -> str:
        """`the triggering event's cart`."""
        label = self.definition(ref.field, self.own).label.get(self.lang)
        return self._say(f"ref_{ref.field.namespace}", field=label)

    def shown(self, defn: FieldDef, value: Any) -> str:
        """A value of a field as people read it."""
        if isinstance(value, Ref):
            return self.referring(value)
        return show(defn, value, self.lang, self.zone)

    def _group(self, group: Group) -> str:
        if not group.items:
            return self._say("no_one" if group.kind == "any" else "everyone")
        parts = [self._inner(item) for item in group.items] if len(group.items) > 1 else [self.tell(group.items[0])]
        if group.kind == "none":
            return self._say("none_of", items=self._say("or").join(parts))
        return self._say("and" if group.kind == "all" else "or").join(parts)

    def _inner(self, condition: Condition) -> str:
        text = self.tell(condition)
        compound = isinstance(condition, Group) and len(condition.items) > 1 and condition.kind != "none"
        return self._say("bracket", items=text) if compound else text

    def _history(self, node: History) -> str:
        defn = self.catalogue.events.get(node.event)
        key = ("did_not" if node.negated else "did") + ("_times" if node.at_least > 1 else "")
        window = ""
        if node.since_entry:
            window = self._say("since_entry")
        elif node.within is not None:
            window = self._say("within", duration=node.within.sentence(self.lang))
        where = ""
        if node.where is not None:
            inner = Teller(self.catalogue, self.lang, node.event, self.zone, bare=True, own=self.own)
            where = self._say("where", items=inner.tell(node.where))
        label = defn.label.get(self.lang) if defn else node.event
        return self._say(key, event=label, where=where, window=window, count=node.at_least)

    def _say(self, key: str, **params: Any) -> str:
        return say(f"conditions.{key}", self.lang, **params)


def _unlabelled(ref: FieldRef) -> FieldDef:
    name = ref.name if ref.namespace == "var" else str(ref)
    return FieldDef(ref.name, FieldType(ref.type), Text(name, name), storage=ref.storage)
