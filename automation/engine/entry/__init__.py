"""Entry: events come in, and people meet the rules that they let them into."""
