"""Measure the dashboard in a real pseudo-terminal: first paint, idle cost, key to frame, history.

    python -m benchmarks.dashboard [--seconds 20] [--keys 60] [--size 120x40] [--only memory]

The dashboard runs in a process of its own on a scripted feed with ten postures and ten angles a
second, so that only the screen is measured. (A folder named `tui` would hide the package from the
scripts beside it.)
"""

from __future__ import annotations

import argparse
import asyncio
import json

from benchmarks.dashboard.memory import memory_mib
from benchmarks.dashboard.past import history_ms
from benchmarks.dashboard.terminal import on_a_terminal


def main() -> None:
    """Print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--keys", type=int, default=60)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--days", type=int, default=313, help="of 8 h: 313 are 9 million seconds")
    parser.add_argument("--hours", type=float, default=12.0, help="simulated, for the memory")
    parser.add_argument("--only", choices=("screen", "history", "memory"))
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    if arguments.only in (None, "screen"):
        figures |= on_a_terminal(arguments.size, seconds=arguments.seconds, keys=arguments.keys)
    if arguments.only in (None, "history"):
        figures |= history_ms(arguments.days)
    if arguments.only in (None, "memory"):
        figures |= asyncio.run(memory_mib(arguments.hours))
    for name, value in figures.items():
        print(f"{name:>24}  {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
