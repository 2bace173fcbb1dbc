"""The sentences, one module an area."""
