"""A wearer in seconds: what the monitor's tests feed it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.delivery.connection import Connection
from ingest.messages import Command
from ingest.records import Event, PostureState, Second
from monitor.core import CLEAR, Decisions, Monitor
from monitor.kinds import EVENT_KINDS
from monitor.settings import MonitorSettings, NudgeSettings
from monitor.state import Order

MONDAY_9_UTC = 1_578_301_200  # 2020-01-06T09:00Z


def make_second(
    t_s: int, state: PostureState, *, sagittal_deg: float | None = None, acc_sd_ms2: float = 0.0
) -> Second:
    return Second(
        t_s=t_s,
        session=1,
        rule="r1",
        calibration=None,
        state=state,
        confidence=1.0,
        sagittal_deg=sagittal_deg,
        frontal_deg=None,
        up=(1.0, 0.0, 0.0),
        acc_sd_ms2=acc_sd_ms2,
        gyro_rms_rads=None,
        travel_m=0.0,
        log_odds=(0.0, 0.0, 0.0, 0.0),
        coverage=1.0,
    )


@dataclass
class Day:
    """Drives a monitor second by second, as a live shell does."""

    monitor: Monitor
    now_s: int = MONDAY_9_UTC
    step_s: int = 10
    events: list[Event] = field(default_factory=list)
    decisions: list[tuple[int, Decisions]] = field(default_factory=list)
    commands: int = 0

    def live(self, state: PostureState | None, seconds: int, **values: float) -> Day:
        """Let the wearer be in `state` (None: no data) for a while."""
        for _ in range(seconds):
            if state is not None:
                self.monitor.feed(make_second(self.now_s, state, **values), self.now_s)
            self.now_s += 1
            if self.now_s % self.step_s == 0:
                self.take(self.monitor.advance(self.now_s))
        return self

    def order(self, verb: str, **args: str | float) -> Decisions:
        """Send a command."""
        self.commands += 1
        command = Command(
            id=f"c{self.commands}",
            issued_ms=self.now_s * 1000,
            expires_ms=self.now_s * 1000 + 10_000,
            screen="s1",
            args=args,
        )
        return self.take(self.monitor.feed(Order(verb, command), self.now_s))

    def take(self, decisions: Decisions) -> Decisions:
        for event in decisions.records:
            assert EVENT_KINDS[event.kind].violation(event.data) is None
        self.events += decisions.records
        self.decisions.append((self.now_s, decisions))
        return decisions

    def minutes(self, kind: str) -> list[tuple[float, str]]:
        """Return (minutes since the start, rung) of the events of a kind."""
        return [
            (round((e.t_ms / 1000 - MONDAY_9_UTC) / 60, 1), str(e.data.get("rung", "")))
            for e in self.of(kind)
        ]

    def of(self, *kinds: str) -> list[Event]:
        return [event for event in self.events if event.kind in kinds]

    def clears(self) -> Iterable[int]:
        return [now_s for now_s, d in self.decisions if d.nudge is CLEAR]


@pytest.fixture
def day() -> Callable[..., Day]:
    def make(settings: MonitorSettings | None = None, **options: object) -> Day:
        monitor = Monitor(
            settings or MonitorSettings(nudges=NudgeSettings(moment_s=0)),
            timezone=ZoneInfo("Europe/Berlin"),
            **options,
        )
        return Day(monitor)

    return make


@pytest.fixture
def second() -> Callable[..., Second]:
    return make_second


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A mosquitto of our own on a free port."""
    executable = shutil.which("mosquitto")
    if executable is None:
        pytest.skip("mosquitto is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
    process = subprocess.Popen([executable, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield Connection(port=port)
    finally:
        process.terminate()
        process.wait(5)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError("mosquitto did not start")
