"""The checks of `lumbar doctor`: settings, folder, services, broker, store, then the radio."""

from __future__ import annotations

import asyncio
import os
import platform
import socket
from contextlib import closing
from pathlib import Path

from ingest.errors import IngestError
from sensor.doctor import Finding, Verdict, examine, filter_finding
from tui import paths
from tui.config import load
from tui.exits import CommandError, NothingRunningError
from tui.runtime import Runtime, read_runtime
from tui.secret import mqtt_password
from tui.tables import Config
from tui.version import __version__

BROKER_TIMEOUT_S = 3.0
NOT_YET = "start `lumbar up` once"


def examine_household(config: Path | None, *, radio: bool) -> list[Finding]:
    """Return what was found; a broken configuration is a finding and ends the list."""
    findings = [_program()]
    try:
        loaded = load(config)
        mqtt_password(loaded.config)
    except CommandError as error:
        return [*findings, Finding("configuration", Verdict.FAIL, str(error), "correct it")]
    there = "" if loaded.path.exists() else " (not there: all defaults)"
    findings.append(Finding("configuration", Verdict.OK, f"{loaded.path}{there}"))
    folder = paths.data_dir()
    findings.append(_folder(folder))
    runtime, running = _running()
    findings += [running, _broker(loaded.config, runtime), _store(loaded.config, folder)]
    if not radio:
        from importlib.util import find_spec

        return [*findings, filter_finding(has_vqf=find_spec("vqf") is not None)]
    from sensor.profiles.registry import profiles

    adapter = loaded.config.strap.adapter
    strap = asyncio.run(examine(profiles=profiles(), data_dir=folder, adapter=adapter))
    return findings + strap


def _program() -> Finding:
    what = f"Lumbar {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return Finding("program", Verdict.OK, what)


def _folder(folder: Path) -> Finding:
    if not folder.exists():
        return Finding("data", Verdict.OK, f"{folder} will be made at the first start")
    if not os.access(folder, os.W_OK | os.X_OK):
        advice = f"make it yours (chown), or set {paths.DATA_VARIABLE}"
        return Finding("data", Verdict.FAIL, f"{folder} cannot be written", advice)
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        advice = f"chmod 700 {folder}"
        return Finding("data", Verdict.WARN, f"{folder} can be opened by others", advice)
    return Finding("data", Verdict.OK, str(folder))


def _running() -> tuple[Runtime | None, Finding]:
    try:
        runtime = read_runtime(paths.runtime_file())
    except NothingRunningError as error:
        return None, Finding("services", Verdict.OK, str(error))
    except CommandError as error:
        return None, Finding("services", Verdict.WARN, str(error), "lumbar up --stop, then up")
    what = f"`lumbar up` runs as process {runtime.pid} for {runtime.wearer}"
    return runtime, Finding("services", Verdict.OK, what)


def _broker(config: Config, runtime: Runtime | None) -> Finding:
    host, port = config.mqtt.host, config.mqtt.port
    if not host:
        where = "starts with `lumbar up`" if runtime is None else f"on port {runtime.port}"
        return Finding("broker", Verdict.OK, f"the embedded one {where}")
    try:
        socket.create_connection((host, port), BROKER_TIMEOUT_S).close()
    except OSError as error:
        what = f"{host}:{port} cannot be reached: {error.strerror or error}"
        return Finding(
            "broker", Verdict.FAIL, what, "is it running, and are mqtt.host and port right?"
        )
    return Finding("broker", Verdict.OK, f"{host}:{port} accepts connections")


def _store(config: Config, folder: Path) -> Finding:
    from ingest.store.open import open_store, sqlite_path

    if config.store.kind == "none":
        return Finding("store", Verdict.WARN, "no history is kept", "set store.kind")
    if config.store.kind == "sqlite" and not sqlite_path(config.store, folder).exists():
        return Finding("store", Verdict.OK, f"no history yet: {NOT_YET}")
    try:
        with closing(open_store(config.store, data_dir=folder, read_only=True)) as store:
            wearers = store.wearers()
    except IngestError as error:
        return Finding("store", Verdict.FAIL, str(error), "see docs/troubleshooting.md")
    whose = ", ".join(wearers) or "nobody yet"
    return Finding("store", Verdict.OK, f"{config.store.kind} holds the history of {whose}")
