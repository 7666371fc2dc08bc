"""How many simulated chair rises are found: `python -m benchmarks.chairs [--keep FOLDER]`.

Trials as laboratories record them: short, no walk before, no calibration, any mounting and rate, a
seat that knows who sits on it. They are written as recordings and scored by `benchmarks.accuracy`.
Rises take 0.9 to 4.5 s, of which the body travels up in the latter half (van Lummel 2013, Baer and
Ashburn 1995); five rises take the young some 7 s and the frail 20 s and more.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.accuracy import rises
from benchmarks.accuracy.recordings import find, read
from sensor.virtual.day_actor import Actor
from sensor.virtual.personas import OFFICE
from sensor.virtual.wearer import CHANGING, LANDING, SITTING, STANDING, WALKING, draw_wearer
from sensor.virtual.wearer_body import Body
from sensor.virtual.wearer_gait import Rhythm
from sensor.virtual.wearer_moves import FORWARD, PITCH, ROLL, UP, YAW
from sensor.virtual.wearer_sensor import Faults, WornSensor, random_rotation

RATES_HZ = (50.0, 60.0, 100.0, 102.4, 128.0, 200.0)
SEAT_OFF, SEAT_ON = 0.15, 0.9  # shares of the vertical movement at which the seat notices
FIRST_S = (0.5, 3.0)  # rest at either end of a trial
LEAN_SHARE = 0.15  # of rests of 1.5 s and more with a lean, there and back

Range = tuple[float, float]


@dataclass(frozen=True)
class Trial:
    """A kind of trial: ranges of durations in s.

    Attributes:
        rise_s, sit_down_s: of the whole movement, from the first lean.
        stand_s, sit_s: of the rests between movements.
        rises: least and most.
        travel_m: of the pelvis.
        lean_deg: how far the pelvis tilts forward in the movement.
        walk_s: of walking while up, or None.
    """

    rise_s: Range
    sit_down_s: Range
    stand_s: Range
    sit_s: Range
    rises: tuple[int, int]
    travel_m: Range = (0.25, 0.42)
    lean_deg: Range = (15.0, 45.0)
    walk_s: Range | None = None


KINDS = {
    "hurried": Trial((0.9, 1.3), (0.9, 1.4), (0.0, 0.4), (0.0, 0.4), (5, 10)),
    "five": Trial((1.2, 2.0), (1.3, 2.2), (0.2, 1.2), (0.2, 1.2), (5, 10)),
    "paced": Trial((1.4, 2.6), (1.6, 3.0), (1.0, 3.0), (1.0, 3.0), (3, 8)),
    "slow": Trial((2.2, 4.5), (2.4, 4.5), (0.5, 3.0), (0.5, 3.0), (3, 5)),
    "tall_seat": Trial((1.2, 2.5), (1.3, 2.8), (0.5, 3.0), (0.5, 3.0), (3, 8), (0.16, 0.25)),
    "arms": Trial((1.4, 3.0), (1.6, 3.5), (0.5, 3.0), (0.5, 3.0), (3, 8), lean_deg=(5.0, 20.0)),
    "single": Trial((1.2, 3.0), (1.5, 3.0), (1.0, 4.0), (2.0, 5.0), (1, 1)),
    "walked": Trial((1.2, 3.0), (1.5, 3.0), (0.0, 1.0), (2.0, 6.0), (1, 2), walk_s=(4.0, 12.0)),
    "rested": Trial((1.4, 3.0), (1.6, 3.5), (4.0, 8.0), (5.0, 10.0), (2, 4)),
}


class Performer:
    """Plays one trial and notes when the seat was left and taken."""

    def __init__(self, trial: Trial, rng: np.random.Generator) -> None:
        self._trial, self._rng = trial, rng
        self._actor = Actor(draw_wearer(OFFICE, rng), rng)
        self._seat_rad = -float(np.radians(rng.uniform(-2, 35)))
        self._travel_m = self._draw(trial.travel_m)
        self._lean_rad = float(np.radians(self._draw(trial.lean_deg)))
        self._tempo = float(rng.uniform(0, 1))  # a person keeps to a tempo
        self.seat_changes: list[float] = []
        self.starts_seated = bool(rng.random() < 0.8)

    def play(self) -> Actor:
        actor, trial = self._actor, self._trial
        if self.starts_seated:
            actor.go(PITCH, self._seat_rad, after_s=-0.1, over_s=0.1)
            actor.go(UP, -self._travel_m, after_s=-0.1, over_s=0.1)
            self._rest(SITTING, self._draw(FIRST_S))
        else:
            self._rest(STANDING, self._draw(FIRST_S))
            self._sit_down()
            self._rest(SITTING, self._draw(trial.sit_s))
        count = int(self._rng.integers(trial.rises[0], trial.rises[1] + 1))
        for i in range(count):
            self._rise()
            self._be_up()
            if i < count - 1 or self._rng.random() < 0.6:
                self._sit_down()
                self._rest(SITTING, self._draw(trial.sit_s))
        self._rest(actor.tone, self._draw(FIRST_S))
        actor.plan.end_s = actor.now
        return actor

    def _draw(self, within: Range) -> float:
        return float(self._rng.uniform(*within))

    def _duration(self, within: Range) -> float:
        share = float(np.clip(self._tempo + self._rng.normal(0, 0.12), 0, 1))
        return within[0] + share * (within[1] - within[0])

    def _rest(self, tone: object, duration_s: float) -> None:
        actor, rng = self._actor, self._rng
        factor = actor.wearer.restless if tone is SITTING else actor.wearer.sway
        if tone in (SITTING, STANDING):
            actor.sound(tone.scaled(factor))  # type: ignore[attr-defined]
        if duration_s > 1.5 and rng.random() < LEAN_SHARE:
            here, over_s = float(actor.pose[PITCH]), 0.4 * duration_s
            lean = here + float(np.radians(rng.normal(0, 12)))
            actor.go(PITCH, lean, over_s=over_s)
            actor.go(PITCH, here, after_s=0.5 * duration_s, over_s=over_s)
        actor.now += duration_s

    def _be_up(self) -> None:
        actor, trial = self._actor, self._trial
        if trial.walk_s is None:
            self._rest(STANDING, self._draw(trial.stand_s))
            return
        actor.sound(WALKING)
        end = actor.now + self._draw(trial.walk_s)
        strength = float(self._rng.uniform(0.4, 1.1))
        actor.plan.rhythms.append(Rhythm(actor.now, end, actor.wearer.walk, strength, strength))
        turn = float(self._rng.choice([-1, 1]) * np.pi)
        actor.go(YAW, actor.pose[YAW] + turn, after_s=0.4 * (end - actor.now), over_s=1.5)
        actor.now = end

    def _rise(self) -> None:
        actor, rng = self._actor, self._rng
        over_s = self._duration(self._trial.rise_s)
        actor.sound(CHANGING.scaled(0.8 * min(1.0, 2.0 / over_s)))
        begin, share = float(rng.uniform(0.3, 0.42)), float(rng.uniform(0.4, 0.55))
        upright = float(np.radians(rng.normal(0, 3)))
        lean = float(actor.pose[PITCH]) + self._lean_rad * float(rng.uniform(0.85, 1.15))
        actor.go(PITCH, lean, over_s=(begin + 0.12) * over_s)
        actor.go(PITCH, upright, after_s=(begin + 0.12) * over_s, over_s=(0.85 - begin) * over_s)
        actor.go(ROLL, float(np.radians(rng.normal(0, 1))), over_s=over_s)
        actor.go(FORWARD, float(actor.pose[FORWARD]) + 0.25, over_s=0.8 * over_s)
        self._go_up(0.0, begin * over_s, share * over_s)
        self.seat_changes.append(actor.now + (begin + SEAT_OFF * share) * over_s)
        actor.now += over_s

    def _sit_down(self) -> None:
        actor, rng = self._actor, self._rng
        over_s = self._duration(self._trial.sit_down_s)
        actor.sound(CHANGING.scaled(0.8 * min(1.0, 2.0 / over_s)))
        begin, share = float(rng.uniform(0.08, 0.2)), float(rng.uniform(0.45, 0.6))
        lean = float(actor.pose[PITCH]) + self._lean_rad * float(rng.uniform(0.6, 1.0))
        back = self._seat_rad + float(np.radians(rng.normal(0, 3)))
        actor.go(PITCH, lean, over_s=(begin + 0.4 * share) * over_s)
        at = begin + 0.55 * share
        actor.go(PITCH, back, after_s=at * over_s, over_s=(1 - at) * over_s)
        actor.go(FORWARD, float(actor.pose[FORWARD]) - 0.25, after_s=0.1, over_s=0.7 * over_s)
        self._go_up(-self._travel_m, begin * over_s, share * over_s)
        self.seat_changes.append(actor.now + (begin + SEAT_ON * share) * over_s)
        actor.now += (begin + 0.85 * share) * over_s
        actor.burst(LANDING.scaled(float(rng.uniform(0.3, 1.5))), 0.15)
        actor.now += (1 - begin - 0.85 * share) * over_s

    def _go_up(self, to_m: float, after_s: float, over_s: float) -> None:
        """Travel with a skewed speed: two minimum-jerk moves that overlap."""
        actor, share = self._actor, float(self._rng.uniform(0.35, 0.65))
        way = to_m - float(actor.pose[UP])
        part = float(self._rng.uniform(0.6, 0.85))
        actor.go(UP, float(actor.pose[UP]) + share * way, after_s=after_s, over_s=part * over_s)
        actor.go(UP, to_m, after_s=after_s + (1 - part) * over_s, over_s=part * over_s)


def recorded(trial: Trial, seed: int) -> dict[str, object]:
    """Return the arrays of one recording."""
    rng = np.random.default_rng(seed)
    rate_hz = float(rng.choice(RATES_HZ))
    performer = Performer(trial, rng)
    plan = performer.play().plan
    plan.tones.sort(key=lambda entry: entry[0])
    count = int(plan.end_s * rate_hz)
    felt = Body(plan, rng.spawn(1)[0], rate_hz=rate_hz).take(0, count)
    mounting = random_rotation(rng)
    sensor = WornSensor(rng.spawn(1)[0], rate_hz=rate_hz, mounting=mounting, faults=Faults())
    acc, gyro = sensor.measure(0, felt.force, felt.rate)
    t = np.arange(count) / rate_hz
    changes = np.searchsorted(performer.seat_changes, t, side="right")
    seated = (changes % 2 == 0) == performer.starts_seated
    return {"acc_ms2": acc, "gyro_rads": gyro, "rate_hz": rate_hz, "seated": seated}


def write(folder: Path, trials: int, first_seed: int) -> None:
    """Write `trials` recordings of each kind."""
    for k, (kind, trial) in enumerate(KINDS.items()):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for i in range(trials):
            arrays = recorded(trial, first_seed + 1000 * k + i)
            np.savez(folder / kind / f"p{i:03d}_{kind}.npz", **arrays)  # type: ignore[arg-type]


def main() -> None:
    """Print the figures of each kind of trial, and of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chairs", description=__doc__)
    parser.add_argument("--keep", type=Path, help="folder to write the recordings to")
    parser.add_argument("--trials", type=int, default=40, help="recordings of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        write(folder, options.trials, options.seed)
        figures = {k: rises.seatplate([read(p) for p in find(folder / k)]) for k in KINDS}
        figures["all"] = rises.seatplate([read(p) for p in find(folder)])
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
