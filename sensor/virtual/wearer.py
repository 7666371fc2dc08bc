"""One simulated person, drawn from a persona, and the small movements that never stop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sensor.sample import Floats
from sensor.virtual.personas import Persona
from sensor.virtual.wearer_gait import Harmonics, draw_gait, single_harmonic

ANGLE_KNOTS_S = (12.0, 2.0, 0.7, 0.25, 0.08)
"""Knot spacings of the angular noise; the octave with spacing h reaches up to about 0.4/h Hz."""

ACC_KNOTS_S = (3.0, 0.25, 0.1, 0.04)
"""Knot spacings of the linear noise: surges of a vehicle, swaying, shaking, buzzing.

All but the surges are noise of position, so that they add nothing to a vertical travel.
"""

_POSITION_PER_ACC = 0.42
"""sd of a cubic spline over that of its second derivative, times the squared knot spacing."""


@dataclass(frozen=True, slots=True)
class Tone:
    """How much a body (or a desk, or a car) moves by itself.

    Attributes:
        angle_deg: sd of the spline coefficients per octave of ANGLE_KNOTS_S.
        axes: weights of pitch, roll and yaw.
        acc_ms2: sd of the spline coefficients per octave of ACC_KNOTS_S.
        acc_axes: weights of forward, left and up.
    """

    angle_deg: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    axes: tuple[float, float, float] = (1.0, 0.8, 1.0)
    acc_ms2: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    acc_axes: tuple[float, float, float] = (1.0, 0.8, 1.0)

    def scaled(self, factor: float) -> Tone:
        """Return this tone `factor` times as strong."""
        a, b, c, d, e = (value * factor for value in self.angle_deg)
        w, x, y, z = (value * factor for value in self.acc_ms2)
        return Tone((a, b, c, d, e), self.axes, (w, x, y, z), self.acc_axes)

    def angle_sigmas_rad(self) -> Floats:
        """Return (octaves, 3) standard deviations in rad."""
        return np.asarray(np.radians(np.outer(self.angle_deg, self.axes)))

    def push_sigmas(self) -> Floats:
        """Return (octaves, 3) standard deviations: m/s² of the surges, m of the others."""
        surge, *others = zip(self.acc_ms2, ACC_KNOTS_S, strict=True)
        scales = [surge[0], *(acc * _POSITION_PER_ACC * knot_s**2 for acc, knot_s in others)]
        return np.asarray(np.outer(scales, self.acc_axes))


# Sitting and standing follow the median spectra (0.1-25 Hz) of 84 bouts each of 21 people; a
# person's own factor, drawn anew for every bout, spreads them as the recordings are spread.
SITTING = Tone((0.9, 0.5, 0.45, 0.16, 0.045), (1.0, 0.8, 1.0), (0.0, 0.04, 0.06, 0.04))
STANDING = Tone((0.9, 0.45, 0.42, 0.18, 0.055), (1.0, 0.8, 1.6), (0.0, 0.07, 0.09, 0.05))
WALKING = Tone((1.6, 1.2, 0.8, 0.3, 0.08), (1.0, 0.8, 1.5), (0.0, 0.2, 0.3, 0.25))
LYING = Tone((0.3, 0.3, 0.3, 0.12, 0.04), (1.0, 1.0, 0.8), (0.0, 0.05, 0.09, 0.05))
FIDGETING = Tone((0.9, 1.5, 2.0, 1.0, 0.15), (1.0, 0.9, 1.3), (0.0, 0.3, 0.4, 0.15))
CHANGING = Tone((0.9, 1.5, 2.2, 1.2, 0.2), (0.6, 1.0, 1.4), (0.0, 0.4, 0.7, 0.3))
LANDING = Tone((0.9, 1.5, 2.2, 1.2, 0.3), (1.0, 1.0, 1.0), (0.0, 0.5, 2.0, 1.0), (0.5, 0.4, 1.0))
DRIVING = Tone((1.0, 0.6, 0.8, 0.35, 0.12), (0.8, 1.0, 1.6), (0.8, 0.5, 0.7, 0.6), (1.0, 0.9, 1.3))
ON_A_DESK = Tone(acc_ms2=(0.0, 0.0, 0.004, 0.004), acc_axes=(0.4, 0.4, 1.0))
HANDLED = Tone((20.0, 12.0, 7.0, 1.5, 0.15), (1.0, 1.0, 1.2), (0.3, 0.8, 1.2, 0.3))
IN_A_BAG = Tone((10.0, 4.0, 2.5, 0.8, 0.12), (1.0, 1.0, 1.5), (0.0, 0.4, 0.5, 0.25))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wearer:
    """The figures of one person; angles in degrees relative to the person's quiet standing."""

    persona: Persona
    sit_back_deg: float
    restless: float
    sway: float
    travel_m: float
    breath: Harmonics
    walk: Harmonics
    stairs_up: Harmonics
    stairs_down: Harmonics
    wheel: Harmonics


def draw_wearer(persona: Persona, rng: np.random.Generator) -> Wearer:
    """Return a person of the kind `persona`."""
    cadence_hz, vigour = persona.cadence_hz.draw(rng), persona.vigour.draw(rng)

    def gait(pace: float, force: float) -> Harmonics:
        return draw_gait(
            rng, cadence_hz=cadence_hz * pace, vigour=vigour * force, soft=persona.soft
        )

    breath_rad = float(np.radians(persona.breath_deg.draw(rng)))
    push_rad = float(np.radians(rng.uniform(3.0, 8.0)))
    return Wearer(
        persona=persona,
        sit_back_deg=persona.sit_back_deg.draw(rng),
        restless=persona.restless.draw(rng),
        sway=persona.sway.draw(rng),
        travel_m=persona.travel_m.draw(rng),
        breath=single_harmonic(float(rng.uniform(0.18, 0.32)), (breath_rad, 0, 0, 0, 0, 0)),
        walk=gait(1.0, 1.0),
        stairs_up=gait(0.85, 1.15),
        stairs_down=gait(0.95, 1.5),
        wheel=single_harmonic(float(rng.uniform(0.7, 1.1)), (push_rad, 0.01, 0.02, 0.03, 0, 0.004)),
    )
