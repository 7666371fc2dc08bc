"""A recording of a short simulated day, and what makes two events of it the same."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from sensor.recording import RecordingHeader
from sensor.sample import ImuBatch
from sensor.source import LinkStatus
from sensor.virtual.day import SimulatedDay, Step
from sensor.virtual.wearer_sensor import ACC_LSB_MS2, GYRO_LSB_RADS

START_S = 1_700_000_000.25
HEADER = RecordingHeader(
    rate_hz=50.0,
    serial="S1",
    acc_step_ms2=ACC_LSB_MS2,
    gyro_step_rads=float(GYRO_LSB_RADS),
    simulated=True,
)
SCRIPT = (Step("walk", 12), Step("link_loss", 4), Step("sit", 12))


def day_events() -> list[ImuBatch | LinkStatus]:
    return list(SimulatedDay(SCRIPT, seed=1, start_s=START_S).batches())


def same(one: ImuBatch | LinkStatus, other: ImuBatch | LinkStatus) -> bool:
    if isinstance(one, LinkStatus):
        return one == other
    gyro = (
        one.gyro is other.gyro is None
        if one.gyro is None or other.gyro is None
        else np.array_equal(one.gyro, other.gyro)
    )
    return (
        np.array_equal(one.t, other.t)
        and np.array_equal(one.acc, other.acc)
        and gyro
        and one.lost == other.lost
    )


@contextmanager
def no_room_beyond(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a size; like a full disk, it takes a part of a write first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
