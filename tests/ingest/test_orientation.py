"""Orientation: fallback, gaps, true periods and splits."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from ingest.measurement.orientation import Orientation
from ingest.measurement.vqf_numpy import NumpyVqf
from sensor.sample import STANDARD_GRAVITY_MS2, Floats

RATE_HZ = 100.0


def swaying(seconds: float, *, rate_hz: float = RATE_HZ) -> tuple[Floats, Floats, Floats, Floats]:
    """Return t, acc, gyro and the true up vector of a body that leans to and fro."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    angle = 0.5 * np.sin(2 * np.pi * 0.3 * t) + 0.2 * np.sin(2 * np.pi * 0.9 * t)
    rate = np.diff(angle, prepend=angle[0]) * rate_hz
    up = np.stack((np.cos(angle), np.zeros_like(angle), np.sin(angle)), axis=1)
    gyro = np.stack((np.zeros_like(rate), rate, np.zeros_like(rate)), axis=1)
    return t, up * STANDARD_GRAVITY_MS2, gyro, up


def error_deg(up: Floats, truth: Floats) -> Floats:
    cosine = np.clip(np.einsum("ij,ij->i", up, truth), -1, 1)
    return np.degrees(np.arccos(cosine))


def test_true_up_is_found() -> None:
    t, acc, gyro, up = swaying(30)
    (run,) = Orientation().feed(t, acc, gyro)
    assert error_deg(run.up, up)[500:].max() < 0.2


@pytest.mark.parametrize("axis", [[1.0, 0.2, 0.3], [-0.4, 1.0, 0.1], [0.3, 0.5, -1.0]])
@pytest.mark.parametrize("with_gyro", [True, False])
def test_the_live_trace_shows_the_direction_of_the_last_sample(
    axis: list[float], *, with_gyro: bool
) -> None:
    acc = np.tile(axis, (60, 1)) * STANDARD_GRAVITY_MS2
    gyro = np.tile([0.1, -0.2, 0.3], (60, 1))
    (run,) = Orientation().feed(np.arange(60) / RATE_HZ, acc, gyro if with_gyro else None)
    assert run.newest_up == pytest.approx(run.up[-1])


def test_a_wrong_nominal_rate_does_not_matter_since_true_periods_are_used() -> None:
    t, acc, gyro, up = swaying(60)
    slow = t[99] + (t - t[99]) * 1.013
    exact = Orientation().feed(t, acc, gyro)[0]
    stretched = Orientation()
    stretched.feed(t[:100], acc[:100], gyro[:100])
    run = stretched.feed(slow[100:], acc[100:], gyro[100:] / 1.013)[0]
    assert error_deg(run.up, up[100:])[1000:].max() < error_deg(exact.up, up)[1000:].max() + 0.1


@pytest.mark.parametrize("size", [1, 7, 10, 250])
def test_any_split_gives_the_same_direction(size: int) -> None:
    t, acc, gyro, _ = swaying(10)
    whole = Orientation().feed(t, acc, gyro)[0].up
    split = Orientation()
    split.feed(t[:100], acc[:100], gyro[:100])
    parts = [
        run.up
        for i in range(100, len(t), size)
        for run in split.feed(t[i : i + size], acc[i : i + size], gyro[i : i + size])
    ]
    assert np.allclose(np.concatenate(parts), whole[100:], atol=1e-12)


@pytest.mark.parametrize(("faster", "gap_s"), [(0.5, 0.0), (0.5, 5.0), (2.0, 5.0)])
def test_another_rate_is_followed_wherever_it_begins_in_a_batch(
    faster: float, gap_s: float
) -> None:
    rate_hz = RATE_HZ * faster
    t, acc, gyro, _ = swaying(10)
    late_t, late_acc, late_gyro, up = swaying(20, rate_hz=rate_hz)
    late_t = t[-1] + gap_s + 1 / rate_hz + late_t
    apart, joined = Orientation(), Orientation()
    apart.feed(t, acc, gyro)
    (run,) = apart.feed(late_t, late_acc, late_gyro)
    joined.feed(t[:-500], acc[:-500], gyro[:-500])
    runs = joined.feed(
        np.concatenate((t[-500:], late_t)),
        np.concatenate((acc[-500:], late_acc)),
        np.concatenate((gyro[-500:], late_gyro)),
    )
    assert apart.period_s == joined.period_s == pytest.approx(1 / rate_hz)
    assert np.array_equal(runs[-1].up, run.up)
    assert error_deg(run.up, up)[500:].max() < 0.2


def test_a_short_gap_is_bridged_and_a_long_one_starts_tilt_anew() -> None:
    t, acc, gyro, up = swaying(30)
    for lost, limit_deg in ((10, 0.3), (100, 1.0)):
        kept = np.r_[0:1500, 1500 + lost : len(t)]
        runs = Orientation().feed(t[kept], acc[kept], gyro[kept])
        assert len(runs) == 2
        assert error_deg(runs[1].up, up[1500 + lost :])[100:].max() < limit_deg


def test_the_bias_survives_a_gap_and_a_restart() -> None:
    t, acc, gyro, _ = swaying(60)
    bias = np.array([0.01, -0.008, 0.004])
    orientation = Orientation()
    orientation.feed(t, acc, gyro + bias)
    learned = orientation.bias
    assert learned is not None
    assert np.allclose(learned[[1, 2]], bias[[1, 2]], atol=2e-3)  # the first axis is vertical
    orientation.feed(t[:50] + 500, acc[:50], gyro[:50] + bias)
    assert orientation.bias is not None
    assert np.allclose(orientation.bias, learned, atol=1e-3)


def test_the_layout_of_arrays_in_memory_does_not_matter() -> None:
    t, acc, gyro, _ = swaying(3)
    columns = np.asfortranarray(acc), np.asfortranarray(gyro)
    assert np.array_equal(
        Orientation().feed(t, *columns)[0].up, Orientation().feed(t, acc, gyro)[0].up
    )


def test_samples_that_are_not_newer_are_dropped() -> None:
    t, acc, gyro, _ = swaying(2)
    orientation = Orientation()
    orientation.feed(t, acc, gyro)
    assert orientation.feed(t[:50], acc[:50], gyro[:50]) == []


def test_a_restored_orientation_goes_on_as_if_nothing_had_happened() -> None:
    t, acc, gyro, _ = swaying(20)
    orientation = Orientation()
    orientation.feed(t[:1000], acc[:1000], gyro[:1000])
    saved = msgspec.json.decode(msgspec.json.encode(orientation.checkpoint()))
    restored = Orientation.restored(saved)
    expected = orientation.feed(t[1000:], acc[1000:], gyro[1000:])[0].up
    assert np.allclose(restored.feed(t[1000:], acc[1000:], gyro[1000:])[0].up, expected)


def test_an_accelerometer_alone_gives_the_direction_at_rest() -> None:
    t = np.arange(300) / RATE_HZ
    acc = np.tile([0.0, 3.0, 9.3], (300, 1))
    (run,) = Orientation().feed(t, acc, None)
    assert run.gyro is None
    assert np.allclose(run.up[-1], acc[0] / np.linalg.norm(acc[0]))


def test_the_numpy_fallback_stays_within_a_tenth_of_a_degree_of_vqf(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    t, acc, gyro, _ = swaying(40)
    rng = np.random.default_rng(3)
    acc = acc + rng.normal(0, 0.3, acc.shape)
    gyro = gyro + rng.normal(0, 0.01, gyro.shape) + [0.01, -0.01, 0.005]
    compiled = Orientation().feed(t, acc, gyro)[0].up
    monkeypatch.setattr("ingest.measurement.orientation.new_filter", NumpyVqf)
    port = Orientation()
    half = len(t) // 2
    first = port.feed(t[:half], acc[:half], gyro[:half])[0].up
    again = Orientation.restored(json.loads(json.dumps(port.checkpoint())))
    second = again.feed(t[half:], acc[half:], gyro[half:])[0].up
    apart_deg = error_deg(np.concatenate((first, second)), compiled)[1000:]  # after start-up
    assert np.sqrt(np.mean(apart_deg**2)) < 0.1
    assert apart_deg[half:].max() < 0.1


def test_the_mounting_of_the_strap_does_not_change_what_is_measured() -> None:
    t, acc, gyro, _ = swaying(20)
    rng = np.random.default_rng(4)
    gyro = gyro + rng.normal(0, 0.01, gyro.shape) + [0.03, -0.04, 0.02]
    mounting, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    mounting *= np.linalg.det(mounting)
    straight = Orientation().feed(t, acc, gyro)[0].up
    turned = Orientation().feed(t, acc @ mounting, gyro @ mounting)[0].up
    assert error_deg(straight @ mounting, turned).max() < 0.001
