"""What the link costs, how fast it heals, and whether it stays small.

    python -m benchmarks.link cpu [--seconds 20] [--straps 1 4 16]
    python -m benchmarks.link faults          (needs dbus-daemon; about five minutes)
    python -m benchmarks.link chaos [--hours 12]

`cpu` gives the share of a core that client, decoder and clock take at 100 Hz packed by ten, beyond
the radio: the same packets through the same backend into an empty callback are subtracted. `faults`
is the long form of tests/sensor/test_link_bluez.py. `chaos` loses the link at random for simulated
hours and compares every sample with the truth.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from fakebluez import private_bus

from benchmarks.link.chaos import chaos
from benchmarks.link.cost import cpu_rows
from benchmarks.link.faults import faults


def print_table(rows: list[dict[str, float]]) -> None:
    print("  ".join(f"{name:>22}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:22.2f}" for value in row.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["cpu", "faults", "chaos"])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--straps", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.what == "cpu":
        rows = cpu_rows(arguments.straps, arguments.seconds)
        print_table(rows)
        print(json.dumps(rows))
    elif arguments.what == "chaos":
        print(json.dumps(asyncio.run(chaos(arguments.hours, arguments.seed)), indent=2))
    else:
        random.seed(arguments.seed)
        with tempfile.TemporaryDirectory() as folder, private_bus(Path(folder)) as address:
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = address
            print(json.dumps(asyncio.run(faults(address)), indent=2))


if __name__ == "__main__":
    main()
