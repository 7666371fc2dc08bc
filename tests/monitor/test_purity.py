"""The cores load nothing that waits, talks or draws; the shells load no screen."""

from __future__ import annotations

import subprocess
import sys

import pytest

CORES = (
    "monitor.core",
    "monitor.why",
    "monitor.summary",
    "monitor.experiment",
    "monitor.drills.plan",
    "monitor.drills.coach",
    "monitor.drills.tracking",
)
HEAVY = {"asyncio", "bleak", "paho", "influxdb_client", "textual", "amqtt", "bumble", "sqlite3"}


def loaded_by(*modules: str) -> set[str]:
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in finished.stdout.split()}


def test_the_cores_load_no_machinery():
    assert loaded_by(*CORES) & HEAVY == set()


def test_the_shell_loads_no_screen_and_no_other_store():
    heavy = {"textual", "bleak", "influxdb_client", "amqtt", "bumble"}
    assert loaded_by("monitor.service") & heavy == set()


@pytest.mark.parametrize("module", ["monitor.nudge", "monitor.credit"])
def test_the_policy_loads_no_textual(module):
    assert "textual" not in loaded_by(module)
