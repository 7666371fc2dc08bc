"""Getting from one configuration of the body to another: rising, lying down, donning."""

from __future__ import annotations

import numpy as np

from sensor.virtual.day_actor import Actor
from sensor.virtual.day_script import Family, Step
from sensor.virtual.day_seat import seat_tilt_rad
from sensor.virtual.wearer import CHANGING, HANDLED, LANDING
from sensor.virtual.wearer_gait import Rhythm
from sensor.virtual.wearer_moves import BELT_TILT, BELT_TURN, FORWARD, PITCH, ROLL, UP

DON_S = 8.0
DOFF_S = 5.0
LYING_DOWN_S = (3.0, 6.0)
BEFORE_S = 0.1  # the pose in which a day begins is taken up before it begins
REDON_TILT_DEG = 5.7  # sd of the neutral between two wearings of one person
REDON_TURN_DEG = 6.0


class Changes:
    """Moves one actor between the families of poses."""

    def __init__(self, actor: Actor) -> None:
        self.family: Family | None = None
        self._actor = actor
        self._breath_from: float | None = None

    def to(self, family: Family, step: Step) -> float:
        """Take the body to `family`; return when the strap was on the body again, or 0."""
        before, self.family = self.family, family
        if before is None:
            self._start_in(family, step)
        donned = 0.0
        if before is None or before is family:
            return donned
        if before is Family.OFF:
            donned = self._don()
            before = Family.UPRIGHT
        if family is Family.OFF:
            self._doff()
        elif family is Family.UPRIGHT:
            self._rise(lying=before is Family.LYING)
        elif family is Family.SEATED and before is not Family.SEATED:
            self._sit_down(step, lying=before is Family.LYING)
        elif family is Family.LYING:
            self._lie_down(step, upright=before is Family.UPRIGHT)
        return donned

    def _start_in(self, family: Family, step: Step) -> None:
        actor = self._actor
        if family is Family.SEATED:
            actor.seat = seat_tilt_rad(actor, step)
            actor.go(PITCH, actor.seat, after_s=-BEFORE_S, over_s=BEFORE_S)
            actor.go(UP, -actor.wearer.travel_m, after_s=-BEFORE_S, over_s=BEFORE_S)
        elif family is Family.LYING:
            self._recline(step, after_s=-BEFORE_S, over_s=BEFORE_S)
        elif family is Family.OFF:
            self._put_anywhere(after_s=-BEFORE_S, over_s=BEFORE_S)
        if family is not Family.OFF:
            self._breath_from = actor.now

    def _rise(self, *, lying: bool) -> None:
        actor, rng, persona = self._actor, self._actor.rng, self._actor.wearer.persona
        if lying:
            self._sit_up()
        over_s = persona.rise_s.draw(rng)
        actor.sound(CHANGING.scaled(0.8))
        lean = float(actor.pose[PITCH] + np.radians(persona.lean_deg.draw(rng)))
        neutral = float(np.radians(rng.normal(0, persona.stand_sd_deg)))
        actor.go(PITCH, lean, over_s=0.45 * over_s)
        actor.go(PITCH, neutral, after_s=0.45 * over_s, over_s=0.5 * over_s)
        actor.go(ROLL, 0.0, over_s=over_s)
        actor.go(FORWARD, float(actor.pose[FORWARD]) + 0.25, over_s=0.8 * over_s)
        actor.go(UP, 0.0, after_s=0.38 * over_s, over_s=0.36 * over_s)
        actor.now += over_s

    def _sit_down(self, step: Step, *, lying: bool) -> None:
        actor, rng, persona = self._actor, self._actor.rng, self._actor.wearer.persona
        actor.seat = tilt = seat_tilt_rad(actor, step)
        if lying:
            self._sit_up(tilt)
            return
        over_s = persona.sit_down_s.draw(rng)
        actor.sound(CHANGING.scaled(0.8))
        lean = float(actor.pose[PITCH] + np.radians(0.8 * persona.lean_deg.draw(rng)))
        actor.go(PITCH, lean, over_s=0.5 * over_s)
        actor.go(PITCH, tilt, after_s=0.5 * over_s, over_s=0.5 * over_s)
        actor.go(
            FORWARD, float(actor.pose[FORWARD]) - 0.25, after_s=0.1 * over_s, over_s=0.7 * over_s
        )
        travel_m = actor.wearer.travel_m * float(rng.uniform(0.85, 1.15))
        actor.go(UP, -travel_m, after_s=0.2 * over_s, over_s=0.4 * over_s)
        actor.now += 0.55 * over_s
        actor.burst(LANDING, 0.1 * over_s)
        actor.now += 0.45 * over_s

    def _lie_down(self, step: Step, *, upright: bool) -> None:
        actor = self._actor
        if upright:
            self._sit_down(step, lying=False)
        actor.sound(CHANGING)
        over_s = float(actor.rng.uniform(*LYING_DOWN_S))
        self._recline(step, over_s=over_s)
        actor.now += over_s

    def _recline(self, step: Step, *, over_s: float, after_s: float = 0.0) -> None:
        actor, rng = self._actor, self._actor.rng
        side = float(np.radians(step.parameters.get("side_deg", rng.normal(0, 15))))
        pitch = float(np.radians(rng.normal(-80, 6))) * float(np.cos(side))
        actor.go(PITCH, pitch, after_s=after_s, over_s=over_s)
        actor.go(ROLL, side, after_s=after_s, over_s=over_s)
        actor.go(UP, -actor.wearer.travel_m - 0.1, after_s=after_s, over_s=over_s)

    def _sit_up(self, tilt: float = -0.2) -> None:
        actor = self._actor
        actor.sound(CHANGING)
        over_s = float(actor.rng.uniform(*LYING_DOWN_S))
        actor.go(PITCH, tilt, over_s=over_s)
        actor.go(ROLL, 0.0, over_s=over_s)
        actor.go(UP, -actor.wearer.travel_m, over_s=over_s)
        actor.now += over_s

    def _doff(self) -> None:
        actor = self._actor
        self.stop_breathing()
        actor.sound(HANDLED)
        self._put_anywhere(over_s=DOFF_S)
        actor.now += DOFF_S

    def _put_anywhere(self, *, over_s: float, after_s: float = 0.0) -> None:
        actor, rng = self._actor, self._actor.rng
        actor.go(PITCH, float(rng.uniform(-1.5, 1.5)), after_s=after_s, over_s=over_s)
        actor.go(ROLL, float(rng.uniform(-3.1, 3.1)), after_s=after_s, over_s=over_s)
        actor.go(UP, -0.2, after_s=after_s, over_s=over_s)

    def _don(self) -> float:
        actor, rng = self._actor, self._actor.rng
        begin = actor.now
        actor.sound(HANDLED)
        neutral = float(np.radians(rng.normal(0, actor.wearer.persona.stand_sd_deg)))
        for channel, target in (
            (PITCH, neutral),
            (ROLL, 0.0),
            (UP, 0.0),
            (BELT_TILT, float(np.radians(rng.normal(0, REDON_TILT_DEG)))),
            (BELT_TURN, float(np.radians(rng.normal(0, REDON_TURN_DEG)))),
        ):
            actor.go(channel, target, over_s=DON_S)
        actor.now += DON_S
        actor.true("off_body", "donning", begin)
        self._breath_from = actor.now
        return actor.now

    def stop_breathing(self) -> None:
        actor = self._actor
        if self._breath_from is not None and actor.now > self._breath_from:
            breath = actor.wearer.breath
            actor.plan.rhythms.append(Rhythm(self._breath_from, actor.now, breath))
        self._breath_from = None
