"""Public tools for plugin authors: the conformance suite and a fake clock."""
