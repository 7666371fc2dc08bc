"""From a plan to what an ideal inertial sensor on the body feels."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sensor.sample import STANDARD_GRAVITY_MS2, Floats
from sensor.virtual.day_actor import Plan
from sensor.virtual.wearer import ACC_KNOTS_S, ANGLE_KNOTS_S, Tone
from sensor.virtual.wearer_gait import Rhythm, harmonic_motion, ramp
from sensor.virtual.wearer_moves import BELT_TILT, BELT_TURN, FORWARD, PITCH, ROLL, YAW, MoveSum
from sensor.virtual.wearer_noise import SplineNoise

ABOVE_HIP_M = 0.12
"""Lever arm from the hip's axis to the strap; makes tilting felt as acceleration."""

_PHASE_WANDER_RAD = 0.5
_STRENGTH_WANDER = 0.12
_WANDER_KNOT_S = 2.5


class Felt(NamedTuple):
    """What an ideal sensor on the belt feels, and how the body is really inclined.

    Attributes:
        force: (n, 3) specific force in m/s², belt frame.
        rate: (n, 3) angular rate in rad/s, belt frame.
        inclination: (n, 2) sagittal (+ forward) and frontal (+ right) in rad, from the body's own
            standing, whatever the belt did.
    """

    force: Floats
    rate: Floats
    inclination: Floats


class Body:
    """Moves as planned; read forwards in blocks.

    Body frame: x forward, y left, z up, along the strap's neutral. World heading frame: the same
    without pitch and roll. Orientation is yaw, then pitch (+ forward), then roll (+ right).
    """

    def __init__(self, plan: Plan, rng: np.random.Generator, *, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._moves = MoveSum(plan.moves)
        self._rhythms = plan.rhythms
        times = np.array([start for start, _ in plan.tones] or [0.0])
        tones = [tone for _, tone in plan.tones] or [Tone()]
        angles = np.array([tone.angle_sigmas_rad() for tone in tones])
        accs = np.array([tone.push_sigmas() for tone in tones])
        self._angle_noise = [
            SplineNoise(
                rng.spawn(1)[0],
                knot_s=knot_s,
                rate_hz=rate_hz,
                channels=3,
                sigmas=_schedule(times, angles[:, octave]),
            )
            for octave, knot_s in enumerate(ANGLE_KNOTS_S)
        ]
        self._acc_noise = [
            SplineNoise(
                rng.spawn(1)[0],
                knot_s=knot_s,
                rate_hz=rate_hz,
                channels=3,
                sigmas=_schedule(times, accs[:, octave]),
            )
            for octave, knot_s in enumerate(ACC_KNOTS_S)
        ]
        self._wander = SplineNoise(
            rng.spawn(1)[0], knot_s=_WANDER_KNOT_S, rate_hz=rate_hz, channels=2
        )

    def take(self, first: int, count: int) -> Felt:
        """Return what the samples from number `first` on feel; `first` only grows."""
        t = np.arange(first, first + count) / self._rate_hz
        motion = self._moves.take(t)
        push = np.zeros((count, 3))
        wander = self._wander.take(first, count)
        for rhythm in self._rhythms:
            if rhythm.start_s < t[-1] and rhythm.end_s > t[0]:
                self._add_rhythm(rhythm, t, wander, motion, push)
        for noise in self._angle_noise:
            motion[:, :, PITCH : YAW + 1] += noise.take(first, count)
        surge, *shakes = self._acc_noise
        push += surge.take(first, count)[0]
        for noise in shakes:
            push += noise.take(first, count)[2]
        return _felt(motion, push)

    def _add_rhythm(
        self, rhythm: Rhythm, t: Floats, wander: Floats, motion: Floats, push: Floats
    ) -> None:
        begin, end = np.searchsorted(t, (rhythm.start_s, rhythm.end_s))
        if begin == end:
            return
        span = slice(begin, end)
        gate = ramp(t[span], rhythm.start_s, rhythm.end_s)
        swing = rhythm.strength * _STRENGTH_WANDER * wander[:, span, 0]
        swing[0] += rhythm.strength
        strength = np.stack(
            [
                gate[0] * swing[0],
                gate[1] * swing[0] + gate[0] * swing[1],
                gate[2] * swing[0] + 2 * gate[1] * swing[1] + gate[0] * swing[2],
            ]
        )
        phase = _PHASE_WANDER_RAD * wander[:, span, 1]
        omega = 2 * np.pi * rhythm.shape.base_hz
        phase[0] += omega * t[span]
        phase[1] += omega
        moved = harmonic_motion(rhythm.shape, phase, strength)
        motion[:, span, PITCH : YAW + 1] += moved[:, :, :3]
        motion[:, span, FORWARD : FORWARD + 3] += moved[:, :, 3:]
        push[span, 0] += rhythm.speed_m_s * gate[1]
        # the lateral pull of a turn: speed times turning rate
        push[span, 1] += rhythm.speed_m_s * gate[0] * motion[1, span, YAW]


def _schedule(times: Floats, values: Floats) -> Callable[[Floats], Floats]:
    def at(t: Floats) -> Floats:
        return np.asarray(values[np.maximum(np.searchsorted(times, t, side="right") - 1, 0)])

    return at


def _felt(motion: Floats, push: Floats) -> Felt:
    """Return what is felt from motion and extra pushes."""
    pitch, roll = motion[0, :, PITCH], motion[0, :, ROLL]
    pitch_rate, roll_rate, yaw_rate = motion[1, :, PITCH], motion[1, :, ROLL], motion[1, :, YAW]
    sp, cp, sr, cr = np.sin(pitch), np.cos(pitch), np.sin(roll), np.cos(roll)
    force = push + motion[2, :, FORWARD : FORWARD + 3]
    pitch_acc, roll_acc = motion[2, :, PITCH], motion[2, :, ROLL]
    force[:, 0] += ABOVE_HIP_M * (cp * pitch_acc - sp * pitch_rate**2)
    force[:, 1] -= ABOVE_HIP_M * (cr * roll_acc - sr * roll_rate**2)
    force[:, 2] -= ABOVE_HIP_M * (sp * pitch_acc + cp * pitch_rate**2 + sr * roll_acc)
    force[:, 2] += STANDARD_GRAVITY_MS2
    along = cp * force[:, 0] - sp * force[:, 2]
    upright = sp * force[:, 0] + cp * force[:, 2]
    felt = np.stack(
        [along, cr * force[:, 1] + sr * upright, cr * upright - sr * force[:, 1]], axis=1
    )
    rate = np.stack(
        [
            roll_rate - yaw_rate * sp,
            pitch_rate * cr + yaw_rate * cp * sr,
            yaw_rate * cp * cr - pitch_rate * sr,
        ],
        axis=1,
    )
    # the angle from the vertical within each plane, which is also right for a body lying down
    inclination = np.stack([np.arctan2(sp, cp * cr), np.arctan2(cp * sr, cp * cr)], axis=1)
    return Felt(*_through_belt(motion, felt, rate), inclination)


def _through_belt(motion: Floats, felt: Floats, rate: Floats) -> tuple[Floats, Floats]:
    """Turn body-frame force and rate into the frame of a belt that tilted and turned."""
    tilt, turn = motion[0, :, BELT_TILT], motion[0, :, BELT_TURN]
    if not (np.any(tilt) or np.any(turn)):
        return felt, rate
    st, ct, su, cu = np.sin(tilt), np.cos(tilt), np.sin(turn), np.cos(turn)

    def turned(v: Floats) -> Floats:
        x, z = ct * v[:, 0] - st * v[:, 2], st * v[:, 0] + ct * v[:, 2]
        return np.stack([cu * x + su * v[:, 1], cu * v[:, 1] - su * x, z], axis=1)

    belt_rate = turned(rate + motion[1, :, BELT_TILT, None] * np.array([0.0, 1.0, 0.0]))
    belt_rate[:, 2] += motion[1, :, BELT_TURN]
    return turned(felt), belt_rate
