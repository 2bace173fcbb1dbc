"""What happened and why: explanations and reports."""
