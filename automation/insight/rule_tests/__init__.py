"""Rule tests: the cases of `tests:` and `*_test.yaml` run through the real engine, in memory, with a moved clock."""
