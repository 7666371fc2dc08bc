"""What a drill does to the back, as far as plans ask: load it, compress it, wake it up."""

from __future__ import annotations

from monitor.drills.catalogue import Drill


def is_load(drill: Drill) -> bool:
    """Return whether a drill loads the back, so that it wants a warm-up and an activation."""
    return "strength" in drill.categories or is_compression(drill)


def is_compression(drill: Drill) -> bool:
    """Return whether a drill compresses without decompressing again."""
    return "compression" in drill.categories and "decompression" not in drill.categories


def is_activation(drill: Drill) -> bool:
    """Return whether a drill wakes the muscles up before a load."""
    wakes = {"neuromuscular", "reconnect"} & set(drill.categories)
    return bool(wakes) and not is_load(drill)
