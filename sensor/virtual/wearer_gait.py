"""Repeating movement as harmonics in angle and displacement: walking, wheeling, breathing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sensor.sample import Floats
from sensor.virtual.wearer_moves import minimum_jerk

GAIT_HARMONICS = 16
"""Multiples of the stride frequency that are simulated: up to about 15 Hz."""

RAMP_S = 1.0
"""How long a rhythm takes to start and to end."""

# Median standard deviations of brisk walking at L5: angular rates of pitch, roll and yaw in rad/s,
# accelerations forward, left and up in m/s² (54 walks of 9 people).
_RATE_SD_RADS = np.radians([21.0, 21.0, 40.0])
_ACC_SD_MS2 = np.array([1.6, 1.35, 2.3])
_EVEN = np.array([True, False, False, True, False, True])
"""Pitch, forward and up repeat with every step, the others with every stride."""
_DECAY = np.array([0.8, 1.5, 1.1, 0.9, 1.1, 1.5])
"""How fast the amplitudes of rate and acceleration fall with the harmonic, as an exponent."""


@dataclass(frozen=True, slots=True)
class Harmonics:
    """The shape of one period.

    Attributes:
        base_hz: periods per second.
        cosine, sine: (k, 6) amplitudes of pitch, roll, yaw (rad) and of forward, left and up
            displacement (m) at 1..k times `base_hz`.
    """

    base_hz: float
    cosine: Floats
    sine: Floats


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A stretch of repeating movement, times in s since the start of the day.

    Attributes:
        strength: factor on the amplitudes.
        speed_m_s: forward speed, felt as a lateral pull in turns.
    """

    start_s: float
    end_s: float
    shape: Harmonics
    strength: float = 1.0
    speed_m_s: float = 0.0


def _amplitudes(rng: np.random.Generator, channel: int, soft: float) -> Floats:
    """Return (GAIT_HARMONICS,) amplitudes of unit power; softness damps the quick ones."""
    k = np.arange(1, GAIT_HARMONICS + 1, dtype=np.float64)
    main = (k % 2 == 0) == _EVEN[channel]
    asymmetry = rng.uniform(0.05, 0.25)
    decay = _DECAY[channel] * rng.uniform(0.6, 1.3)
    amplitude: Floats = np.where(main, 1.0, asymmetry) * k**-decay
    amplitude *= rng.lognormal(0.0, 0.4, GAIT_HARMONICS) / np.hypot(1.0, soft * k / 4)
    return np.asarray(amplitude / np.sqrt(np.sum(amplitude**2) / 2))


def _harmonic_phase(rng: np.random.Generator) -> Floats:
    k = np.arange(1, GAIT_HARMONICS + 1)
    return np.asarray(k * rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.8, GAIT_HARMONICS))


def draw_gait(
    rng: np.random.Generator, *, cadence_hz: float, vigour: float, soft: float
) -> Harmonics:
    """Return a gait at `cadence_hz` steps per second, `vigour` times the median accelerations."""
    stride_hz = cadence_hz / 2
    omega = 2 * np.pi * stride_hz * np.arange(1, GAIT_HARMONICS + 1)
    cosine, sine = np.empty((GAIT_HARMONICS, 6)), np.empty((GAIT_HARMONICS, 6))
    for channel in range(6):
        amplitude = _amplitudes(rng, channel, soft) * vigour
        if channel < 3:
            amplitude *= _RATE_SD_RADS[channel] / omega
        else:
            amplitude *= _ACC_SD_MS2[channel - 3] / omega**2
        # harmonics that agree in phase make the peaks of a heel strike
        phase = np.pi - _harmonic_phase(rng)
        cosine[:, channel], sine[:, channel] = amplitude * np.cos(phase), amplitude * np.sin(phase)
    return Harmonics(stride_hz, cosine, sine)


def single_harmonic(base_hz: float, amplitudes: tuple[float, ...]) -> Harmonics:
    """Return a plain sinusoid with six amplitudes (rad, rad, rad, m, m, m)."""
    sine = np.array([amplitudes])
    return Harmonics(base_hz, np.zeros_like(sine), sine)


def ramp(t: Floats, start_s: float, end_s: float) -> Floats:
    """Return (3, n): 0 outside, 1 inside, smooth over RAMP_S at both ends, with derivatives."""
    over_s = min(RAMP_S, (end_s - start_s) / 2)
    rising = minimum_jerk((t - start_s) / over_s, over_s)
    falling = minimum_jerk((t - end_s + over_s) / over_s, over_s)
    return np.asarray(rising - falling)


def harmonic_motion(shape: Harmonics, phase: Floats, envelope: Floats) -> Floats:
    """Return (3, n, 6): angles and displacements with their first and second derivatives.

    Args:
        shape: the amplitudes.
        phase: (3, n) phase in rad and its derivatives.
        envelope: (3, n) strength and its derivatives.
    """
    k = np.arange(1, len(shape.cosine) + 1)
    turns = np.exp(1j * np.outer(phase[0], k))
    cos, sin = turns.real, turns.imag
    wave = cos @ shape.cosine + sin @ shape.sine
    slope = (-sin * k) @ shape.cosine + (cos * k) @ shape.sine
    bend = -(cos * k**2) @ shape.cosine - (sin * k**2) @ shape.sine
    speed, change = phase[1][:, None], phase[2][:, None]
    first = slope * speed
    second = bend * speed**2 + slope * change
    e, e1, e2 = (envelope[order][:, None] for order in range(3))
    return np.stack([e * wave, e1 * wave + e * first, e2 * wave + 2 * e1 * first + e * second])
