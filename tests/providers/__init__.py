"""Providers, each through its real client library against a fake service."""
