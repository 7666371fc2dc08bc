"""Hostile payloads on every topic leave all services at work and the store clean."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_nobody_falls_and_nothing_bad_is_stored():
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.fuzz", "--payloads", "2000", "--seed", "3"],
        cwd=ROOT,
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    result = json.loads(ended.stdout)
    assert result["garbage"] == 0
    assert result["answered"] == ["last-calibrate", "last-pause"]
    assert result["dead_letters"] > 100
