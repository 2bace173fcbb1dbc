"""The ground floor: tables, transactions, and what differs between SQLite and PostgreSQL. No business rules."""
