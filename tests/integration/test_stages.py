"""The stages as processes of their own on a real mosquitto, and together in the background."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime

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


def test_up_measures_in_the_background_and_takes_orders_until_it_is_stopped(lumbar, recording):
    started = lumbar.run("up", "--no-dashboard", "--replay", str(recording), "--speed", "5")
    assert started.returncode == 0, started.stderr
    runtime = json.loads((lumbar.data_dir / "running.json").read_text())
    assert (lumbar.data_dir / "running.json").stat().st_mode & 0o077 == 0
    again = lumbar.run("up", "--no-dashboard")
    assert str(runtime["pid"]) in again.stdout
    lumbar.wait_for(lambda: stored(lumbar) > 5)
    saved = marked_at_once(lumbar)
    stopped = lumbar.run("up", "--stop")
    assert stopped.returncode == 0, stopped.stderr
    notes = marks(lumbar)
    assert saved
    assert saved <= set(notes)
    assert len(notes) == len(set(notes))
    assert not (lumbar.data_dir / "running.json").exists()
    assert lumbar.run("up", "--stop").returncode == 3


def marked_at_once(lumbar) -> set[str]:
    """Mark from several processes at once; return the notes that were said to be saved."""
    said = {f"note {n}": lumbar.start("mark", f"note {n}") for n in range(4)}
    saved = {note for note, process in said.items() if process.wait(timeout=60) == 0}
    lumbar.wait_for(lambda: saved <= set(marks(lumbar)))
    return saved


def marks(lumbar) -> list[str]:
    query = "SELECT json_extract(data, '$.note') FROM event WHERE kind = 'mark'"
    return [note for (note,) in lumbar.rows(query)]


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


def test_up_keeps_the_raw_samples_beside_and_the_recording_verifies(lumbar, recording, tmp_path):
    kept = tmp_path / "kept.lumbar"
    words = ("up", "--no-dashboard", "--replay", str(recording), "--speed", "20")
    started = lumbar.run(*words, "--capture", str(kept))
    assert started.returncode == 0, started.stderr
    assert "measures already" in lumbar.run(*words, "--capture", str(tmp_path / "b")).stderr
    lumbar.wait_for(lambda: stored(lumbar) > 30)
    assert lumbar.run("up", "--stop").returncode == 0
    verified = lumbar.run("recording", "verify", str(kept))
    assert verified.returncode == 0, verified.stdout + verified.stderr
    info = lumbar.json("recording", "info", str(kept))
    assert info["complete"]
    assert info["duration_s"] >= 30
    refused = lumbar.run(*words, "--capture", str(kept))
    assert refused.returncode == 1
    assert refused.stderr.startswith("lumbar: the services did not start: ")
    assert "is there already" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_every_file_in_the_data_folder_is_its_owners_only_whatever_the_umask(lumbar, recording):
    lumbar.data_dir.mkdir(mode=0o700)
    names = ("capture.lumbar", "outbox-ingest.sqlite", "service.log")
    for name in names[1:]:
        (lumbar.data_dir / name).touch(mode=0o644)  # an older version made it
    before = os.umask(0)
    try:
        words = ("up", "--no-dashboard", "--replay", str(recording), "--speed", "20")
        assert lumbar.run(*words, "--capture", str(lumbar.data_dir / names[0])).returncode == 0
        lumbar.wait_for(lambda: stored(lumbar) > 5)
        files = {path.name: path.stat().st_mode & 0o777 for path in lumbar.data_dir.iterdir()}
    finally:
        os.umask(before)
    assert set(names) | {"running.json", "outbox-monitor.sqlite-wal"} <= files.keys()
    assert {name: oct(mode) for name, mode in files.items() if mode != 0o600} == {}


def test_a_gateway_keeps_the_raw_samples_until_it_is_told_to_stop(
    lumbar, recording, mosquitto, tmp_path
):
    lumbar.environ |= {"LUMBAR_MQTT_HOST": "127.0.0.1", "LUMBAR_MQTT_PORT": str(mosquitto)}
    kept = tmp_path / "kept.lumbar"
    words = ("--replay", str(recording), "--speed", "20", "--capture", str(kept))
    gateway = lumbar.start("ingest", *words)
    lumbar.wait_for(lambda: kept.exists() and kept.stat().st_size > 20_000)
    gateway.terminate()
    assert gateway.wait(timeout=60) == 0
    assert lumbar.run("recording", "verify", str(kept)).returncode == 0
    assert lumbar.json("recording", "info", str(kept))["complete"]


def test_a_correction_reaches_the_history_of_the_running_services(lumbar, recording):
    words = ("up", "--no-dashboard", "--replay", str(recording), "--speed", "8")
    assert lumbar.run(*words).returncode == 0
    lumbar.wait_for(lambda: stored(lumbar) > 80)
    from_s = lumbar.rows("SELECT min(t_s) FROM second")[0][0] + 5
    begin, end = (datetime.fromtimestamp(s, UTC) for s in (from_s, from_s + 10))
    corrected = lumbar.json(
        "correct", f"{begin:%H:%M:%S}", f"{end:%H:%M:%S}", "lying", "--date", f"{begin:%Y-%m-%d}"
    )
    assert corrected["accepted"]
    lying = f"""SELECT count(*) FROM second
        WHERE state = 'lying' AND t_s BETWEEN {from_s} AND {from_s + 9}"""
    lumbar.wait_for(lambda: lumbar.rows(lying) == [(10,)])


def test_up_on_a_broker_of_ones_own_is_started_found_and_stopped(lumbar, recording, mosquitto):
    lumbar.environ |= {"LUMBAR_MQTT_HOST": "127.0.0.1", "LUMBAR_MQTT_PORT": str(mosquitto)}
    words = ("up", "--no-dashboard", "--replay", str(recording), "--speed", "5")
    started = lumbar.run(*words)
    assert started.returncode == 0, started.stderr
    assert lumbar.run(*words).stdout == started.stdout  # it is found, not started again
    lumbar.wait_for(lambda: stored(lumbar) > 5)
    assert lumbar.run("up", "--stop").returncode == 0
    assert not (lumbar.data_dir / "running.json").exists()
