"""What makes a rule fire. One file per type."""
