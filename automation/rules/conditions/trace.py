"""Why a condition holds or not for one person: each node with its answer and the value seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from automation.catalogue.values import quoted
from automation.contacts.masking import masker
from automation.i18n import say
from automation.rules.conditions.python import predicate
from automation.rules.conditions.sentence import Teller
from automation.rules.conditions.tree import Compare, Condition, Group, History, Reachable, Ref, refs_in
from automation.rules.conditions.values import raw_value, referred, value_of

if TYPE_CHECKING:
    from automation.catalogue.model import Catalogue, FieldDef
    from automation.rules.conditions.facts import Facts


@dataclass(frozen=True)
class TraceLine:
    """One node. `depth` counts from 0; `seen` is what was found, in words."""

    path: str
    depth: int
    ok: bool
    sentence: str
    seen: str


def trace(
    condition: Condition, facts: Facts, catalogue: Catalogue, lang: str | None = None, event: str | None = None
) -> list[TraceLine]:
    """A line for each node, in reading order. Asks the same predicates as the engine does."""
    return _lines(condition, facts, Teller(catalogue, lang, event, facts.zone), 0)


def _lines(node: Condition, facts: Facts, teller: Teller, depth: int) -> list[TraceLine]:
    ok = predicate(node)(facts)
    if not isinstance(node, Group):
        return [TraceLine(node.path, depth, ok, teller.tell(node), _seen(node, facts, teller))]
    below = [_lines(item, facts, teller, depth + 1) for item in node.items]
    holding = sum(lines[0].ok for lines in below)
    seen = say("conditions.seen_group", teller.lang, holding=holding, count=len(below))
    head = TraceLine(node.path, depth, ok, say(f"conditions.group_{node.kind}", teller.lang), seen)
    return [head, *(line for lines in below for line in lines)]


def _seen(node: Compare | History | Reachable, facts: Facts, teller: Teller) -> str:
    if isinstance(node, Reachable):
        return ""
    seen = _counted(node, facts, teller) if isinstance(node, History) else _value(node, facts, teller)
    refs = [
        say("conditions.seen_ref", teller.lang, ref=teller.referring(ref), value=_referred(ref, facts, teller))
        for ref in refs_in(node)
    ]
    return say("conditions.seen_refs", teller.lang, seen=seen, refs=", ".join(refs)) if refs else seen


def _counted(node: History, facts: Facts, teller: Teller) -> str:
    return say("conditions.seen_count", teller.lang, count=facts.history[node])


def _referred(ref: Ref, facts: Facts, teller: Teller) -> str:
    value, defn = referred(ref, facts), teller.definition(ref.field, teller.own)
    return _told(defn, value, teller) if value is not None else say("conditions.seen_nothing", teller.lang)


def _value(node: Compare, facts: Facts, teller: Teller) -> str:
    raw, value = raw_value(node.field, facts), value_of(node.field, facts)
    defn, show = teller.definition(node.field), masker()
    personal = defn.personal or defn.identity is not None
    if value is not None:
        return _told(defn, value, teller)
    if raw is None or raw in ([], (), frozenset()):
        return say("conditions.seen_nothing", teller.lang)
    value = quoted(raw)
    return say("conditions.seen_wrong", teller.lang, value=show.personal(value) if personal else show.text(value))


def _told(defn: FieldDef, value: Any, teller: Teller) -> str:
    """A value, masked where it is personal."""
    told, show = teller.shown(defn, value), masker()
    personal = defn.personal or defn.identity is not None
    return str(show.personal(told)) if personal else show.text(told)
