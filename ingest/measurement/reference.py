"""The calibration in force, how it came about and how it is kept honest.

Asked-for steps go through quality gates. By itself the strap learns from two things only: walking,
which is upright, and changes between sitting and standing, in which everybody leans forward first.
Nothing is ever learned from sitting still, which would make a slump the new neutral.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, replace
from math import cos, radians
from typing import Any, Final

import msgspec
import numpy as np

from ingest.measurement import calibration as cal
from ingest.measurement.calibration import Calibration
from ingest.measurement.features import Measured
from ingest.measurement.inclination import WearerFrame
from ingest.measurement.slip import Slip, apart_deg, slip_of
from ingest.measurement.travel import Travel
from ingest.measurement.walks import Walks
from sensor.sample import Floats

RECENT_S: Final = 15  # how far back a calibration step may look
WALK_S: Final = 10  # seconds of walking that make a reference
WALK_QUALITY: Final = 0.5  # walking lies within 2° of standing, a pose within its own sway
POSE_QUALITY: Final = 0.8
RESTLESS_QUALITY: Final = 0.4
ATTEMPTS: Final = 3  # who cannot hold still is taken as they are, with less quality
PATIENCE_S: Final = 60.0  # attempts further apart have nothing to do with each other
LEAN_MIN_TRAVEL_M: Final = 0.15  # smaller movements are no rise and may lean anywhere
LEAN_MIN_DEG: Final = 12.0
LEAN_MAX_DEG: Final = 75.0
LEAN_MAX_ACC_SD_MS2: Final = 2.5  # walking within the window would mix its sway in
LEAN_VOTES: Final = 2  # rises or sit-downs that must agree
LEAN_AGREEMENT: Final = 0.85  # length of their mean direction
LEAN_FADE: Final = 0.8  # weight of the votes so far when a new one comes
TURNED_DEG: Final = 15.0  # a forward direction this far off is a turned belt
FOLLOW_DEG: Final = 0.7  # a smaller change of the reference is not worth a new calibration


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the calibration in force, to be announced and recorded.

    Attributes:
        calibration: the new one.
        reason: step or observation behind it.
        shift_deg: how far upright moved, or None where there was none before.
        slip: what became of the strap, where that is the reason.
    """

    calibration: Calibration
    reason: str
    shift_deg: float | None
    slip: Slip | None = None


class Reference:
    """Holds the calibration in force; the pipeline asks for it second by second."""

    def __init__(self, session_ms: int) -> None:
        self.current: Calibration | None = None
        self.recent: deque[Measured] = deque(maxlen=RECENT_S)
        self._before: Calibration | None = None
        self._session_ms = session_ms
        self._walk: list[Measured] = []
        self._walks = Walks()
        self._refused: list[float] = []
        self._lean: Floats = np.zeros(3)
        self._lean_weight = 0.0
        self._lean_votes = 0
        self._leans: deque[Floats] = deque(maxlen=LEAN_VOTES)

    def feed(self, second: Measured, *, walking: bool) -> Change | None:
        """Take the next second; return the change that it brings, if any."""
        self.recent.append(second)
        if walking:
            self._walk.append(second)
            if self.current is None and len(self._walk) == WALK_S:
                return self._from_walk(cal.mean_up(self._walk), second.t_s + 1)
            return None
        walk, self._walk = self._walk, []
        if len(walk) >= WALK_S and self.current is not None:
            return self._after_walk(walk[1:], second.t_s)
        return None

    def lean(self, travel: Travel, acc_sd: float, at_s: float) -> Change | None:
        """Take a vertical movement that the body made."""
        if abs(travel.metres) < LEAN_MIN_TRAVEL_M or acc_sd > LEAN_MAX_ACC_SD_MS2:
            return None
        ups = travel.path
        line = np.linspace(0, 1, ups.shape[0])[:, None]
        aside = ups - (ups[0] + (ups[-1] - ups[0]) * line)
        furthest = aside[int(np.argmax(np.einsum("ij,ij->i", aside, aside)))]
        if not radians(LEAN_MIN_DEG) < np.linalg.norm(furthest) < radians(LEAN_MAX_DEG):
            return None
        # the up vector moves backwards in the sensor while the wearer leans forward
        self._lean = LEAN_FADE * self._lean - furthest
        self._lean_weight = LEAN_FADE * self._lean_weight + float(np.linalg.norm(furthest))
        self._lean_votes += 1
        self._leans.append(-furthest)
        return self._with_direction(at_s)

    def _with_direction(self, at_s: float) -> Change | None:
        current = self.current
        if current is None or self._lean_votes < LEAN_VOTES:
            return None
        if np.linalg.norm(self._lean) < LEAN_AGREEMENT * self._lean_weight:
            return None
        up = np.array(current.frame.up)
        frame = WearerFrame.of(up, self._lean)
        agreement = float(np.dot(frame.forward, current.frame.forward))
        if current.frame.mediolateral_known and agreement > cos(radians(TURNED_DEG)):
            return None
        turned = current.frame.mediolateral_known
        if turned:
            frame = self._turned_frame(up)
        method = current.method.split("+")[0] + "+rises"
        return self._set(
            replace(current, method=method, frame=frame), at_s, "belt_turned" if turned else "rises"
        )

    def _turned_frame(self, up: Floats) -> WearerFrame:
        """Return the frame by the newest leans alone: those before the belt turned would pull."""
        self._lean = np.sum(self._leans, axis=0)
        self._lean_weight = float(sum(np.linalg.norm(lean) for lean in self._leans))
        return WearerFrame.of(up, self._lean)

    def _from_walk(self, up: Floats, at_s: float) -> Change:
        self._walks = Walks(mean=up)
        frame = WearerFrame.of(up, None)
        made = Calibration("", at_s, "walking", WALK_QUALITY, frame)
        change = self._set(made, at_s, "walking")
        return self._with_direction(at_s) or change

    def _after_walk(self, walk: list[Measured], at_s: float) -> Change | None:
        """Compare a finished walk with upright: follow it, correct a slip, or give notice."""
        current, up = self.current, cal.mean_up(walk)
        if current is None:
            return None
        upright = np.array(current.frame.up)
        if self._walks.slipped(walk, upright):
            frame = self._walks.begin_again(up, current.frame)
            return self._set(replace(current, frame=frame), at_s, "slipped")
        followed = self._walks.add(up, upright)
        if followed is None or apart_deg(upright, followed) < FOLLOW_DEG:
            return None
        known = np.array(current.frame.forward) if current.frame.mediolateral_known else None
        frame = WearerFrame.of(followed, known)
        return self._set(replace(current, frame=frame), at_s, "walking")

    def calibrate(self, step: str, now_s: float) -> Change | str:
        """Do one asked-for step with the last seconds; return why it was refused otherwise."""
        if step == "upright":
            return self._upright(now_s)
        if step == "undo":
            return self._undo(now_s)
        current = self.current
        if current is None:
            return "Stand upright first: there is no upright pose yet."
        if step == "bend":
            return self._bend(current, now_s)
        if step in cal.RANGE_STEPS:
            ranged = cal.with_range(current, step, list(self.recent)[-cal.POSE_S :])
            return ranged if isinstance(ranged, str) else self._set(ranged, now_s, step)
        return f"Unknown step {step!r}; there are {', '.join(cal.STEPS)}."

    def _bend(self, current: Calibration, now_s: float) -> Change | str:
        bend = cal.find_bend(list(self.recent)[-cal.BEND_S :], np.array(current.frame.up))
        refusal = cal.refuse_bend(bend)
        if refusal is not None:
            return refusal
        return self._set(cal.with_bend(current, bend), now_s, "bend")

    def _upright(self, now_s: float) -> Change | str:
        pose = list(self.recent)[-cal.POSE_S :]
        quality = POSE_QUALITY
        refusal = cal.refuse_pose(pose)
        if refusal is not None:
            self._refused = [s for s in self._refused if now_s - s < PATIENCE_S] + [now_s]
            pose, quality = list(self.recent)[-cal.RESTLESS_S :], RESTLESS_QUALITY
            if len(self._refused) < ATTEMPTS or not cal.steady_on_average(pose):
                return refusal
        self._refused = []
        old = self.current
        forward = None
        if old is not None and old.frame.mediolateral_known:
            forward = np.array(old.frame.forward)
        frame = WearerFrame.of(cal.mean_up(pose), forward)
        made = Calibration("", now_s, "upright", quality, frame)
        self._walks = Walks()
        change = self._set(made, now_s, "upright")
        return self._with_direction(now_s) or change

    def _undo(self, now_s: float) -> Change | str:
        """Bring back the calibration before; doing it twice brings back the one undone."""
        if self._before is None:
            return "There is no calibration before this one."
        self._lean, self._lean_weight, self._lean_votes = np.zeros(3), 0.0, 0
        by_walking = self._before.method.startswith("walking")
        self._walks = Walks(mean=np.array(self._before.frame.up) if by_walking else None)
        return self._set(self._before, now_s, "undo")

    def _set(self, new: Calibration, at_s: float, reason: str) -> Change:
        shift_deg = None
        if self.current is not None:
            shift_deg = apart_deg(np.array(self.current.frame.up), np.array(new.frame.up))
        made = replace(new, id=cal.new_id(self._session_ms, at_s, reason), made_s=at_s)
        self._before, old = self.current, self.current
        self.current = made
        slip = None if old is None else slip_of(old, made, reason)
        return Change(made, reason, shift_deg, slip)

    def checkpoint(self) -> dict[str, Any]:
        """Return plain values; a walk under way is forgotten."""
        return {
            "current": None if self.current is None else asdict(self.current),
            "before": None if self._before is None else asdict(self._before),
            "walks": self._walks.checkpoint(),
            "lean": [self._lean.tolist(), self._lean_weight, self._lean_votes],
            "leans": [lean.tolist() for lean in self._leans],
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Take up a checkpoint."""
        self.current = _calibration(saved["current"])
        self._before = _calibration(saved.get("before"))
        self._walks = Walks.restored(saved["walks"])
        lean, self._lean_weight, self._lean_votes = saved["lean"]
        self._lean = np.array(lean)
        self._leans.extend(np.array(lean) for lean in saved.get("leans", ()))


def _calibration(plain: dict[str, Any] | None) -> Calibration | None:
    if plain is None:
        return None
    return Calibration(**{**plain, "frame": msgspec.convert(plain["frame"], WearerFrame)})
