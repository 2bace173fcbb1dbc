"""The language: YAML with positions, typed spec, checked rule, program."""
