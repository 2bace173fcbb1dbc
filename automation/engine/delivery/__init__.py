"""Delivery: what an action wants sent is decided, sent, and settled."""
