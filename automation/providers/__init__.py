"""The adapters that talk to the outside. One file per provider."""
