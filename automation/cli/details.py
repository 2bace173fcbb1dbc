"""What a log row saw, on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.cli.context import project_zone
from automation.cli.output import visible


def summary(detail: Mapping[str, Any] | None, longest: int = 100) -> str:
    """In the project's zone, masked, without characters that would move a terminal's cursor."""
    from automation.insight.details import summary as summed

    return visible(summed(detail, project_zone(), longest))
