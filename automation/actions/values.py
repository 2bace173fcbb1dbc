"""Values that a step writes: rendered or looked up, then brought into the form of their field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automation.catalogue.model import FieldDef, FieldType
from automation.catalogue.types import normalise
from automation.rules.conditions.tree import Ref
from automation.rules.conditions.values import referred
from automation.templating import RenderError, render_value

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from automation.rules.conditions.facts import Facts


def written(defn: FieldDef | None, value: Any, facts: Facts, variables: Mapping[str, Any], zone: ZoneInfo) -> Any:
    """The value in its field's form. RenderError, or ValueProblem when it is not of the field's type.

    `"{{ event.amount }}"` and the reference `event.amount` give an amount as it is kept, in the minor unit; what is
    written out is in major units.
    """
    if isinstance(value, Ref):
        found = looked_up(value, facts)
        return found if defn is None or defn.type is FieldType.MONEY else normalise(defn, found, zone)
    rendered = render_value(value, variables)
    if defn is None or rendered is None:
        return rendered
    kept = defn.type is FieldType.MONEY and isinstance(value, str) and isinstance(rendered, int)
    return rendered if kept and not isinstance(rendered, bool) else normalise(defn, rendered, zone)


def looked_up(ref: Ref, facts: Facts) -> Any:
    """What a reference stands for. RenderError when it is missing, as for a template's variable."""
    found = referred(ref, facts)
    if found is None:
        raise RenderError("templating.missing", file="", line=1, text=str(ref), variable=str(ref))
    return list(found) if isinstance(found, frozenset) else found
