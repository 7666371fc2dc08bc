"""Kinds of wearers, as ranges from which each simulated person is drawn.

The figures follow what was measured on public recordings of waist and lower-back sensors: sitting
is tilted back from standing by 20° on average with an sd of 9° (range -4..46), bouts of one person
differ by far more than the angle moves within a bout, and a wearing changes the neutral by some 6°.
Shifts and fidgets are those of a week of office work: 9 and 13 per 15 min (Davidson and Callaghan
2024, Applied Ergonomics 104374).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Spread:
    """A normal distribution that is cut off at both ends."""

    mean: float
    sd: float
    low: float
    high: float

    def draw(self, rng: np.random.Generator) -> float:
        """Return one value within [low, high]."""
        return float(np.clip(rng.normal(self.mean, self.sd), self.low, self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """The ranges of one kind of wearer; rates are spontaneous ones per hour of sitting.

    Attributes:
        sit_back_deg: how far sitting is tilted back from this person's standing.
        bout_sd_deg: how much that differs between two bouts of sitting.
        stand_sd_deg: how much standing differs between two bouts of standing.
        shifts, fidgets, slumps, leans_back, leans_forward: per hour of sitting.
        lean_forward_deg: how far a lean forward goes from the sitting posture.
        restless: factor on the small movements of sitting; 1 is the median of the recordings.
        sway: the same of standing.
        travel_m: vertical travel of the lower back in a rise.
        rise_s, sit_down_s: durations of the transitions.
        lean_deg: how far the trunk leans forward before a rise.
        cadence_hz: steps per second.
        vigour: factor on the accelerations of walking.
        breath_deg: amplitude of the tilt that breathing causes.
        soft: 0..1, how much tissue or a loose belt smears quick movements.
        slip_deg_per_hour: how fast the belt slides in tilt while walking.
        stands: False for somebody who never rises.
        standing_share: share of the work that a random day spends standing.
    """

    key: str
    title: str
    sit_back_deg: Spread = Spread(20.0, 9.0, -4.0, 46.0)
    bout_sd_deg: float = 10.0
    stand_sd_deg: float = 3.5
    shifts: float = 36.0
    fidgets: float = 52.0
    slumps: float = 1.5
    leans_back: float = 1.5
    leans_forward: float = 2.0
    lean_forward_deg: Spread = Spread(18.0, 6.0, 6.0, 40.0)
    restless: Spread = Spread(0.75, 0.4, 0.15, 2.0)
    sway: Spread = Spread(1.0, 0.4, 0.3, 2.2)
    travel_m: Spread = Spread(0.28, 0.05, 0.17, 0.40)
    rise_s: Spread = Spread(2.6, 0.5, 1.5, 4.5)
    sit_down_s: Spread = Spread(3.4, 0.6, 1.8, 5.5)
    lean_deg: Spread = Spread(33.0, 9.0, 10.0, 55.0)
    cadence_hz: Spread = Spread(1.85, 0.15, 1.45, 2.2)
    vigour: Spread = Spread(1.0, 0.3, 0.5, 1.8)
    breath_deg: Spread = Spread(0.25, 0.1, 0.05, 0.6)
    soft: float = 0.0
    slip_deg_per_hour: float = 0.0
    stands: bool = True
    standing_share: float = 0.12


OFFICE = Persona(key="office", title="Office worker")

PERSONAS: dict[str, Persona] = {
    persona.key: persona
    for persona in (
        OFFICE,
        Persona(
            key="fidgeter",
            title="Fidgeter",
            shifts=60.0,
            fidgets=180.0,
            restless=Spread(1.9, 0.4, 1.2, 3.0),
        ),
        Persona(
            key="slumper",
            title="Slumper",
            slumps=6.0,
            sit_back_deg=Spread(28.0, 7.0, 12.0, 46.0),
            restless=Spread(0.5, 0.15, 0.25, 1.0),
        ),
        Persona(
            key="upright",
            title="Upright sitter who barely tilts",
            sit_back_deg=Spread(3.0, 2.5, -4.0, 7.0),
            bout_sd_deg=2.5,
            slumps=0.2,
            leans_back=0.3,
        ),
        Persona(
            key="forward",
            title="Forward leaner",
            sit_back_deg=Spread(4.0, 6.0, -4.0, 20.0),
            leans_forward=10.0,
            lean_forward_deg=Spread(22.0, 8.0, 8.0, 45.0),
        ),
        Persona(
            key="stand_desk",
            title="Stand-desk user",
            standing_share=0.5,
            sit_back_deg=Spread(15.0, 7.0, -4.0, 40.0),
        ),
        Persona(
            key="wheelchair",
            title="Wheelchair user who never stands",
            stands=False,
            standing_share=0.0,
            sit_back_deg=Spread(18.0, 8.0, -4.0, 40.0),
        ),
        Persona(
            key="pregnant",
            title="Pregnant wearer with the strap on the belly",
            breath_deg=Spread(1.2, 0.4, 0.4, 2.2),
            soft=0.6,
            sit_back_deg=Spread(18.0, 10.0, -4.0, 46.0),
            rise_s=Spread(3.4, 0.6, 2.4, 5.0),
            travel_m=Spread(0.22, 0.05, 0.15, 0.32),
            vigour=Spread(0.6, 0.12, 0.4, 0.9),
        ),
        Persona(
            key="loose_belt",
            title="Loose belt",
            soft=0.4,
            slip_deg_per_hour=60.0,
            breath_deg=Spread(0.5, 0.2, 0.1, 1.0),
        ),
    )
}
