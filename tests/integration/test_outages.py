"""Services end and return under a dashboard that stays open: it says so and never lies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

from tmux import tmux

SAYS_SO_S = 5.0
LIVE = "live, "  # drawn only beside a state that is of now


def test_a_killed_broker_and_a_killed_gateway_are_told_and_survived(
    lumbar, recording, mosquitto, tmp_path
):
    lumbar.environ |= {"LUMBAR_MQTT_HOST": "127.0.0.1", "LUMBAR_MQTT_PORT": str(mosquitto)}
    lumbar.start("record")
    lumbar.start("monitor")
    words = ("ingest", "--replay", str(recording), "--speed", "2")
    gateway = lumbar.start(*words)
    with tmux(lumbar._environ()) as seen:
        seen.lumbar("tui")
        seen.wait_for(LIVE)

        os.kill(gateway.pid, signal.SIGKILL)
        gateway.wait()
        seen.wait_for("No fresh data", "Nothing is measuring", timeout_s=SAYS_SO_S + 1)
        assert LIVE not in seen.screen
        lumbar.start(*words)
        seen.wait_for(LIVE)

        listener = broker_pid(mosquitto)
        os.kill(listener, signal.SIGKILL)
        told_s = seen.wait_for("No connection", timeout_s=SAYS_SO_S + 1)
        assert told_s <= SAYS_SO_S
        assert LIVE not in seen.screen
        again = subprocess.Popen(
            [
                shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin") or "mosquitto",
                "-c",
                str(tmp_path / "mosquitto.conf"),
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            seen.wait_for(LIVE)
        finally:
            again.kill()
            again.wait()


def test_a_dashboard_finds_services_that_were_killed_and_started_anew(lumbar, recording):
    words = ("up", "--no-dashboard", "--replay", str(recording), "--speed", "2")
    assert lumbar.run(*words).returncode == 0
    with tmux(lumbar._environ()) as seen:
        seen.lumbar("tui")
        seen.wait_for(LIVE)
        os.kill(json.loads((lumbar.data_dir / "running.json").read_text())["pid"], signal.SIGKILL)
        told_s = seen.wait_for("No connection", timeout_s=SAYS_SO_S + 1)
        assert told_s <= SAYS_SO_S
        assert LIVE not in seen.screen
        assert lumbar.run(*words).returncode == 0
        seen.wait_for(LIVE)


def broker_pid(port: int) -> int:
    """Return the mosquitto of this test: the child that listens where it was told to."""
    for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        config = Path(os.fsdecode(words[2])) if len(words) > 2 else None
        if words[0].endswith(b"mosquitto") and config and f" {port} " in config.read_text():
            return int(child)
    raise AssertionError("the broker is not a child of this process")
