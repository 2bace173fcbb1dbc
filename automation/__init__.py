"""A marketing automation rules engine: YAML rules in, messages and coupons out, every decision in a ledger."""

__version__ = "0.1.0"
