"""Hundreds of one-shot commands, each a process of its own, while everything runs.

    python -m benchmarks.errands [--commands 500] [--at-once 4] [--busy 0]

`lumbar up` measures from a recording; `lumbar mark` and `lumbar pause` are called in turns, half of
them one after the other and half several at once, with `--busy` processes that only burn the
processor. Each carries a number. What a command called saved must be in the store exactly once;
what it could not do it must say, and nothing may be stored twice.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sensor.recording import RecordingHeader, RecordingWriter
from sensor.virtual.day import SimulatedDay, scripted_day

MINUTES = 30.0  # of the recording; the commands take less
ANSWER_S = 120.0
SETTLE_S = 60.0


class Household:
    """Calls `lumbar` on a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "lumbar.toml").touch()
        own = {name: value for name, value in os.environ.items() if not name.startswith("LUMBAR_")}
        places = {
            "LUMBAR_DATA_DIR": str(folder / "data"),
            "LUMBAR_CONFIG": str(folder / "lumbar.toml"),
        }
        self._environ = own | places

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tui.cli", *words],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_S,
            check=False,
        )

    def stored(self) -> Counter[int]:
        """Return how often each number is in the store."""
        path = self.folder / "data" / "history.sqlite"
        query = """
          SELECT CAST(json_extract(data, '$.note') AS INTEGER) FROM event WHERE kind = 'mark'
          UNION ALL
          SELECT CAST(round((json_extract(data, '$.until_s') - json_extract(data, '$.now_s')) / 60)
                      AS INTEGER) FROM event WHERE kind = 'pause'"""
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as sql:
            return Counter(n for (n,) in sql.execute(query))


def recording(path: Path) -> None:
    """Write the beginning of a simulated day."""
    day = SimulatedDay(scripted_day(MINUTES / 60, seed=3), seed=3, start_s=1_700_000_000.0)
    header = RecordingHeader(profile="simulated", serial=day.serial, rate_hz=50.0, has_gyro=True)
    with RecordingWriter(path, header) as writer:
        for event in day.batches():
            writer.write(event)


def run(options: argparse.Namespace) -> dict[str, object]:
    """Call the commands and compare what they said with what is stored."""
    with tempfile.TemporaryDirectory(prefix="lumbar-errands-") as name, burning(options.busy):
        lumbar = Household(Path(name))
        recording(lumbar.folder / "day.lumbar")
        started = lumbar("up", "--no-dashboard", "--replay", str(lumbar.folder / "day.lumbar"))
        if started.returncode:
            raise SystemExit(started.stderr)
        began = time.monotonic()
        try:
            said = _call(lumbar, options)
            wall_s = time.monotonic() - began
            found = _settled(lumbar, {n for n, code in said.items() if code == 0})
        finally:
            lumbar("up", "--stop")
    saved = {n for n, code in said.items() if code == 0}
    return {
        "commands": options.commands,
        "said_done": len(saved),
        "said_not": dict(Counter(code for code in said.values() if code)),
        "stored": len(found),
        "lost": len(saved - found.keys()),
        "doubled": sum(count > 1 for count in found.values()),
        "wall_s": round(wall_s, 1),
        "load": [round(value, 1) for value in os.getloadavg()],
    }


def _call(lumbar: Household, options: argparse.Namespace) -> dict[int, int]:
    """Return the exit code of each numbered command."""

    def call(n: int) -> int:
        words = ("mark", str(n)) if n % 2 else ("pause", f"{n}m")
        return lumbar(*words).returncode

    # A pause of n minutes is known by its length, which ends at a day.
    numbers = range(2, options.commands + 2)
    half = len(numbers) // 2
    codes = [call(n) for n in numbers[:half]]
    with ThreadPoolExecutor(options.at_once) as pool:
        codes += pool.map(call, numbers[half:])
    return dict(zip(numbers, codes, strict=True))


def _settled(lumbar: Household, saved: set[int]) -> Counter[int]:
    until = time.monotonic() + SETTLE_S
    while saved - lumbar.stored().keys() and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(1.0)
    return lumbar.stored()


@contextlib.contextmanager
def burning(processes: int) -> Iterator[None]:
    """Keep so many processors busy for the length of the block."""
    children = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()


def main() -> int:
    """Print what was found as JSON; 0 when nothing was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--commands", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--busy", type=int, default=0)
    options = parser.parse_args()
    if not 2 <= options.commands <= 1000:
        parser.error("between 2 and 1000 commands")
    result = run(options)
    print(json.dumps(result))
    return int(bool(result["lost"] or result["doubled"]))


if __name__ == "__main__":
    raise SystemExit(main())
