"""Hostile payloads on every topic leave all services at work and the store clean."""

import json
import subprocess
import sys
from pathlib import Path

FUZZ = Path(__file__).parents[3] / "benchmarks" / "fuzz.py"


def test_nobody_falls_and_nothing_bad_is_stored():
    ended = subprocess.run(
        [sys.executable, FUZZ, "--payloads", "2000", "--seed", "3"],
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    result = json.loads(ended.stdout)
    assert result["garbage"] == 0
    assert result["answered"] == ["last-calibrate", "last-pause"]
    assert result["dead_letters"] > 100
