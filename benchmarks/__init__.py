"""Speed and memory, each figure beside its floor, measured in the same run."""
