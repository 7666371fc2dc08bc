"""What holds a due nudge back: calls, do-not-disturb, files, commands and calendars."""
