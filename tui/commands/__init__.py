"""The composition root: what each command wires together."""
