"""How the strap sits on this wearer: what upright and forward are in the sensor frame.

Two ways lead there, both for any mounting:

* asked for: a quiet upright pose, then one forward bend (`upright`, `bend`);
* by itself: walking is upright (its mean lies within about 2° of standing, docs/accuracy.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import degrees, radians
from typing import Final

import numpy as np

from ingest.measurement.features import Measured
from ingest.measurement.inclination import WearerFrame
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

POSE_S: Final = 4  # seconds of quiet standing that are averaged
POSE_MAX_GYRO_RADS: Final = radians(2.0)  # quieter than this is a pose, not a movement
POSE_MAX_ACC_SD_MS2: Final = 0.03 * STANDARD_GRAVITY_MS2
RESTLESS_S: Final = 6  # a restless pose is averaged over longer
RESTLESS_MAX_DEG: Final = 3.0  # half of its seconds must lie this close to their mean
BEND_S: Final = 10  # how far back a bend may have begun
BEND_MIN_DEG: Final = 15.0  # a smaller bend does not tell forward from sideways
BEND_MIN_EXPLAINED: Final = 0.9  # share of the movement that must lie in one plane
RANGE_STEPS: Final = ("slump", "lean_back")
RANGE_MIN_DEG: Final = 5.0  # a slump that hardly differs from leaning back spans no range
STEPS: Final = ("upright", "bend", *RANGE_STEPS, "undo")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is in force.

    Attributes:
        id: names it in every record.
        made_s: Timeline second it was made.
        method: "upright", "upright+bend", "walking", …
        quality: 0 to 1.
        frame: the wearer's axes in the sensor frame.
        lean_back_deg, slump_deg: ends of the own range, or None.
    """

    id: str
    made_s: float
    method: str
    quality: float
    frame: WearerFrame
    lean_back_deg: float | None = None
    slump_deg: float | None = None

    def range_percent(self, sagittal_deg: float) -> float | None:
        """Return where in the own range an angle lies: 0 leaning back, 100 slumped."""
        if self.lean_back_deg is None or self.slump_deg is None:
            return None
        return 100 * (sagittal_deg - self.lean_back_deg) / (self.slump_deg - self.lean_back_deg)


def new_id(session_ms: int, at_s: float, reason: str) -> str:
    """Return the name of a calibration made in a session, at a time, for a reason."""
    return f"{reason}-{session_ms}-{round(at_s * 10)}"


def refuse_pose(seconds: Sequence[Measured]) -> str | None:
    """Return why these seconds are no quiet pose, or None."""
    if len(seconds) < POSE_S - 1:
        return f"Stand still for {POSE_S} s; there are {len(seconds)} s of data."
    if _rms([s.gyro_rms or 0.0 for s in seconds]) > POSE_MAX_GYRO_RADS:
        return "You were still turning; stand quietly and try again."
    if _rms([s.acc_sd for s in seconds]) > POSE_MAX_ACC_SD_MS2:
        return "You were still moving; stand quietly and try again."
    return None


def _rms(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def steady_on_average(seconds: Sequence[Measured]) -> bool:
    """Return whether a restless wearer at least stays around one direction."""
    if len(seconds) < RESTLESS_S:
        return False
    mean = mean_up(seconds)
    apart = [np.linalg.norm(np.array(s.up) - mean) for s in seconds]
    return degrees(float(np.median(apart))) < RESTLESS_MAX_DEG


def mean_up(seconds: Sequence[Measured]) -> Floats:
    """Return the mean upward unit vector (3,) of some seconds."""
    up = np.mean([s.up for s in seconds], axis=0)
    return np.asarray(up / np.linalg.norm(up))


@dataclass(frozen=True, slots=True)
class Bend:
    """The largest movement in some seconds, as seen from upright.

    Attributes:
        forward: (3,) direction in the sensor frame in which the wearer bent first.
        depth_deg: how far.
        explained: share of the movement that lies in that plane.
    """

    forward: Floats
    depth_deg: float
    explained: float


def find_bend(seconds: Sequence[Measured], upright: Floats) -> Bend:
    """Return the bend in some seconds: first principal axis of the horizontal up vector's path."""
    path = np.concatenate([s.ups for s in seconds])
    path = path / np.linalg.norm(path, axis=1, keepdims=True)
    horizontal = path - np.outer(path @ upright, upright)
    moved = horizontal - horizontal[0]
    values, axes = np.linalg.eigh(moved.T @ moved)
    axis = axes[:, 2]
    along = horizontal @ axis
    furthest = int(np.argmax(np.abs(along - along[0])))
    total = float(values.sum())
    # the up vector moves backwards in the sensor while the wearer bends forward
    forward = -axis * np.sign(along[furthest] - along[0])
    depth = degrees(np.arccos(np.clip(path[furthest] @ path[0], -1, 1)))
    return Bend(forward, depth, float(values[2]) / total if total > 0 else 0.0)


def refuse_bend(bend: Bend) -> str | None:
    """Return why a bend does not tell where forward is, or None."""
    if bend.depth_deg < BEND_MIN_DEG:
        return f"The bend was only {bend.depth_deg:.0f}°; bend further forward and try again."
    if bend.explained < BEND_MIN_EXPLAINED:
        return "You turned while bending; bend straight forward and try again."
    return None


def with_bend(calibration: Calibration, bend: Bend) -> Calibration:
    """Return the calibration with its forward direction measured."""
    frame = WearerFrame.of(np.array(calibration.frame.up), bend.forward)
    return replace(calibration, method=calibration.method.split("+")[0] + "+bend", frame=frame)


def with_range(calibration: Calibration, step: str, pose: Sequence[Measured]) -> Calibration | str:
    """Return the calibration with one end of the own range, or why the pose is refused."""
    refusal = refuse_pose(pose)
    if refusal is not None:
        return refusal
    up = mean_up(pose)
    sagittal, _ = calibration.frame.angles_deg((float(up[0]), float(up[1]), float(up[2])))
    sagittal = round(sagittal, 1)
    slump = sagittal if step == "slump" else calibration.slump_deg
    back = sagittal if step == "lean_back" else calibration.lean_back_deg
    if slump is not None and back is not None and abs(slump - back) < RANGE_MIN_DEG:
        return f"Slumping and leaning back differ by less than {RANGE_MIN_DEG:.0f}°; try again."
    return replace(calibration, slump_deg=slump, lean_back_deg=back)
