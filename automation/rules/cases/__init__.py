"""A rule's own test cases: what `tests:` and `*_test.yaml` say, as typed values. They run in `automation.insight`."""
