"""In which position the wearer is, as far as gravity at the lower back can tell.

Prone and on all fours look alike (the back faces up), and so do standing, sitting and kneeling:
what cannot be told apart counts as right.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final

from monitor.drills.catalogue import Body
from monitor.drills.tilt import Vector

UPRIGHT_WITHIN_DEG: Final = 50.0  # a wall plank or a hinge still starts upright
LYING_FROM_DEG: Final = 50.0


class Facing(StrEnum):
    """What gravity tells."""

    UPRIGHT = "upright"
    SUPINE = "on your back"
    FACE_DOWN = "face down"
    LEFT_SIDE = "on your left side"
    RIGHT_SIDE = "on your right side"
    INVERTED = "upside down"


_WANTED: Final[dict[Body, frozenset[Facing]]] = {
    "standing": frozenset({Facing.UPRIGHT}),
    "seated": frozenset({Facing.UPRIGHT}),
    "kneeling": frozenset({Facing.UPRIGHT, Facing.FACE_DOWN}),
    "hanging": frozenset({Facing.UPRIGHT}),
    "supine": frozenset({Facing.SUPINE}),
    "prone": frozenset({Facing.FACE_DOWN}),
    "all_fours": frozenset({Facing.FACE_DOWN}),
    "side": frozenset({Facing.LEFT_SIDE, Facing.RIGHT_SIDE}),
}
_HINTS: Final[dict[Body, str]] = {
    "standing": "Stand up to begin.",
    "seated": "Sit upright to begin.",
    "kneeling": "Kneel down to begin.",
    "hanging": "Hang upright to begin.",
    "supine": "Lie on your back to begin.",
    "prone": "Lie on your front to begin.",
    "all_fours": "Go on all fours to begin.",
    "side": "Lie on your side to begin.",
}


def facing(up: Vector) -> Facing:
    """Return the position that the upward vector (up, right, forward) shows."""
    from_upright_deg = math.degrees(math.acos(max(-1.0, min(1.0, up[0]))))
    if from_upright_deg < LYING_FROM_DEG:
        return Facing.UPRIGHT
    if from_upright_deg > 180 - LYING_FROM_DEG:
        return Facing.INVERTED
    if abs(up[2]) >= abs(up[1]):
        return Facing.SUPINE if up[2] > 0 else Facing.FACE_DOWN
    return Facing.LEFT_SIDE if up[1] > 0 else Facing.RIGHT_SIDE


def position_hint(body: Body, up: Vector) -> str:
    """Return what to change so that a drill can begin, or "" when the position fits."""
    return "" if facing(up) in _WANTED[body] else _HINTS[body]
