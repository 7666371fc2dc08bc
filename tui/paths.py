"""Where Lumbar keeps its files: the platform's places, or what two variables say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

APP = "lumbar"
CONFIG_VARIABLE = "LUMBAR_CONFIG"
DATA_VARIABLE = "LUMBAR_DATA_DIR"
RUNTIME_NAME = "running.json"
LOG_NAME = "service.log"


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file; it need not exist."""
    if chosen := environ.get(CONFIG_VARIABLE):
        return Path(chosen).expanduser()
    import platformdirs  # noqa: PLC0415  # only needed without the variable

    return platformdirs.user_config_path(APP, appauthor=False) / "lumbar.toml"


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of history, outboxes and recordings; it need not exist."""
    if chosen := environ.get(DATA_VARIABLE):
        return Path(chosen).expanduser()
    import platformdirs  # noqa: PLC0415  # only needed without the variable

    return platformdirs.user_data_path(APP, appauthor=False)


def runtime_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file in which `lumbar up` says how to reach it: one per data folder."""
    return data_dir(environ) / RUNTIME_NAME


def make_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Create the data folder for its owner only and return it; raise CommandError in one line."""
    from tui.exits import CommandError  # noqa: PLC0415  # keeps `lumbar --help` small

    folder = data_dir(environ)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"cannot make the data folder {folder}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CommandError(
            f"cannot write to the data folder {folder}: make it yours, or set {DATA_VARIABLE}"
        )
    return folder
