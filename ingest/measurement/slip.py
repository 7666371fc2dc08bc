"""What became of a strap that sits differently than when it was calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from math import degrees
from typing import Final

import numpy as np

from ingest.measurement.calibration import Calibration
from ingest.measurement.inclination import WearerFrame
from sensor.sample import Floats

SLIP_LIMIT_DEG: Final = 10.0  # farther than this the wearer is also asked to calibrate again
UPSIDE_DOWN_DEG: Final = 120.0  # no slip goes that far: the strap was put on again


@dataclass(frozen=True, slots=True)
class Slip:
    """The strap sits differently than it did.

    Attributes:
        kind: "tilted", "turned" (about the body's long axis) or "upside_down".
        shift_deg: by how much.
        asked: whether it is so much that the wearer should calibrate again.
        before: id of the calibration that `undo` brings back.
    """

    kind: str
    shift_deg: float
    asked: bool
    before: str


def carried(vector: Floats, old: WearerFrame, new: WearerFrame) -> Floats:
    """Return a vector of the sensor frame that keeps its direction to the wearer."""
    up, right, forward = (
        float(vector @ np.array(axis)) for axis in (old.up, old.right, old.forward)
    )
    axes = np.array((new.up, new.right, new.forward))
    return np.asarray(np.array((up, right, forward)) @ axes)


def slip_of(old: Calibration, new: Calibration, reason: str) -> Slip | None:
    """Return what a change of calibration says of the strap, or None."""
    if reason == "belt_turned":
        turned = apart_deg(np.array(old.frame.forward), np.array(new.frame.forward))
        return Slip("turned", turned, turned > SLIP_LIMIT_DEG, old.id)
    if reason != "slipped":
        return None
    shift = apart_deg(np.array(old.frame.up), np.array(new.frame.up))
    kind = "upside_down" if shift > UPSIDE_DOWN_DEG else "tilted"
    return Slip(kind, shift, shift > SLIP_LIMIT_DEG, old.id)


def apart_deg(a: Floats, b: Floats) -> float:
    """Return the angle between two directions."""
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    return degrees(float(np.arccos(np.clip(cosine, -1, 1))))
