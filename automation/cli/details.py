"""What a log row saw, masked and on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automation.cli.context import project_zone
from automation.cli.masking import mask_identity
from automation.cli.output import visible


def masked(detail: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The detail with the identity that an event named masked."""
    if detail is None or not isinstance(detail.get("identity"), str):
        return None if detail is None else dict(detail)
    return {**detail, "identity": mask_identity(detail["identity"])}


def summary(detail: Mapping[str, Any] | None, longest: int = 100) -> str:
    """In the project's zone, without characters that would move a terminal's cursor."""
    from automation.insight.details import summary as summed

    return visible(summed(detail, project_zone(), longest))
