"""The clock that keeps the engine going."""
