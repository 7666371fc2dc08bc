"""Runs inside the peers' own environment: `worker.py TASK FILE...` prints one JSON object.

Imports nothing of Lumbar. Each task returns what a peer said, by peer and by file; who was right
is judged by the same code for everybody, in `benchmarks.peers.judged`.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

GRAVITY_MS2 = 9.80665
START_S = 1.6e9
MADGWICK_GAIN = 0.033  # the package's documented default


def read(path: str) -> dict[str, Any]:
    with np.load(path) as data:
        recording = {key: data[key] for key in data.files}
    for key in ("acc_ms2", "gyro_rads"):
        if key in recording:
            recording[key] = np.ascontiguousarray(recording[key], dtype=float)
    return recording


def times(recording: dict[str, Any]) -> Any:
    return START_S + np.arange(len(recording["acc_ms2"])) / float(recording["rate_hz"])


def up_of(quat_wxyz: Any) -> Any:
    """Return (n, 3) the earth's up in the sensor frame, for a sensor-to-earth rotation."""
    w, x, y, z = np.asarray(quat_wxyz, float).T
    return np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z], 1)


def orientation(path: str) -> dict[str, Any]:
    """Return the RMSE in degrees of the inclination on moving samples, by filter."""
    recording = read(path)
    acc, gyro = recording["acc_ms2"], recording["gyro_rads"]
    hz, truth = float(recording["rate_hz"]), up_of(recording["quat_wxyz"])
    filters = {"vqf offline": _vqf, "ahrs Madgwick": _madgwick, "imufusion": _imufusion}
    moving = np.asarray(recording["moving"], bool)
    said = {name: run(acc, gyro, hz) for name, run in filters.items()}
    return {name: _rmse(up, truth, moving) for name, up in said.items()}


def _rmse(up: Any, truth: Any, moving: Any) -> float:
    known = np.isfinite(truth).all(axis=1) & moving
    cosine = np.clip(np.einsum("ij,ij->i", up[known], truth[known]), -1, 1)
    return float(np.sqrt(np.mean(np.degrees(np.arccos(cosine)) ** 2)))


def _vqf(acc: Any, gyro: Any, hz: float) -> Any:
    from vqf import offlineVQF

    out = offlineVQF(gyro, acc, None, 1 / hz)
    return up_of(out["quat6D"])


def _madgwick(acc: Any, gyro: Any, hz: float) -> Any:
    from ahrs.filters import Madgwick

    return up_of(Madgwick(gyr=gyro, acc=acc, frequency=hz, gain=MADGWICK_GAIN).Q)


def _imufusion(acc: Any, gyro: Any, hz: float) -> Any:
    import imufusion

    ahrs = imufusion.Ahrs()
    ahrs.set_sample_period(1 / hz)
    up = np.empty((len(acc), 3))
    for i, (a, g) in enumerate(zip(acc / GRAVITY_MS2, np.degrees(gyro), strict=True)):
        ahrs.update_no_magnetometer(g, a)
        up[i] = ahrs.get_gravity()
    return up / np.linalg.norm(up, axis=1, keepdims=True)


def rises(path: str) -> dict[str, Any]:
    """Return the times of rises in seconds from the start, by peer."""
    from skdh.sit2stand import Sit2Stand

    recording = read(path)
    acc = recording["acc_ms2"] / GRAVITY_MS2
    found = Sit2Stand().predict(time=times(recording), accel=acc)
    starts = np.asarray(found["STS Start"], float)
    middles = (starts + np.asarray(found["STS End"], float)) / 2 - START_S
    return {"skdh Sit2Stand": [float(m) for m in middles if np.isfinite(m)]}


def walking(path: str) -> dict[str, Any]:
    """Return (from, to) of walking in seconds from the start, by peer."""
    return {"mobgap GsdIluz": _iluz(path), "skdh LGBM gait": _lgbm(path)}


def _iluz(path: str) -> list[list[float]]:
    import pandas as pd
    from mobgap.gait_sequences import GsdIluz

    recording = read(path)
    hz = float(recording["rate_hz"])
    columns = ["acc_is", "acc_ml", "acc_pa", "gyr_is", "gyr_ml", "gyr_pa"]
    samples = np.c_[recording["acc_ms2"], np.degrees(recording["gyro_rads"])]
    found = GsdIluz().detect(pd.DataFrame(samples, columns=columns), sampling_rate_hz=hz).gs_list_
    return [[float(a) / hz, float(b) / hz] for a, b in found[["start", "end"]].to_numpy()]


def _lgbm(path: str) -> list[list[float]]:
    from skdh.context import PredictGaitLumbarLgbm

    recording = read(path)
    acc = recording["acc_ms2"] / GRAVITY_MS2
    found = PredictGaitLumbarLgbm().predict(
        time=times(recording), accel=acc, fs=float(recording["rate_hz"])
    )
    bouts = zip(found["Gait Bout Start"], found["Gait Bout Stop"], strict=True)
    return [[float(a) - START_S, float(b) - START_S] for a, b in bouts]


def cost(path: str) -> dict[str, Any]:
    """Return CPU seconds and growth of the peak memory in MiB of rises and walking together."""
    recording = read(path)
    acc, t = recording["acc_ms2"] / GRAVITY_MS2, times(recording)
    hz = float(recording["rate_hz"])
    from skdh.context import PredictGaitLumbarLgbm
    from skdh.sit2stand import Sit2Stand

    begin, before_mib = time.process_time(), fresh_peak_mib()
    Sit2Stand().predict(time=t, accel=acc)
    PredictGaitLumbarLgbm().predict(time=t, accel=acc, fs=hz)
    return {"skdh": {"cpu_s": time.process_time() - begin, "growth_mib": peak_mib() - before_mib}}


def fresh_peak_mib() -> float:
    """Forget the peak of the memory so far and return what is in use; Linux only.

    Reading the file takes more than is kept of it; under that peak a growth would not be seen.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_mib()


def peak_mib() -> float:
    """Return the peak of the memory since it was last forgotten."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


TASKS: dict[str, Callable[[str], dict[str, Any]]] = {
    "orientation": orientation,
    "rises": rises,
    "walking": walking,
    "cost": cost,
}


def main() -> None:
    warnings.simplefilter("ignore")
    task, *files = sys.argv[1:]
    print(json.dumps({Path(file).stem: TASKS[task](file) for file in files}))


if __name__ == "__main__":
    main()
