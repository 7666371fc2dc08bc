"""What goes wrong is told in one line with a documented exit code and no traceback."""

from __future__ import annotations

import socket
import subprocess
from contextlib import closing

import pytest


def told(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the one line on standard error."""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr.startswith("lumbar: ")
    return ended.stderr


@pytest.mark.parametrize("command", ["status", "up", "ingest", "record", "monitor", "tui"])
def test_a_wrong_configuration_names_file_line_and_the_nearest_key(lumbar, command):
    lumbar.run("config")
    (lumbar.folder / "lumbar.toml").write_text("[nudges]\nhint_minutes = 20\n")
    ended = lumbar.run(command)
    line = told(ended)
    assert ended.returncode == 2
    assert "lumbar.toml:2" in line
    assert "hint_min" in line


@pytest.mark.parametrize("command", ["ingest", "record", "monitor"])
def test_a_stage_without_a_broker_says_what_to_start(lumbar, command):
    ended = lumbar.run(command)
    assert ended.returncode == 3
    assert "lumbar up" in told(ended)


def test_a_broker_on_another_host_is_not_reached_without_encryption(lumbar):
    lumbar.environ["LUMBAR_MQTT_HOST"] = "broker.example"
    ended = lumbar.run("record")
    assert ended.returncode == 5
    assert "mqtt.tls" in told(ended)


def test_a_file_where_the_data_folder_should_be_is_told(lumbar):
    lumbar.data_dir.write_text("in the way")
    ended = lumbar.run("up", "--no-dashboard")
    assert ended.returncode == 1
    assert str(lumbar.data_dir) in told(ended)


def test_a_data_folder_that_cannot_be_made_is_told(lumbar):
    lumbar.environ["LUMBAR_DATA_DIR"] = "/proc/lumbar"  # refuses root too
    ended = lumbar.run("up", "--no-dashboard")
    assert ended.returncode == 1
    assert "/proc/lumbar" in told(ended)


def test_a_history_that_is_no_history_stops_the_recorder_at_once(lumbar):
    lumbar.data_dir.mkdir()
    (lumbar.data_dir / "history.sqlite").write_text("not a database, but a long enough text" * 100)
    lumbar.environ["LUMBAR_MQTT_HOST"] = "127.0.0.1"
    ended = lumbar.run("record")
    assert ended.returncode == 5
    assert "history.sqlite" in told(ended)


def test_a_recording_that_does_not_exist_is_told(lumbar):
    ended = lumbar.run("replay", "nowhere.lumbar")
    assert ended.returncode == 1
    assert "nowhere.lumbar" in told(ended)


def test_a_port_that_is_taken_is_told():
    import asyncio

    from ingest.delivery.broker import EmbeddedBroker
    from ingest.errors import BrokerError

    async def start(port: int) -> None:
        async with EmbeddedBroker(token="t" * 32, port=port):
            pass

    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BrokerError, match="is another Lumbar or broker running there"):
            asyncio.run(start(taken.getsockname()[1]))
