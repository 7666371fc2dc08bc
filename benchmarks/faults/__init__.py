"""Everything is killed at random; what was lost is counted."""
