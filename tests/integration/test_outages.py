"""Services end and return under a dashboard that stays open: it says so and never lies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tmux import Tmux, tmux

SAYS_SO_S = 5.0
LIVE = "live, "  # drawn only beside a state that is of now
NO_HISTORY, NO_RECORDER = "History cannot be read", "Nothing is stored just now"
STORE = (
    "import sys, threading; sys.path.insert(0, sys.argv[1]);"
    "from influx_double import InfluxDouble;"
    "double = InfluxDouble(); double.port = int(sys.argv[2]); double.start();"
    "print(double.port, flush=True);"
    "threading.Event().wait()"
)


def killed(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def told(seen: Tmux, *words: str) -> None:
    """Wait until one of some words is on the screen; demand that it came soon enough."""
    assert seen.wait_for(*words) <= SAYS_SO_S


@contextmanager
def store(port: int = 0) -> Iterator[int]:
    """Run a store until it is killed, and forgets everything; yield the port it listens on."""
    folder = Path(__file__).parents[1] / "store" / "influx2"
    command = [sys.executable, "-c", STORE, str(folder), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            killed(process)


@contextmanager
def broker(folder: Path) -> Iterator[None]:
    """Start the broker of the fixture again."""
    path = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin") or "mosquitto"
    command = [path, "-c", str(folder / "mosquitto.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        killed(process)


def test_every_service_that_is_killed_is_told_and_survived(lumbar, recording, mosquitto, tmp_path):
    (lumbar.folder / "token").write_text("all-access")
    (lumbar.folder / "token").chmod(0o600)
    lumbar.environ |= {
        "LUMBAR_MQTT_HOST": "127.0.0.1",
        "LUMBAR_MQTT_PORT": str(mosquitto),
        "LUMBAR_STORE_KIND": "influx",
        "LUMBAR_STORE_ORG": "lumbar",
        "LUMBAR_STORE_BUCKET": "history",
        "LUMBAR_STORE_TOKEN_FILE": str(lumbar.folder / "token"),
    }
    words = ("ingest", "--replay", str(recording), "--speed", "2")
    with ExitStack() as open_until_the_end:
        with store() as port:
            lumbar.environ["LUMBAR_STORE_URL"] = f"http://127.0.0.1:{port}"
            seen = open_until_the_end.enter_context(tmux(lumbar._environ()))
            recorder = lumbar.start("record")
            lumbar.start("monitor")
            gateway = lumbar.start(*words)
            seen.lumbar("tui")
            seen.wait_for(LIVE)
            seen.wait_until(lambda screen: NO_HISTORY not in screen, "a history")
        told(seen, NO_HISTORY)
        assert LIVE in seen.screen
        with store(port):
            seen.wait_until(
                lambda screen: NO_HISTORY not in screen and NO_RECORDER not in screen,
                "the history again",
            )

            killed(recorder)
            told(seen, NO_RECORDER)
            lumbar.start("record")
            seen.wait_until(lambda screen: NO_RECORDER not in screen, "the recorder again")

            killed(gateway)
            told(seen, "No fresh data", "Nothing is measuring")
            assert LIVE not in seen.screen
            lumbar.start(*words)
            seen.wait_for(LIVE)

            os.kill(broker_pid(mosquitto), signal.SIGKILL)
            told(seen, "No connection")
            assert LIVE not in seen.screen
            with broker(tmp_path):
                seen.wait_for(LIVE)


def test_a_dashboard_finds_services_that_were_killed_and_started_anew(lumbar, recording):
    words = ("up", "--no-dashboard", "--replay", str(recording), "--speed", "2")
    assert lumbar.run(*words).returncode == 0
    with tmux(lumbar._environ()) as seen:
        seen.lumbar("tui")
        seen.wait_for(LIVE)
        os.kill(json.loads((lumbar.data_dir / "running.json").read_text())["pid"], signal.SIGKILL)
        told(seen, "No connection")
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
