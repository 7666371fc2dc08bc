"""How far repaired times are from the truth, on the arrival model of the tests.

    python -m benchmarks.clock [--minutes 60] [--seeds 3]

Errors in ms after the first 20 s, without the constant latency (their median); `ends` is by how
much the whole run seems longer than it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from arrivals import START_S, Strap, packets

from sensor.clock import SampleClock

SETTLED_S = 20.0
WIT = Strap(50, 1, 0.03)
OPEN_IMU = Strap(100, 10, 0.05, drift_ppm=80, tick_s=1 / 32768, bits=32, counter=True)
STRAPS = {
    "60 Hz x1, us clock that wraps, +40 ppm": Strap(
        60, 1, 0.03, drift_ppm=40, tick_s=1e-6, bits=32, first_tick=2**32 - 60_000_000
    ),
    "52 Hz x4, ms clock, -80 ppm": Strap(52, 4, 0.05, drift_ppm=-80, tick_s=1e-3, bits=32),
    "100 Hz x10, 32768 Hz clock, +80 ppm": OPEN_IMU,
    "50 Hz x10, restarted after 200 s": replace(
        OPEN_IMU, rate_hz=50, interval_s=0.03, reboot_s=200.0
    ),
    "50 Hz, no clock, +1.3 %, 30 ms": replace(WIT, rate_error=0.013),
    "50 Hz, no clock, -1.3 %, 50 ms": replace(WIT, rate_error=-0.013, interval_s=0.05),
    "50 Hz, no clock, +1.3 %, 50 ms": replace(WIT, rate_error=0.013, interval_s=0.05),
    "52 Hz, no clock, +80 ppm, 30 ms": replace(WIT, rate_hz=52, rate_error=80e-6),
    "50 Hz, no clock, +80 ppm, 30 ms": replace(WIT, rate_error=80e-6),
}


def judged(strap: Strap, seed: int) -> dict[str, float]:
    """Return rms and largest error in ms, how much longer the run seems in ms, and lost samples."""
    truth, raws = packets(strap, seed)
    clock = SampleClock(strap.spec)
    t = np.concatenate([batch.t for raw in raws if (batch := clock.feed(raw)) is not None])
    if not np.all(np.diff(t) > 0):
        raise SystemExit("time went back")
    settled = truth > truth[0] + SETTLED_S
    if strap.reboot_s is not None:
        since_s = truth - START_S - strap.reboot_s
        settled &= (since_s < 0) | (since_s > SETTLED_S)
    error_ms = 1000 * (t - truth)[settled]
    error_ms -= np.median(error_ms)
    return {
        "rms": float(np.sqrt(np.mean(error_ms**2))),
        "largest": float(np.max(np.abs(error_ms))),
        "ends": float(error_ms[-1] - error_ms[0]),
        "lost": float(clock.counts.lost),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{'':40} {'rms':>16} {'largest':>16} {'ends':>8} {'lost':>6}   median (worst)")
    table = {}
    for name, strap in STRAPS.items():
        runs = [
            judged(replace(strap, minutes=arguments.minutes), s) for s in range(arguments.seeds)
        ]
        table[name] = runs
        cells = [
            f"{np.median([r[key] for r in runs]):7.2f} ({max(r[key] for r in runs):6.2f})"
            for key in ("rms", "largest")
        ]
        ends, lost = (max(abs(r[key]) for r in runs) for key in ("ends", "lost"))
        print(f"{name:40} {cells[0]} {cells[1]} {ends:8.2f} {lost:6.0f}", flush=True)
    print(json.dumps(table))


if __name__ == "__main__":
    main()
