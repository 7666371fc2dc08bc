"""The file in which a running `lumbar up` says how to reach it."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tui.exits import CommandError, NothingRunningError
from tui.paths import make_data_dir, runtime_file
from tui.runtime import Runtime, findable, read_runtime, remove_runtime, write_runtime


@pytest.fixture
def port() -> Iterator[int]:
    """Return a port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def running(port: int, *, pid: int | None = None) -> Runtime:
    return Runtime(
        host="127.0.0.1",
        port=port,
        token="t" * 43,
        pid=os.getpid() if pid is None else pid,
        wearer="me",
        started_ms=1_577_869_200_000,
    )


@pytest.fixture
def ended_pid() -> int:
    """Return the id of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_what_is_written_is_read_and_readable_by_its_owner_only(tmp_path: Path, port: int):
    path = tmp_path / "running.json"
    write_runtime(path, running(port))
    assert read_runtime(path) == running(port)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_means_that_nothing_runs(tmp_path: Path):
    with pytest.raises(NothingRunningError, match=r"^nothing is running: lumbar up$"):
        read_runtime(tmp_path / "running.json")


def test_a_process_that_has_ended_means_that_nothing_runs(
    tmp_path: Path, port: int, ended_pid: int
):
    path = tmp_path / "running.json"
    write_runtime(path, running(port, pid=ended_pid))
    with pytest.raises(NothingRunningError, match="has ended"):
        read_runtime(path)


def test_a_process_id_in_use_by_somebody_else_is_not_believed(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free_port = server.getsockname()[1]
    path = tmp_path / "running.json"
    write_runtime(path, running(free_port))
    with pytest.raises(NothingRunningError, match="nobody listens"):
        read_runtime(path)


def test_a_damaged_file_means_that_nothing_runs(tmp_path: Path):
    path = tmp_path / "running.json"
    path.write_text('{"host": 1')
    with pytest.raises(NothingRunningError, match="not readable"):
        read_runtime(path)


def test_a_file_is_removed_only_by_the_start_that_wrote_it(tmp_path: Path, port: int):
    path = tmp_path / "running.json"
    write_runtime(path, running(port))
    remove_runtime(path, pid=os.getpid() + 1)
    assert path.exists()
    remove_runtime(path, pid=os.getpid())
    remove_runtime(path, pid=os.getpid())
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, port: int):
    with pytest.raises(CommandError, match="cannot write"):
        write_runtime(tmp_path / "missing" / "running.json", running(port))


def test_a_data_folder_that_cannot_be_made_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="cannot make the data folder"):
        make_data_dir({"LUMBAR_DATA_DIR": str(tmp_path / "file" / "data")})


def test_each_data_folder_has_its_own_runtime_file(tmp_path: Path):
    assert runtime_file({"LUMBAR_DATA_DIR": str(tmp_path)}) == tmp_path / "running.json"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell whether a file is held")
def test_services_on_a_broker_of_ones_own_are_found_while_they_run_whatever_the_broker_does(
    tmp_path: Path,
):
    path = tmp_path / "running.json"
    own = msgspec.structs.replace(running(1), token="")  # nobody listens on port 1
    with findable(path, own):
        assert read_runtime(path) == own
    assert not path.exists()
    write_runtime(path, own)  # left by a process that was killed; its number is somebody's again
    with pytest.raises(NothingRunningError, match="has ended"):
        read_runtime(path)
