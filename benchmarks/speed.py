"""`python -m benchmarks.speed [--json]`: what the measurement costs, as ratios taken in one run.

All times are CPU time of one thread; the sides of a ratio take turns and medians are compared.
The replay against other people's software is in `benchmarks.peers`, memory in `memory.py`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ingest.delivery.blocks import parcels
from ingest.measurement.attitude import new_filter
from ingest.measurement.inclination import WearerFrame
from ingest.measurement.intake import Intake
from ingest.measurement.pipeline import Pipeline
from ingest.messages import encode
from ingest.output import Output
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
REPLAY_HOURS = 8
REPLAY_BATCH = 1000


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
    if output.records:
        for parcel in parcels(enumerate(output.records, 1), origin="ingest-1", epoch="0"):
            size += len(parcel.payload)
    for message in (output.posture, output.angle, output.calibration):
        if message is not None:
            size += len(encode(message))
    return size


def angle_path(notifications: Sequence[tuple[bytes, float]]) -> int:
    """Run bytes through decoder, filter, signed angle and the aggregate of every second.

    The parts are the service's own; what makes states of it, the clock's repair and JSON are left
    out. This is the path that the goal of eight times the naive one and thrice the filter is about.
    """
    decoder = LumbarDecoder(INFO, RATE_HZ)
    intake = Intake(bias=None, live_trace=True)
    frame = WearerFrame.of(np.array([1.0, 0.0, 0.0]), None)
    told = 0
    for data, arrival_s in notifications:
        for raw in decoder.feed(wire.DATA, data, arrival_s):
            if raw.ticks is None or raw.acc is None:
                continue
            for _, second in intake.feed(ImuBatch(raw.ticks / TICK_HZ, raw.acc, raw.gyro)):
                told += second is not None and frame.angles_deg(second.up) is not None
            newest = intake.newest
            if newest is not None:
                frame.angles_deg(newest.newest_up)
    return told


def whole_path(notifications: Sequence[tuple[bytes, float]], *, live_trace: bool = True) -> None:
    """Run bytes through decoder, clock and pipeline up to the published JSON."""
    stream = StreamInfo("lumbar_imu", "1", None, RATE_HZ, has_gyro=True)
    spec = ClockSpec(1 / TICK_HZ, 32, RATE_HZ)
    decoding = Decoding(LumbarDecoder(INFO, RATE_HZ), spec, stream, time_scale=1.0)
    pipeline = Pipeline(session_ms=1, live_trace=live_trace)
    for data, arrival_s in notifications:
        for batch in decoding.feed(wire.DATA, data, arrival_s):
            published(pipeline.feed(batch))


def naive_path(notifications: Sequence[tuple[bytes, float]]) -> None:
    """Do what a first version does: unpack, filter and publish sample by sample, in SI units."""
    bare: Any = new_filter(1 / RATE_HZ)
    record = struct.Struct("<6h")
    for data, arrival_s in notifications:
        for counts in record.iter_unpack(data[wire.HEADER_BYTES :]):
            acc = np.array(counts[:3]) * INFO.acc_ms2_per_lsb
            gyro = np.array(counts[3:]) * INFO.gyro_rads_per_lsb
            bare.update(gyro, acc)
            sample = {
                "t": arrival_s,
                "acc": acc.tolist(),
                "gyro": gyro.tolist(),
                "quat": bare.getQuat6D().tolist(),
            }
            json.dumps(sample).encode()


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
    """Return costs per notification and their ratios to a first version and to the bare filter."""
    samples = recorded(5)
    notifications = packets(samples)
    batches = list(split(samples, PER_PACKET))
    median = alternating(
        {
            "angle": partial(angle_path, notifications),
            "whole": partial(whole_path, notifications),
            "whole_without_trace": partial(whole_path, notifications, live_trace=False),
            "naive": partial(naive_path, notifications),
            "filter": partial(bare_filter, batches),
        },
        repeats,
    )
    figures = {f"{name}_us": taken / len(batches) * 1e6 for name, taken in median.items()}
    for name in ("angle", "whole", "whole_without_trace"):
        figures[f"{name}_cheaper_than_naive"] = median["naive"] / median[name]
        figures[f"{name}_times_filter"] = median[name] / median["filter"]
    return figures


def replay(repeats: int) -> dict[str, float]:
    """Return what eight hours cost in large batches, states and bouts included."""
    samples = recorded(60)
    batches = list(split(samples, REPLAY_BATCH))
    median = alternating(
        {
            "pipeline": partial(_many, samples, 1, REPLAY_BATCH, live_trace=False),
            "filter": partial(bare_filter, batches),
        },
        repeats,
    )
    return {
        "eight_hours_cpu_s": median["pipeline"] * REPLAY_HOURS * 3600 * RATE_HZ / len(samples),
        "times_filter": median["pipeline"] / median["filter"],
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


def main() -> None:
    """Print the table, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {
        "hot_path": hot_path(options.repeats),
        "replay": replay(options.repeats),
        "sensors": many_sensors(options.repeats),
    }
    if options.json:
        print(json.dumps(figures))
        return
    for name, row in figures.items():
        print(name)
        for key, value in row.items():
            print(f"  {key:38} {value:.3f}")


if __name__ == "__main__":
    main()
