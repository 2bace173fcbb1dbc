"""Values that a step writes: rendered, then brought into the form of their field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from automation.catalogue.model import FieldDef, FieldType
from automation.catalogue.types import normalise
from automation.templating import render_value

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def written(defn: FieldDef | None, value: Any, variables: Mapping[str, Any], zone: ZoneInfo) -> Any:
    """The value in its field's form. RenderError, or ValueProblem when it is not of the field's type.

    `"{{ event.amount }}"` gives an amount as it is kept, in the minor unit; what is written out is in major units.
    """
    rendered = render_value(value, variables)
    if defn is None or rendered is None:
        return rendered
    kept = defn.type is FieldType.MONEY and isinstance(value, str) and isinstance(rendered, int)
    return rendered if kept and not isinstance(rendered, bool) else normalise(defn, rendered, zone)
