"""Pictures, keys and commands."""
