"""A project in which one person has left traces everywhere, on each kind of database."""

from __future__ import annotations

from tests.engine.conftest import world

__all__ = ["world"]
