"""Journey: runs move through their steps, wait, hear events and take turns."""
