"""The stages as processes of their own on a real mosquitto, and together in the background."""

from __future__ import annotations

import json
import os
import signal

SECONDS = "SELECT count(*), count(DISTINCT t_s) FROM second"
RECORDED_S = 240


def test_the_stages_apart_on_a_real_broker_lose_nothing_when_the_recorder_is_killed(
    lumbar, recording, mosquitto
):
    lumbar.environ |= {"LUMBAR_MQTT_HOST": "127.0.0.1", "LUMBAR_MQTT_PORT": str(mosquitto)}
    recorder = lumbar.start("record")
    lumbar.start("monitor")
    ingest = lumbar.start("ingest", "--replay", str(recording), "--speed", "30")
    lumbar.wait_for(lambda: stored(lumbar) > 20)
    os.kill(recorder.pid, signal.SIGKILL)
    recorder.wait()
    lumbar.start("record")
    assert ingest.wait(timeout=60) == 0
    rows, distinct = lumbar.rows(SECONDS)[0]
    assert rows == distinct
    # The recording's first and last second are covered in part.
    assert RECORDED_S - 2 <= rows <= RECORDED_S + 1
    times = [t_s for (t_s,) in lumbar.rows("SELECT t_s FROM second ORDER BY t_s")]
    assert times == list(range(times[0], times[0] + len(times)))


def stored(lumbar) -> int:
    rows = lumbar.rows("SELECT count(*) FROM sqlite_schema WHERE name = 'second'")
    return lumbar.rows(SECONDS)[0][0] if rows and rows[0][0] else 0


def test_up_measures_in_the_background_until_it_is_stopped(lumbar, recording):
    started = lumbar.run("up", "--no-dashboard", "--replay", str(recording), "--speed", "5")
    assert started.returncode == 0, started.stderr
    runtime = json.loads((lumbar.data_dir / "running.json").read_text())
    assert (lumbar.data_dir / "running.json").stat().st_mode & 0o077 == 0
    again = lumbar.run("up", "--no-dashboard")
    assert str(runtime["pid"]) in again.stdout
    lumbar.wait_for(lambda: stored(lumbar) > 5)
    stopped = lumbar.run("up", "--stop")
    assert stopped.returncode == 0, stopped.stderr
    assert not (lumbar.data_dir / "running.json").exists()
    assert lumbar.run("up", "--stop").returncode == 3


def test_services_that_were_killed_start_again_and_go_on_recording(lumbar, recording):
    words = ("up", "--no-dashboard", "--replay", str(recording), "--speed", "5")
    lumbar.run(*words)
    lumbar.wait_for(lambda: stored(lumbar) > 10)
    pid = json.loads((lumbar.data_dir / "running.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    lumbar.wait_for(lambda: lumbar.run("up", "--stop").returncode == 3)
    before = stored(lumbar)
    again = lumbar.run(*words)
    assert again.returncode == 0, again.stderr
    lumbar.wait_for(lambda: stored(lumbar) > before + 10)
