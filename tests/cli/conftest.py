"""A home of its own for every command line that a test runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which Lumbar's files lie in the test's folder."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LUMBAR_")}
    return kept | {
        "LUMBAR_CONFIG": str(tmp_path / "lumbar.toml"),
        "LUMBAR_DATA_DIR": str(tmp_path / "data"),
        "COLUMNS": "100",
    }


@pytest.fixture
def lumbar(home: dict[str, str]) -> Run:
    """Return a function that runs one command line as a process of its own."""
    (Path(home["LUMBAR_CONFIG"])).touch()

    def run(
        *words: str, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tui.cli", *words],
            env=home | dict(env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
