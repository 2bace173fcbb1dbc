"""The door to values: read one by its field's type, check an event's properties, show a value to a person."""

from automation.catalogue.checker import event_checker
from automation.catalogue.values import MAX_INTEGER, ValueProblem, normalise, show

__all__ = ["MAX_INTEGER", "ValueProblem", "event_checker", "normalise", "show"]
