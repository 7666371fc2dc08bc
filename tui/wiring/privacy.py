"""Everything of Lumbar that exists on this machine: its files and its sockets."""

from __future__ import annotations

import ipaddress
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tui import paths
from tui.config import Loaded, load
from tui.exits import CommandError
from tui.runtime import Runtime, read_runtime

LISTENING = "0A"  # state of a listening socket in /proc/net/tcp


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of Lumbar's, its size and who may read it."""

    path: str
    bytes: int
    mode: str
    holds: str


@dataclass(frozen=True, slots=True)
class SocketRow:
    """A socket of the running services, or one that the configuration will open."""

    kind: str
    where: str
    leaves_this_machine: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """All files and sockets."""

    files: list[FileRow]
    sockets: list[SocketRow]


def ledger(config: Path | None) -> Ledger:
    """Return every file and socket; the sockets of a running service are read from the kernel."""
    loaded = load(config)
    try:
        runtime = read_runtime(paths.runtime_file())
    except CommandError:
        runtime = None
    return Ledger(list(_files(loaded)), list(_sockets(loaded, runtime)))


def words(found: Ledger) -> list[str]:
    """Return the ledger for a person."""
    lines = ["Files (nothing else is written):"]
    lines += [f"  {row.mode} {row.bytes:>12} B  {row.path}  {row.holds}" for row in found.files]
    lines += [] if found.files else ["  none yet"]
    lines.append("Sockets:")
    lines += [
        f"  {row.kind:<11} {row.where}" + ("  LEAVES THIS MACHINE" * row.leaves_this_machine)
        for row in found.sockets
    ]
    lines += [] if found.sockets else ["  none: nothing is running"]
    lines.append("No account, no telemetry. Raw samples are kept only in recordings you ask for.")
    return lines


def _files(loaded: Loaded) -> Iterator[FileRow]:
    if loaded.path.exists():
        yield _row(loaded.path, "your settings")
    folder = paths.data_dir()
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file():
            yield _row(path, _holds(path.name))


def _row(path: Path, holds: str) -> FileRow:
    status = path.stat()
    return FileRow(str(path), status.st_size, stat.filemode(status.st_mode), holds)


def _holds(name: str) -> str:
    known = {
        "history": "what was measured: seconds, bouts, events",
        "outbox": "records on their way into the history",
        "running": "address and token of the running services",
        "service": "messages of the services",
        "dead-letters": "messages that were refused",
        "reprocess": "which recordings were scored by which rules",
    }
    return next((text for head, text in known.items() if name.startswith(head)), "")


def _sockets(loaded: Loaded, runtime: Runtime | None) -> Iterator[SocketRow]:
    config = loaded.config
    if config.mqtt.host:
        yield _outside("broker", f"{config.mqtt.host}:{config.mqtt.port}", config.mqtt.host)
    if config.store.kind == "influx":
        host = urlsplit(config.store.url).hostname or ""
        yield _outside("store", config.store.url, host)
    if config.holds.calendar.startswith(("http://", "https://")):
        host = urlsplit(config.holds.calendar).hostname or ""
        yield _outside("calendar", host, host)  # the rest of such an address is often a secret
    if runtime is not None:
        yield from _of_process(runtime.pid)


def _outside(kind: str, where: str, host: str) -> SocketRow:
    return SocketRow(kind, where, leaves_this_machine=not _loopback(host))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _of_process(pid: int) -> Iterator[SocketRow]:
    """Yield the TCP sockets that the kernel says a process holds (Linux)."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").glob("*"):
        target = _link(entry)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for table in ("tcp", "tcp6"):
        source = Path(f"/proc/{pid}/net/{table}")
        for line in source.read_text().splitlines()[1:] if source.exists() else []:
            _, local, remote, state, *rest = line.split()
            if rest[5] in inodes:
                ours, theirs = _address(local), _address(remote)
                if state == LISTENING:
                    yield SocketRow("listens on", ours, not _loopback(ours.rpartition(":")[0]))
                else:
                    away = not _loopback(theirs.rpartition(":")[0])
                    yield SocketRow("connected", f"{ours} → {theirs}", away)


def _link(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:
        return ""


def _address(text: str) -> str:
    """Return an address of /proc/net/tcp, whose words are in the machine's byte order."""
    packed, _, port = text.partition(":")
    words_ = [bytes.fromhex(packed[i : i + 8])[::-1] for i in range(0, len(packed), 8)]
    return f"{ipaddress.ip_address(b''.join(words_))}:{int(port, 16)}"
