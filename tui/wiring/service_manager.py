"""The system's own service manager: a systemd user unit, or a launchd agent on macOS."""

from __future__ import annotations

import json
import os
import plistlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from tui import paths
from tui.exits import CommandError, Exit

UNIT: Final = "lumbar.service"
LABEL: Final = "org.lumbar.up"
KEPT_VARIABLES: Final = (paths.CONFIG_VARIABLE, paths.DATA_VARIABLE)
LOG_LINES: Final = "100"


class Manager(Protocol):
    """What differs between systems: where the unit is, its text, and the commands."""

    @property
    def file(self) -> Path:
        """Where the unit is."""

    @property
    def commands(self) -> Mapping[str, Sequence[Sequence[str]]]:
        """The commands of each action."""

    @property
    def asking(self) -> tuple[Sequence[str], str]:
        """A command, and what it prints only while the service runs."""

    def text(self, program: Sequence[str], environ: Mapping[str, str]) -> str:
        """Return the unit that runs `program`."""


class Systemd:
    """A systemd user unit."""

    file = Path("~/.config/systemd/user").expanduser() / UNIT
    commands: Mapping[str, Sequence[Sequence[str]]] = {
        "install": (
            ("systemctl", "--user", "daemon-reload"),
            ("systemctl", "--user", "enable", "--now", UNIT),
        ),
        "start": (("systemctl", "--user", "start", UNIT),),
        "stop": (("systemctl", "--user", "stop", UNIT),),
        "status": (("systemctl", "--user", "--no-pager", "status", UNIT),),
        "logs": (("journalctl", "--user", "--no-pager", "-n", LOG_LINES, "-u", UNIT),),
        "remove": (("systemctl", "--user", "disable", "--now", UNIT),),
    }
    asking = (
        ("systemctl", "--user", "show", "--property", "ActiveState", UNIT),
        "ActiveState=active",
    )

    def text(self, program: Sequence[str], environ: Mapping[str, str]) -> str:
        """Return the unit; `%` is systemd's own and quotes keep spaces."""
        variables = [f"Environment={_quoted(f'{key}={value}')}" for key, value in environ.items()]
        return "\n".join(
            [
                "[Unit]",
                "Description=Lumbar: posture of the wearer of a strap",
                "",
                "[Service]",
                "ExecStart=" + " ".join(_quoted(word) for word in program),
                *variables,
                "Restart=on-failure",
                "RestartSec=5",
                "",
                "[Install]",
                "WantedBy=default.target",
                "",
            ]
        )


class Launchd:
    """A launchd agent of the logged-in user."""

    file = Path("~/Library/LaunchAgents").expanduser() / f"{LABEL}.plist"

    @property
    def commands(self) -> Mapping[str, Sequence[Sequence[str]]]:
        """The commands, which name the user's own domain."""
        domain = f"gui/{os.getuid()}"
        log = str(paths.data_dir() / paths.LOG_NAME)
        return {
            "install": (("launchctl", "bootstrap", domain, str(self.file)),),
            "start": (("launchctl", "kickstart", f"{domain}/{LABEL}"),),
            "stop": (("launchctl", "kill", "TERM", f"{domain}/{LABEL}"),),
            "status": (("launchctl", "print", f"{domain}/{LABEL}"),),
            "logs": (("tail", "-n", LOG_LINES, log),),
            "remove": (("launchctl", "bootout", f"{domain}/{LABEL}"),),
        }

    @property
    def asking(self) -> tuple[Sequence[str], str]:
        """The command that tells of the agent, and its line for one that runs."""
        return self.commands["status"][0], "state = running"

    def text(self, program: Sequence[str], environ: Mapping[str, str]) -> str:
        """Return the property list."""
        log = str(paths.data_dir() / paths.LOG_NAME)
        agent = {
            "Label": LABEL,
            "ProgramArguments": list(program),
            "EnvironmentVariables": dict(environ),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "StandardOutPath": log,
            "StandardErrorPath": log,
        }
        return plistlib.dumps(agent).decode()


def act(action: str, config: Path | None) -> int:
    """Do one action of `lumbar service`; raise CommandError where the system cannot."""
    manager = _manager()
    text = manager.text(program(config), _environ())
    if action == "show":
        print(text, end="")
        return Exit.OK
    if action != "install" and not manager.file.exists():
        raise CommandError("not installed: `lumbar service install`", code=Exit.NOT_RUNNING)
    if action == "install":
        paths.make_data_dir()
        manager.file.parent.mkdir(parents=True, exist_ok=True)
        manager.file.write_text(text, encoding="utf-8")
    try:
        for command in manager.commands[action]:
            _run(command, tolerant=action == "status")
    except CommandError:
        if action == "install":
            manager.file.unlink()
        raise
    if action == "remove":
        manager.file.unlink()
    if action in ("install", "remove"):
        print(f"{action.removesuffix('e')}ed: {manager.file}")
    return Exit.OK


def tell() -> int:
    """Print as JSON whether the unit is installed and runs; return NOT_RUNNING unless it runs."""
    manager = _manager()
    installed = manager.file.exists()
    running = installed and _runs(manager)
    print(json.dumps({"installed": installed, "running": running, "unit": str(manager.file)}))
    return Exit.OK if running else Exit.NOT_RUNNING


def program(config: Path | None) -> list[str]:
    """Return the command line that the unit runs."""
    words = [sys.executable, "-m", "tui.cli", "up", "--foreground"]
    return words if config is None else [*words, "--config", str(config.absolute())]


def _manager() -> Manager:
    return Launchd() if sys.platform == "darwin" else Systemd()


def _environ() -> dict[str, str]:
    return {key: os.environ[key] for key in KEPT_VARIABLES if key in os.environ}


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _runs(manager: Manager) -> bool:
    command, sign = manager.asking
    answer = _called(command, capture=True).stdout
    return sign in (line.strip() for line in answer.splitlines())


def _run(command: Sequence[str], *, tolerant: bool) -> None:
    done = _called(command, capture=False)
    if done.returncode and not tolerant:
        raise CommandError(f"`{' '.join(command)}` failed with code {done.returncode}")


def _called(command: Sequence[str], *, capture: bool) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - fixed words of the manager
            command, check=False, capture_output=capture, text=True
        )
    except FileNotFoundError:
        raise CommandError(
            f"there is no {command[0]} here: start `lumbar up --no-dashboard` at login yourself",
            code=Exit.UNAVAILABLE,
        ) from None
