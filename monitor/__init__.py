"""What the wearer should be told now: nudges, credit, drills."""
