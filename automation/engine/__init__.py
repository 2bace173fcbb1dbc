"""The rule runner: ingest, match, enter, advance, deliver, settle."""
