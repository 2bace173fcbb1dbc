"""Tests that break it on purpose: kills, faults at every commit, clocks."""
