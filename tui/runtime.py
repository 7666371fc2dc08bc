"""The file in which a running `lumbar up` says how to reach it."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from tui.exits import CommandError, NothingRunningError
from tui.version import __version__

PROBE_TIMEOUT_S = 0.5  # the broker is on this machine; a slower answer is no answer


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach the services that one `lumbar up` started.

    Attributes:
        host: where their broker listens.
        port: its port.
        token: the password that this start made up; empty for a broker of your own.
        pid: the process that holds the services.
        wearer: whose they are.
        started_ms: wall-clock start, UTC milliseconds.
        version: of the running program.
    """

    host: str
    port: int
    token: str
    pid: int
    wearer: str
    started_ms: int
    version: str = ""


def runtime_here(*, host: str, port: int, token: str, wearer: str) -> Runtime:
    """Return how to reach the services of this process, started now."""
    return Runtime(
        host=host,
        port=port,
        token=token,
        pid=os.getpid(),
        wearer=wearer,
        started_ms=round(time.time() * 1000),
        version=__version__,
    )


def write_runtime(path: Path, runtime: Runtime) -> None:
    """Write the file in one step, readable by its owner only."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(runtime))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise CommandError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def findable(path: Path, runtime: Runtime) -> Iterator[None]:
    """Let other commands find the services of this process for the length of the block."""
    write_runtime(path, runtime)
    try:
        with path.open("rb") as file:
            _lock(file.fileno(), wait=True)
            yield
    finally:
        remove_runtime(path, pid=runtime.pid)


def read_runtime(path: Path) -> Runtime:
    """Return how to reach the running services; raise NothingRunningError when none are."""
    runtime = _decoded(path)
    # A broker of your own says nothing of our process, whose number may be another's by now.
    if not _alive(runtime.pid) or (not runtime.token and not _held(path)):
        raise NothingRunningError(f"process {runtime.pid} has ended")
    if runtime.token and not _listening(runtime.host, runtime.port):
        raise NothingRunningError(f"nobody listens on {runtime.host} port {runtime.port}")
    return runtime


def remove_runtime(path: Path, *, pid: int) -> None:
    """Remove the file if it is still that of `pid`; a newer start keeps its own."""
    with suppress(NothingRunningError, OSError):
        if _decoded(path).pid == pid:
            path.unlink(missing_ok=True)


def _decoded(path: Path) -> Runtime:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NothingRunningError from None
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    try:
        return msgspec.json.decode(content, type=Runtime)
    except msgspec.DecodeError as error:
        raise NothingRunningError(f"{path} is not readable: {error}") from error


def _alive(pid: int) -> bool:
    if sys.platform == "win32":  # there os.kill(pid, 0) would end the process
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it lives and belongs to somebody else
    return True


def _listening(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), PROBE_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def _held(path: Path) -> bool:
    """Return whether a process is inside `findable`."""
    with suppress(OSError), path.open("rb") as file:
        return not _lock(file.fileno(), wait=False)
    return False


def _lock(descriptor: int, *, wait: bool) -> bool:
    """Lock an open file and return whether that was possible; closing it ends the lock."""
    if sys.platform == "win32":
        return wait  # there nobody is told that a file is free
    import fcntl  # noqa: PLC0415  # no such module on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
