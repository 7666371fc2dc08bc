"""What is worth saying aloud: one sentence when something changes, silence in between; pure."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from tui import phrases
from tui.live import Live
from tui.plain import nudge_sentence, sentences
from tui.readings import gauge_reading, state_reading, strip_reading, tank_reading

ANGLE_STEP_DEG: Final = 15  # a smaller change of inclination is no news
CREDIT_STEP_S: Final = 300
STATE, ANGLE, BOUT, CREDIT, LINK = range(5)


class Speaker:
    """Compares what is with what was said last."""

    def __init__(self, zone: ZoneInfo, *, screen_id: str = "") -> None:
        self._zone = zone
        self._screen_id = screen_id
        self._said: dict[int, object] = {}
        self._angle_deg: int | None = None
        self._nudge: str | None = None

    def news(self, live: Live, now_s: float) -> list[str]:
        """Return the sentences that are new, the prompt first."""
        lines = sentences(live, now_s, self._zone)
        told = self._prompt(live, now_s)
        for place, key in self._keys(live, now_s).items():
            if place not in self._said or self._said[place] != key:
                self._said[place] = key
                told.append(lines[place])
        return told

    def _keys(self, live: Live, now_s: float) -> dict[int, object]:
        """Return for each sentence what makes it worth saying again."""
        state = state_reading(live, now_s, self._zone)
        tank = tank_reading(live, now_s, self._zone)
        strip = strip_reading(live, now_s, None)
        return {
            STATE: (state.freshness, state.state),
            ANGLE: self._angle(live, now_s),
            CREDIT: (tank.known, tank.used_s // CREDIT_STEP_S, tank.held, tank.paused_until),
            LINK: (strip.link, strip.calibrated),
        }

    def _angle(self, live: Live, now_s: float) -> int | str:
        reading = gauge_reading(live, now_s)
        angle = reading.sagittal_deg
        if angle is None:
            self._angle_deg = None
            return reading.why_empty
        if self._angle_deg is None or abs(angle - self._angle_deg) >= ANGLE_STEP_DEG:
            self._angle_deg = angle
        return self._angle_deg

    def _prompt(self, live: Live, now_s: float) -> list[str]:
        nudge = live.nudge
        shown = nudge is not None and now_s * 1000 < nudge.expires_ms
        told = nudge.id if nudge is not None and shown else None
        if told == self._nudge:
            return []
        self._nudge = told
        if nudge is None or told is None:
            return ["The prompt is over."]
        words = nudge_sentence(live, now_s, nudge.shown_by or self._screen_id)
        return [words or phrases.RUNG[nudge.rung]]
