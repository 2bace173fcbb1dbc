"""The engine's world (see tests/engine/world.py), and `why` asked in it."""

from tests.engine.conftest import world as world
