"""A dashboard in a pseudo-terminal, and what can be measured from outside.

Times are wall times as a terminal would see them; beside them stand the CPU times, which a busy
machine does not stretch.
"""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import select
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SITTING_DEG = 1.0  # a seated wearer sways by about this much
MOVING_DEG = 8.0  # as in a drill: every redraw shows another angle
CHILD = "benchmarks.dashboard.child"


def on_a_terminal(size: str, *, seconds: float, keys: int) -> dict[str, float]:
    """Return the figures of a dashboard in a pseudo-terminal."""
    width, height = map(int, size.split("x"))
    first_paint_s(width, height)  # the first start fills the caches of a cold machine
    paints = [first_paint_s(width, height) for _ in range(5)]
    with opened(width, height, SITTING_DEG) as terminal:
        idle = core_share(terminal, seconds)
        cpu_s, started = terminal.cpu_s(), time.perf_counter()
        times = sorted(key_to_frame_s(terminal, keys))
        key_cpu_s = terminal.cpu_s() - cpu_s - idle * (time.perf_counter() - started)
        rss = terminal.rss_mib()
    with opened(width, height, MOVING_DEG) as terminal:
        moving = core_share(terminal, seconds)
    return {
        "first_paint_s": round(statistics.median(wall for wall, _ in paints), 3),
        "first_paint_cpu_s": round(statistics.median(cpu for _, cpu in paints), 3),
        "idle_core_share": round(idle, 4),
        "moving_core_share": round(moving, 4),
        "key_to_frame_p50_ms": round(statistics.median(times) * 1000, 1),
        "key_to_frame_p95_ms": round(times[int(0.95 * (len(times) - 1))] * 1000, 1),
        "key_cpu_ms": round(key_cpu_s / keys * 1000, 1),
        "rss_mib": round(rss, 1),
    }


class Terminal:
    """A pseudo-terminal with the dashboard in it."""

    def __init__(self, width: int, height: int, *, motion_deg: float = SITTING_DEG) -> None:
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-m", CHILD, str(motion_deg)])
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


def first_paint_s(width: int, height: int) -> tuple[float, float]:
    """Return the wall and CPU seconds from start to the first line of the dashboard."""
    with closing(Terminal(width, height)) as terminal:
        painted = terminal.until(b"Trends", 20)
        return painted - terminal.started, terminal.cpu_s()


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
