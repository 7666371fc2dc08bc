"""The tracking game: follow a moving line with your trunk."""

from __future__ import annotations

from typing import Final

from monitor.drills.tracking import AngleTracking, Target
from tui.games import GAMES
from tui.screens.game import GameScreen, Values
from tui.traces import MOVEMENT_S, movement
from tui.widgets.trace import Trace

RUN_S: Final = 60.0
LEAD_S: Final = 3.0  # of the line ahead that is shown
NEAR_DEG: Final = 1.0  # nobody follows more closely
TARGET: Final = Target("wander")
SCALE_DEG: Final = (-5.0, 25.0)


class TrackingScreen(GameScreen):
    """One minute of following."""

    DRILL = "tracking"
    TITLE_WORDS = "Follow the line"
    HOW = GAMES["tracking"].how

    _run = AngleTracking(TARGET)
    _last_error_deg = 0.0
    _neutral_deg: float | None = None

    def reset(self) -> None:
        """Begin a run; where the wearer is now is upright."""
        self._run = AngleTracking(TARGET)
        angles = self.dashboard.angles
        self._neutral_deg = angles[-1][1] if angles else 0.0

    def take(self, t_s: float, angle_deg: float) -> None:
        """Take one sample; a full minute ends the run."""
        self._last_error_deg = self._run.feed(t_s, angle_deg - (self._neutral_deg or 0.0))
        if t_s >= RUN_S:
            self.finish()

    def words(self) -> str:
        """Return time left, or result."""
        result = self._run.result()
        if not self.running:
            if result is None:
                return "Stand or sit upright and press Space to start."
            return (
                f"Done: {result.rms_deg:.1f}° off the line (root mean square), "
                f"{result.lag_s:.1f} s behind it.\nSpace starts again, Escape goes back."
            )
        left_s = RUN_S - (self.dashboard.now_s - self._begun_at_s)
        advice = ""
        if abs(self._last_error_deg) > NEAR_DEG:
            advice = "bend a little farther" if self._last_error_deg < 0 else "come up a little"
        return f"{max(0, round(left_s))} s left\n{advice}"

    def plot(self, now_s: float) -> None:
        """Draw own line and target."""
        target: tuple[tuple[float, float], ...] = ()
        if self.running:
            first = int(max(self._begun_at_s, now_s - MOVEMENT_S) * 5)
            last = int((now_s + LEAD_S) * 5)
            target = tuple(
                (t / 5, TARGET.at(t / 5 - self._begun_at_s)) for t in range(first, last + 1)
            )
        self.query_one(Trace).reading = movement(
            self.dashboard.angles,
            self._neutral_deg or 0.0,
            now_s,
            SCALE_DEG,
            None,
            target=target,
            ahead_s=LEAD_S,
        )

    def result(self) -> Values | None:
        """Return error and lag."""
        result = self._run.result()
        return None if result is None else {"rms_deg": result.rms_deg, "lag_s": result.lag_s}
