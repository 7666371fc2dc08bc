"""The dashboard behind a web server: who is let in, and what ends with it."""

from __future__ import annotations

import http.client
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tui.wiring.web_door import Door, is_loopback

TOKEN = "t" * 32


@pytest.mark.parametrize(
    ("door", "host", "origin", "shown", "open_"),
    [
        (Door(), "127.0.0.1:8722", None, "", True),
        (Door(), "localhost:8722", "http://localhost:8722", "", True),
        (Door(), "[::1]:8722", "http://[::1]:8722", "", True),
        (Door(), "rebound.example:8722", None, "", False),
        (Door(), "127.0.0.1:8722", "http://evil.example", "", False),
        (Door(), "127.0.0.1:8722", "null", "", False),
        (Door(TOKEN), "192.168.1.5:8722", None, TOKEN, True),
        (Door(TOKEN), "192.168.1.5:8722", None, "", False),
        (Door(TOKEN), "192.168.1.5:8722", None, "é", False),
        (Door(TOKEN), "192.168.1.5:8722", "http://evil.example", TOKEN, False),
    ],
)
def test_the_door_lets_in_this_machine_or_whoever_has_the_token(door, host, origin, shown, open_):
    assert (door.refusal(host=host, origin=origin, shown=shown) == "") is open_


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_only_the_loopback_is_this_machine_and_nobody_else(host, own):
    assert is_loopback(host) is own


def test_without_services_there_is_nothing_to_serve(lumbar):
    ended = lumbar.run("serve", "--port", "0")
    assert (ended.returncode, ended.stderr) == (3, "lumbar: nothing is running: lumbar up\n")


def test_another_host_needs_the_token_and_hides_it_at_once(lumbar, recording):
    lumbar.run("up", "--no-dashboard", "--replay", str(recording), "--speed", "1")
    lumbar.environ["LUMBAR_SERVE_TOKEN"] = TOKEN
    with lumbar.served("--host", "0.0.0.0") as (port, _process):
        assert answer(port, "/").status == 403
        assert answer(port, "/ws").status == 403
        assert answer(port, "/?token=wrong").status == 403
        moved = answer(port, f"/?token={TOKEN}")
        assert (moved.status, moved.headers["Location"]) == (303, "/")
        assert "HttpOnly" in moved.headers["Set-Cookie"]
        assert "SameSite=Strict" in moved.headers["Set-Cookie"]
        assert answer(port, "/", Cookie=f"lumbar={TOKEN}").status == 200


def test_the_visitors_dashboards_end_with_the_visit_and_with_the_server(lumbar, recording):
    lumbar.run("up", "--no-dashboard", "--replay", str(recording), "--speed", "1")
    with lumbar.served() as (port, process):
        with visit(port):
            assert len(children(process)) == 1
        lumbar.wait_for(lambda: not children(process))
        assert process.poll() is None
        ends_with(lumbar, port, process, signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGKILL):
        with lumbar.served() as (port, process):
            ends_with(lumbar, port, process, number)


def ends_with(lumbar, port: int, process: subprocess.Popen[str], number: int) -> None:
    with visit(port):
        visitors = children(process)
        assert len(visitors) == 1
        process.send_signal(number)
        assert process.wait(timeout=60) == (-9 if number is signal.SIGKILL else 0)
        lumbar.wait_for(lambda: not any(alive(pid) for pid in visitors))


@contextmanager
def visit(port: int) -> Iterator[None]:
    """Be a browser for the length of the block, from when the dashboard draws."""
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{port}/ws") as socket:
        socket.recv(timeout=60)
        yield


def answer(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def children(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that a process started and that still run."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in listed if alive(int(pid))]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
