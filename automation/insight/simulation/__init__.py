"""Simulation: what rules would have done in a stretch of the past."""
