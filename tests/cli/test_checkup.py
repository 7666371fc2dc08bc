"""`lumbar doctor` without a radio, and the ledger of files and sockets."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from tui import cli
from tui.exits import Exit
from tui.runtime import Runtime, write_runtime


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data folder of this test."""
    monkeypatch.setenv("LUMBAR_CONFIG", str(tmp_path / "lumbar.toml"))
    (tmp_path / "lumbar.toml").touch()
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    monkeypatch.setenv("LUMBAR_DATA_DIR", str(data))
    return data


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    told = json.loads(capsys.readouterr().out)
    return {finding["check"]: finding for finding in told["findings"]}


def test_a_sound_machine_has_no_failures(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["doctor", "--no-radio", "--json"]) == Exit.OK
    found = findings(capsys)
    assert {"program", "configuration", "data", "services", "broker", "store"} <= set(found)
    assert not [name for name, finding in found.items() if finding["verdict"] == "fail"]


def test_a_broken_configuration_is_a_finding_with_its_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder.parent / "lumbar.toml").write_text("[mqtt]\nprot = 1\n")
    assert cli.main(["doctor", "--no-radio", "--json"]) == Exit.FAILED
    assert "lumbar.toml:2: prot" in findings(capsys)["configuration"]["found"]


def test_a_folder_that_others_can_open_is_a_warning_with_the_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    folder.chmod(0o755)
    assert cli.main(["doctor", "--no-radio", "--json"]) == Exit.OK
    assert findings(capsys)["data"]["advice"] == f"chmod 700 {folder}"


def test_a_broker_that_is_down_fails_with_advice(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LUMBAR_MQTT_HOST", "127.0.0.1")
    monkeypatch.setenv("LUMBAR_MQTT_PORT", "9")
    assert cli.main(["doctor", "--no-radio"]) == Exit.FAILED
    text = capsys.readouterr().out
    assert "127.0.0.1:9 cannot be reached" in text
    assert "is it running" in text


def test_a_damaged_store_fails(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "history.sqlite").write_bytes(b"not a database, whatever its name says" * 100)
    assert cli.main(["doctor", "--no-radio", "--json"]) == Exit.FAILED
    assert findings(capsys)["store"]["verdict"] == "fail"


def test_privacy_lists_files_with_their_modes_and_real_sockets(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "outbox-ingest.sqlite").write_bytes(b"12345")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        runtime = Runtime(
            host="127.0.0.1", port=port, token="t", pid=os.getpid(), wearer="me", started_ms=1
        )
        write_runtime(folder / "running.json", runtime)
        assert cli.main(["doctor", "--privacy", "--json"]) == Exit.OK
    told = json.loads(capsys.readouterr().out)
    files = {Path(row["path"]).name: row for row in told["files"]}
    assert files["outbox-ingest.sqlite"]["bytes"] == 5
    assert files["running.json"]["mode"] == "-rw-------"
    if Path("/proc/self/net/tcp").exists():
        ours = {"kind": "listens on", "where": f"127.0.0.1:{port}", "leaves_this_machine": False}
        assert ours in told["sockets"]


def test_privacy_marks_what_leaves_the_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LUMBAR_MQTT_HOST", "broker.example")
    assert cli.main(["doctor", "--privacy"]) == Exit.OK
    assert "broker.example:1883  LEAVES THIS MACHINE" in capsys.readouterr().out


def test_privacy_names_the_host_of_a_calendar_and_nothing_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("LUMBAR_HOLDS_CALENDAR", "https://calendar.example/private-k3y/basic.ics")
    assert cli.main(["doctor", "--privacy"]) == Exit.OK
    told = capsys.readouterr().out
    assert "calendar    calendar.example  LEAVES THIS MACHINE" in told
    assert "k3y" not in told
