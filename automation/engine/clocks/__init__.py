"""Clocks: what fires by time, what is looked up, and whom that reaches."""
