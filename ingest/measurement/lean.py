"""How far the trunk leant and came back: who rises or sits down leans, who stops walking does not.

On the research-only waist recordings 19 of 20 rises and sit-downs lean by more than 15°, 19 of 20
walks end with less than 9°, and 19 of 20 seconds of walking, stairs included, with less than 6°.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import degrees, exp, sqrt
from typing import Final

from ingest.measurement.inclination import Vector

REACH_S: Final = 3  # a movement is over within so long before and after its middle second
SPAN_S: Final = 2 * REACH_S + 1
AS_LIKELY_DEG: Final = 12.0  # (W) a lean that is as likely in a change as without one
SPREAD_DEG: Final = 2.0
LEAST: Final = 0.2  # some rise with a straight back
MOST: Final = 5.0  # others reach for something
LOUD_DEG: Final = 9.0  # (W) no walk leans so far: what is restless there is the change


def lean_deg(ups: Sequence[Vector | None]) -> float | None:
    """Return how far the middle of `SPAN_S` upward directions is from the way between the outer.

    None where some second is missing.
    """
    seen = [up for up in ups if up is not None]
    if len(seen) < SPAN_S:
        return None
    (ax, ay, az), (zx, zy, zz) = seen[0], seen[-1]
    furthest = 0.0
    for i in range(REACH_S - 1, REACH_S + 2):
        w = i / (SPAN_S - 1)
        x, y, z = seen[i]
        x, y, z = x - ax + w * (ax - zx), y - ay + w * (ay - zy), z - az + w * (az - zz)
        furthest = max(furthest, x * x + y * y + z * z)
    return degrees(sqrt(furthest))


def lean_odds(lean_deg: float | None) -> float:
    """Return how much likelier a lean is in a rise or sit-down than in another movement."""
    if lean_deg is None:
        return 1.0
    return LEAST + (MOST - LEAST) / (1 + exp((AS_LIKELY_DEG - lean_deg) / SPREAD_DEG))
