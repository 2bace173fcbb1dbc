"""What a do: step does. One file per type."""
