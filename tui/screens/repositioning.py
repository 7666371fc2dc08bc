"""The repositioning game: find your own neutral again, with closed eyes."""

from __future__ import annotations

from typing import Final

from monitor.drills.repositioning import RepositioningTest
from tui import phrases
from tui.games import GAMES
from tui.screens.game import GameScreen, Values
from tui.traces import movement
from tui.widgets.trace import Trace

TRIALS: Final = 5
SCALE_DEG: Final = (-20.0, 30.0)


class RepositioningScreen(GameScreen):
    """Five returns to neutral."""

    DRILL = "repositioning"
    TITLE_WORDS = "Find neutral"
    HOW = GAMES["repositioning"].how

    _test = RepositioningTest()

    def reset(self) -> None:
        """Begin a run."""
        self._test = RepositioningTest()

    def take(self, t_s: float, angle_deg: float) -> None:
        """Take one sample; a measured return rings."""
        known = self._test.target_deg
        error = self._test.feed(t_s, angle_deg)
        if error is not None or (known is None and self._test.target_deg is not None):
            self.app.bell()
        if len(self._test.errors_deg) >= TRIALS:
            self.finish()

    def words(self) -> str:
        """Return target, trial, or result."""
        result = self._test.result()
        if not self.running:
            if result is None:
                return "Press Space to start."
            return (
                f"Done: {result.trials} returns.\n"
                f"off by {result.absolute_deg:.1f}° on average, "
                f"leaning {phrases.sagittal(result.constant_deg)} on the whole, "
                f"scatter {result.variable_deg:.1f}°\nSpace starts again, Escape goes back."
            )
        if self._test.target_deg is None:
            return "Find your neutral and hold still."
        done = len(self._test.errors_deg)
        last = f"last return {phrases.signed_degrees(self._test.errors_deg[-1])}" if done else ""
        return f"Return {done + 1} of {TRIALS}: bend away, come back, hold still.\n{last}"

    def plot(self, now_s: float) -> None:
        """Draw the angle; during a run the eyes are closed anyway."""
        neutral = self._test.target_deg or 0.0
        self.query_one(Trace).reading = movement(
            self.dashboard.angles, neutral, now_s, SCALE_DEG, None
        )

    def result(self) -> Values | None:
        """Return the three errors of motor control."""
        result = self._test.result()
        if result is None:
            return None
        return {
            "trials": result.trials,
            "absolute_deg": result.absolute_deg,
            "constant_deg": result.constant_deg,
            "variable_deg": result.variable_deg,
        }
