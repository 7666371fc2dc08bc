"""Measure the dashboard in a real pseudo-terminal: first paint, idle cost, key to frame, history.

    python benchmarks/dashboard.py [--seconds 20] [--keys 60] [--size 120x40] [--only memory]

The dashboard runs in a process of its own on a scripted feed with ten postures and ten angles a
second, so that only the screen is measured. Times are wall times as a terminal would see them.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import fcntl
import gc
import json
import math
import os
import pty
import resource
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if TYPE_CHECKING:
    from tui.scripted import ScriptedFeed

ZONE = ZoneInfo("Europe/Berlin")
SITTING_DEG = 1.0  # a seated wearer sways by about this much
MOVING_DEG = 8.0  # as in a drill: every redraw shows another angle


def child(motion_deg: float) -> None:
    """Be the dashboard on a scripted feed whose wearer sways by `motion_deg`."""
    from ingest.messages import CalibrationMessage, LinkMessage, TimelineMessage
    from tui.app import DashboardApp
    from tui.facts import ConnectionChanged
    from tui.scripted import ScriptedFeed
    from tui.settings import ScreenSettings

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

    Measured(feed, None, ScreenSettings(), wearer="me", timezone=ZONE, simulated=False).run()


async def talk(feed: ScriptedFeed, motion_deg: float) -> None:
    """Say ten postures and ten angles a second, and a status every second."""
    from ingest.messages import AngleMessage, PostureMessage, StatusMessage
    from ingest.records import PostureState

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


class Terminal:
    """A pseudo-terminal with the dashboard in it."""

    def __init__(self, width: int, height: int, *, motion_deg: float = SITTING_DEG) -> None:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, __file__, "--child", str(motion_deg)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def read(self, seconds: float) -> Iterator[tuple[float, bytes]]:
        """Yield (time, bytes) of what is drawn within `seconds`."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    return
                yield time.perf_counter(), data

    def until(self, wanted: bytes, seconds: float) -> float:
        """Return when `wanted` was drawn."""
        seen = b""
        for at, data in self.read(seconds):
            seen += data
            if wanted in seen:
                return at
        raise TimeoutError(f"{wanted!r} was not drawn; the end of what was: {seen[-200:]!r}")

    def cpu_s(self) -> float:
        """Return the CPU seconds of the dashboard so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        """Return its resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20

    def close(self) -> None:
        """Quit the dashboard."""
        os.write(self.fd, b"q")
        for _ in self.read(1.0):
            pass
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def first_paint_s(width: int, height: int) -> float:
    """Return the seconds from start to the first line of the dashboard."""
    with closing(Terminal(width, height)) as terminal:
        return terminal.until(b"Trends", 20) - terminal.started


@contextmanager
def opened(width: int, height: int, motion_deg: float) -> Iterator[Terminal]:
    """Open a dashboard and wait until it has come to rest."""
    with closing(Terminal(width, height, motion_deg=motion_deg)) as terminal:
        terminal.until(b"Trends", 20)
        for _ in terminal.read(3):
            pass
        yield terminal


def core_share(terminal: Terminal, seconds: float) -> float:
    """Return the share of a core that the dashboard takes while nothing is pressed."""
    cpu_s, started = terminal.cpu_s(), time.perf_counter()
    for _ in terminal.read(seconds):
        pass
    return (terminal.cpu_s() - cpu_s) / (time.perf_counter() - started)


def key_to_frame_s(terminal: Terminal, keys: int) -> list[float]:
    """Return the seconds from a key to the frame that shows another screen."""
    wanted = {b"4": b"Drills: ", b"1": b"On your own range"}
    times = []
    for number in range(keys):
        key = b"4" if number % 2 == 0 else b"1"
        started = time.perf_counter()
        os.write(terminal.fd, key)
        times.append(terminal.until(wanted[key], 5) - started)
        for _ in terminal.read(0.15):
            pass
    return times


def year_file(days: int) -> Path:
    """Return a file with `days` of eight hours of single seconds; made once in the temp folder."""
    from benchmarks.history import fill
    from ingest.store.sqlite import SqliteStore

    path = Path(tempfile.gettempdir()) / f"lumbar-bench-{days}-days.sqlite"
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with closing(SqliteStore(partial)) as store:
            fill(store, days)
        partial.replace(path)
    return path


def history_s(days: int) -> dict[str, float]:
    """Return the median seconds of each screen's question on a history of single seconds."""
    from benchmarks.history import START_S
    from ingest.history import History
    from ingest.store.sqlite import SqliteStore
    from tui.exposures import last_hour
    from tui.screens.trends import asked

    last = dt.datetime.fromtimestamp(START_S, ZONE).date() + dt.timedelta(days=days - 1)
    now_s = START_S + (days - 1) * 86_400 + 8 * 3600
    store = SqliteStore(year_file(days), read_only=True)
    with closing(History(store, wearer="ada", timezone=ZONE)) as history:
        questions = {
            "day": lambda: history.day(last),
            "week": lambda: asked(history, last, 7, ZONE),
            "28 days": lambda: asked(history, last, 28, ZONE),
            "last hour": lambda: last_hour(history, now_s, (-20.0, 50.0)),
        }
        return {name: median_s(question) for name, question in questions.items()}


def median_s(question: Callable[[], object]) -> float:
    """Return the median time of a question."""
    times = []
    for _ in range(7):
        started = time.perf_counter()
        question()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


async def memory_mib(hours: float) -> tuple[float, float]:
    """Return traced memory after the first tenth of some simulated hours and after all of them.

    One posture, angle and status a second reach the dashboard, which draws every 20th of them, and
    a prompt comes and goes every half hour.
    """
    from ingest.messages import AngleMessage, NudgeMessage, PostureMessage, StatusMessage
    from ingest.records import PostureState
    from tui.app import DashboardApp
    from tui.facts import NudgeCleared
    from tui.scripted import ScriptedFeed
    from tui.settings import ScreenSettings

    app = DashboardApp(
        ScriptedFeed(), None, ScreenSettings(), wearer="me", timezone=ZONE, simulated=True
    )
    early = 0.0
    total = round(hours * 3600)
    async with app.run_test(size=(120, 40)) as pilot:
        tracemalloc.start()
        for second in range(total):
            t_ms = 1_700_000_000_000 + second * 1000
            angle = 12 + 8 * math.sin(second / 7)
            app.feed.say(
                PostureMessage(t_ms=t_ms, session=1, state=PostureState.SITTING, confidence=0.9,
                               sagittal_deg=angle, calibration="c1",
                               bout_state=PostureState.SITTING, bout_start_ms=t_ms - 60_000),
                AngleMessage(t_ms=t_ms, sagittal_deg=angle, frontal_deg=1.0, up=(1.0, 0.0, 0.0)),
                StatusMessage(now_ms=t_ms, sitting_s=second % 1800, full_s=1800.0),
            )  # fmt: skip
            if second % 1800 == 0:
                app.feed.say(
                    NudgeMessage(id=f"n{second}", t_ms=t_ms, expires_ms=t_ms + 600_000,
                                 rung="nudge", reason="30 min of sitting"),
                )  # fmt: skip
            if second % 1800 == 600:
                app.feed.say(NudgeCleared())
            if second % 20 == 0:
                await pilot.pause()
            if second == total // 10:
                early = traced_mib()
        late = traced_mib()
    tracemalloc.stop()
    return early, late


def traced_mib() -> float:
    """Return what Python holds once garbage is gone."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 2**20


def main() -> None:
    """Print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--days", type=int, default=313, help="of 8 h: 313 are 9 million seconds")
    parser.add_argument("--hours", type=float, default=12.0, help="simulated, for the memory")
    parser.add_argument("--only", choices=("history", "memory"), help="measure nothing else")
    parser.add_argument("--child", type=float, metavar="DEGREES")
    arguments = parser.parse_args()
    if arguments.child is not None:
        child(arguments.child)
        return
    figures: dict[str, float] = {}
    if arguments.only is None:
        figures |= on_a_terminal(arguments)
    if arguments.only != "memory":
        answers = history_s(arguments.days)
        figures |= {
            f"history_{name.replace(' ', '_')}_ms": round(s * 1000, 1)
            for name, s in answers.items()
        }
    if arguments.only != "history":
        early, late = asyncio.run(memory_mib(arguments.hours))
        figures |= {"memory_early_mib": round(early, 2), "memory_late_mib": round(late, 2)}
    for name, value in figures.items():
        print(f"{name:>22}  {value}")
    print(json.dumps(figures))


def on_a_terminal(arguments: argparse.Namespace) -> dict[str, float]:
    """Return the figures of a dashboard in a pseudo-terminal."""
    width, height = map(int, arguments.size.split("x"))
    first_paint_s(width, height)  # the first start fills the caches of a cold machine
    paints = [first_paint_s(width, height) for _ in range(5)]
    with opened(width, height, SITTING_DEG) as terminal:
        idle = core_share(terminal, arguments.seconds)
        times = sorted(key_to_frame_s(terminal, arguments.keys))
        rss = terminal.rss_mib()
    with opened(width, height, MOVING_DEG) as terminal:
        moving = core_share(terminal, arguments.seconds)
    return {
        "first_paint_s": round(statistics.median(paints), 3),
        "idle_core_share": round(idle, 4),
        "moving_core_share": round(moving, 4),
        "key_to_frame_p50_ms": round(statistics.median(times) * 1000, 1),
        "key_to_frame_p95_ms": round(times[int(0.95 * (len(times) - 1))] * 1000, 1),
        "rss_mib": round(rss, 1),
    }


if __name__ == "__main__":
    main()
