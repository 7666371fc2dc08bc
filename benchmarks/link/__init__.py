"""The link under load, under faults and for a long time."""
