"""`python -m benchmarks.speed [--json]`: what the measurement costs, as ratios taken in one run.

All times are CPU time of one thread; the sides of a ratio take turns and medians are compared.
The replay against other people's software is in `benchmarks.peers`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ingest.attitude import new_filter
from ingest.blocks import parcels
from ingest.messages import encode
from ingest.output import Output
from ingest.pipeline import Pipeline
from sensor.decoding import Decoding
from sensor.gatt import ClockSpec, StreamInfo
from sensor.profiles import lumbar_wire as wire
from sensor.profiles.lumbar_decoder import LumbarDecoder
from sensor.sample import ImuBatch
from sensor.virtual.day import SimulatedDay, scripted_day

REPEATS = 5
START_S = 1_600_000_000.0
RATE_HZ = 100.0
PER_PACKET = 10
TICK_HZ = 32_768
INFO = wire.Info(wire.Capability.GYRO, 9.80665 / 8192, 0.00122, TICK_HZ, 200, 0)
SENSORS = 100
SENSOR_S = 30
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}


def recorded(minutes: float) -> ImuBatch:
    """Return the beginning of a simulated day in one piece."""
    day = SimulatedDay(scripted_day(1, seed=3), seed=3, start_s=START_S, rate_hz=RATE_HZ)
    parts: list[ImuBatch] = []
    for event in day.batches(round(60 * RATE_HZ)):
        if isinstance(event, ImuBatch):
            parts.append(event)
        if parts and parts[-1].t[-1] - START_S > minutes * 60 - 1:
            break
    t = np.concatenate([p.t for p in parts])
    gyro = np.concatenate([p.gyro for p in parts if p.gyro is not None])
    return ImuBatch(t, np.concatenate([p.acc for p in parts]), gyro)


def split(samples: ImuBatch, size: int) -> Iterator[ImuBatch]:
    """Yield the samples in batches."""
    assert samples.gyro is not None
    for i in range(0, len(samples), size):
        part = slice(i, i + size)
        yield ImuBatch(samples.t[part], samples.acc[part], samples.gyro[part])


def packets(samples: ImuBatch) -> list[tuple[bytes, float]]:
    """Return notifications of the open profile and when each arrived."""
    made = []
    for n, batch in enumerate(split(samples, PER_PACKET)):
        assert batch.gyro is not None
        first = n * PER_PACKET
        tick = round(first * TICK_HZ / RATE_HZ)
        header = wire.Header(wire.Kind.ACC_GYRO, len(batch), first, tick).pack()
        values = np.hstack((batch.acc / INFO.acc_ms2_per_lsb, batch.gyro / INFO.gyro_rads_per_lsb))
        body = np.clip(np.rint(values), -32768, 32767).astype("<i2").tobytes()
        made.append((header + body, float(batch.t[-1]) + 0.02))
    return made


def published(output: Output) -> int:
    """Return the size of what would be published of an output."""
    size = 0
    numbered = enumerate(output.records, 1)
    for parcel in parcels(numbered, origin="ingest-1", epoch="0"):
        size += len(parcel.payload)
    for message in (output.posture, output.angle, output.calibration):
        if message is not None:
            size += len(encode(message))
    return size


def whole_path(notifications: Sequence[tuple[bytes, float]]) -> None:
    """Run bytes through decoder, clock and pipeline up to the published JSON."""
    stream = StreamInfo("lumbar_imu", "1", None, RATE_HZ, has_gyro=True)
    spec = ClockSpec(1 / TICK_HZ, 32, RATE_HZ)
    decoding = Decoding(LumbarDecoder(INFO, RATE_HZ), spec, stream, time_scale=1.0)
    pipeline = Pipeline(session_ms=1)
    for data, arrival_s in notifications:
        for batch in decoding.feed(wire.DATA, data, arrival_s):
            published(pipeline.feed(batch))


def naive_path(notifications: Sequence[tuple[bytes, float]]) -> None:
    """Do what a first version does: unpack, filter and publish sample by sample."""
    bare: Any = new_filter(1 / RATE_HZ)
    record = struct.Struct("<6h")
    for data, arrival_s in notifications:
        for counts in record.iter_unpack(data[wire.HEADER_BYTES :]):
            acc = np.array(counts[:3]) * INFO.acc_ms2_per_lsb
            gyro = np.array(counts[3:]) * INFO.gyro_rads_per_lsb
            bare.update(gyro, acc)
            json.dumps({"t": arrival_s, "acc": counts[:3], "q": bare.getQuat6D().tolist()}).encode()


def bare_filter(batches: Sequence[ImuBatch]) -> None:
    """Run nothing but the filter over batches that are ready."""
    bare = new_filter(1 / RATE_HZ)
    for batch in batches:
        assert batch.gyro is not None
        bare.updateBatch(batch.gyro, batch.acc)


def alternating(sides: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median CPU seconds of each side, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            begin = time.process_time()
            run()
            taken[name].append(time.process_time() - begin)
    return {name: statistics.median(values) for name, values in taken.items()}


def hot_path(repeats: int) -> dict[str, float]:
    """Return costs per notification and their ratios."""
    samples = recorded(5)
    notifications = packets(samples)
    batches = list(split(samples, PER_PACKET))
    median = alternating(
        {
            "whole": partial(whole_path, notifications),
            "naive": partial(naive_path, notifications),
            "filter": partial(bare_filter, batches),
        },
        repeats,
    )
    return {
        "us_per_notification": median["whole"] / len(batches) * 1e6,
        "cheaper_than_naive": median["naive"] / median["whole"],
        "times_bare_filter": median["whole"] / median["filter"],
    }


def _many(samples: ImuBatch, count: int, size: int, *, live_trace: bool) -> None:
    """Let sensors deliver their batches in turns."""
    pipelines = [Pipeline(session_ms=1, live_trace=live_trace) for _ in range(count)]
    for batch in split(samples, size):
        for pipeline in pipelines:
            pipeline.feed(batch)
    for pipeline in pipelines:
        pipeline.finish()


def many_sensors(repeats: int) -> dict[str, float]:
    """Return what many sensors in one process cost."""
    samples = recorded(1)
    samples = next(split(samples, round(SENSOR_S * RATE_HZ)))
    median = alternating(
        {
            "one": partial(_many, samples, 1, PER_PACKET, live_trace=True),
            "hundred": partial(_many, samples, SENSORS, PER_PACKET, live_trace=True),
            "merged": partial(_many, samples, SENSORS, round(RATE_HZ), live_trace=False),
        },
        repeats,
    )
    per_thousand = 1000 / SENSORS / SENSOR_S
    return {
        "hundred_over_100_single": median["hundred"] / (SENSORS * median["one"]),
        "core_of_1000_live": median["hundred"] * per_thousand,
        "core_of_1000_merged": median["merged"] * per_thousand,
    }


def peak_mib(hours: float) -> dict[str, float]:
    """Return how the peak memory of this process grows over some hours of samples."""
    samples = recorded(10)
    length_s = float(samples.t[-1] - samples.t[0]) + 1 / RATE_HZ
    pipeline = Pipeline(session_ms=1, live_trace=False)
    before = 0.0
    for n in range(round(hours * 3600 / length_s)):
        for batch in split(samples, round(RATE_HZ)):
            pipeline.feed(ImuBatch(batch.t + n * length_s, batch.acc, batch.gyro))
        before = before or _rss_mib()
    return {"peak_mib": _rss_mib(), "growth_mib": _rss_mib() - before}


def _rss_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory() -> dict[str, float]:
    """Return the peak memory of one hour beside that of a day, each in its own process."""
    short, long = (_asked(hours) for hours in (1, 24))
    return {
        "peak_mib_1_h": short["peak_mib"],
        "peak_mib_24_h": long["peak_mib"],
        "growth_mib_24_h": long["growth_mib"],
        "day_over_hour": long["peak_mib"] / short["peak_mib"],
    }


def _asked(hours: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.speed", "--memory-of", str(hours)]
    ended = subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, check=True, text=True
    )
    figures: dict[str, float] = json.loads(ended.stdout)
    return figures


def main() -> None:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--memory-of", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of is not None:
        print(json.dumps(peak_mib(options.memory_of)))
        return
    figures = {
        "hot_path": hot_path(options.repeats),
        "sensors": many_sensors(options.repeats),
        "memory": memory(),
    }
    if options.json:
        print(json.dumps(figures))
        return
    for name, row in figures.items():
        print(name)
        for key, value in row.items():
            print(f"  {key:28} {value:.3f}")


if __name__ == "__main__":
    main()
