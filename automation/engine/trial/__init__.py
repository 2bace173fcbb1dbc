"""A test send: what a rule or a template would say to a contact, sent to somebody who is allowed to test."""
