"""Public tools for plugin authors: the conformance suites. `automation.clock.ManualClock` is the clock to test with."""

from automation.testing.actions import check_action
from automation.testing.databases import new_database
from automation.testing.providers import check_provider
from automation.testing.triggers import check_clock_trigger, check_event_trigger

__all__ = ["check_action", "check_clock_trigger", "check_event_trigger", "check_provider", "new_database"]
