"""The dashboard that is measured: real screens on a scripted feed, ten postures a second.

python -m benchmarks.dashboard.child DEGREES
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from zoneinfo import ZoneInfo

from ingest.messages import (
    AngleMessage,
    CalibrationMessage,
    LinkMessage,
    PostureMessage,
    StatusMessage,
    TimelineMessage,
)
from ingest.records import PostureState
from tui.app import DashboardApp
from tui.facts import ConnectionChanged
from tui.scripted import ScriptedFeed
from tui.settings import ScreenSettings
from tui.wiring.dashboard import run_smoothly

ZONE = ZoneInfo("Europe/Berlin")


def child(motion_deg: float) -> None:
    """Be the dashboard on a scripted feed whose wearer sways by `motion_deg`."""
    now_ms = round(time.time() * 1000)
    feed = ScriptedFeed(
        ConnectionChanged(True),
        TimelineMessage(origin="live", event_ms=now_ms, wall_ms=now_ms, rate=1.0),
        LinkMessage(t_ms=now_ms, state="connected", battery_percent=80, rssi_dbm=-60),
        CalibrationMessage(t_ms=now_ms, id="c1", flexion_range_deg=(-20.0, 50.0)),
    )

    class Measured(DashboardApp):
        def on_mount(self) -> None:
            super().on_mount()
            self.run_worker(talk(feed, motion_deg), group="talk")

    run_smoothly(
        Measured(feed, None, ScreenSettings(), wearer="me", timezone=ZONE, simulated=False)
    )


async def talk(feed: ScriptedFeed, motion_deg: float) -> None:
    """Say ten postures and ten angles a second, and a status every second."""
    started = time.time()
    while True:
        since = time.time() - started
        t_ms = round(time.time() * 1000)
        angle = 12 + motion_deg * math.sin(since * 1.3)
        feed.say(
            PostureMessage(
                t_ms=t_ms, session=1, state=PostureState.SITTING, confidence=0.94,
                sagittal_deg=angle, frontal_deg=1.0, range_percent=40 + angle, calibration="c1",
                bout_state=PostureState.SITTING, bout_start_ms=round(started * 1000) - 600_000,
            ),
            AngleMessage(t_ms=t_ms, sagittal_deg=angle, frontal_deg=1.0, up=(1.0, 0.0, 0.0)),
        )  # fmt: skip
        if int(since * 10) % 10 == 0:
            feed.say(
                StatusMessage(now_ms=t_ms, sitting_s=600 + since, full_s=1800.0,
                              next_rung="nudge", next_ms=t_ms + 600_000, breaks_today=5)
            )  # fmt: skip
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    child(float(sys.argv[1]))
