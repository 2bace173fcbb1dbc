"""Backfill: a rule meets what happened before it ran."""
