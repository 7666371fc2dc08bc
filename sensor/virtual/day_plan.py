"""Turns a script into movements: what moves when, how restless the body is, and what is true."""

from __future__ import annotations

import numpy as np

from sensor.virtual.day_actor import Actor, Plan
from sensor.virtual.day_change import Changes
from sensor.virtual.day_script import (
    SEATED_ACTIVITIES,
    WALKING_ACTIVITIES,
    Activity,
    DayScript,
    Family,
    Step,
    family_of,
    merged,
    state_of,
)
from sensor.virtual.day_seat import plan_sitting
from sensor.virtual.wearer import (
    CHANGING,
    DRIVING,
    IN_A_BAG,
    LYING,
    ON_A_DESK,
    SITTING,
    STANDING,
    WALKING,
    Wearer,
)
from sensor.virtual.wearer_gait import Rhythm
from sensor.virtual.wearer_moves import BELT_TILT, PITCH, ROLL, YAW

WALKING_SPEED_M_S = 1.25
BOUT_FACTORS = (0.5, 2.0)
"""Least and most restless bout of a person: so many times the usual (84 bouts of 21 people)."""


class Planner:
    """Plays one script for one wearer."""

    def __init__(self, wearer: Wearer, rng: np.random.Generator) -> None:
        self._actor = Actor(wearer, rng)
        self._changes = Changes(self._actor)

    def play(self, script: DayScript) -> Plan:
        """Return the plan of the whole script."""
        for step in script:
            self._step(step)
        self._changes.stop_breathing()
        plan = self._actor.plan
        plan.end_s = self._actor.now
        plan.tones.sort(key=lambda entry: entry[0])
        plan.truth = list(merged(plan.truth))
        return plan

    def _step(self, step: Step) -> None:
        activity = Activity(step.activity)
        begin = self._actor.now
        if activity is Activity.LINK_LOSS:
            self._lose_link(step)
            return
        state, name = state_of(activity), activity.value
        donned = self._changes.to(family_of(activity), step)
        self._actor.true(state, name, max(begin, donned))
        changed = self._actor.now
        end = max(begin + step.duration_s, changed + 0.1)
        self._perform(activity, step, end)
        # a movement that is under way is finished
        self._actor.now = max(end, self._actor.now)
        if activity not in SEATED_ACTIVITIES or activity in (Activity.CAR, Activity.WHEEL):
            self._actor.true(state, name, changed)

    def _perform(self, activity: Activity, step: Step, end: float) -> None:
        actor = self._actor
        if activity in WALKING_ACTIVITIES:
            self._walk(activity, step, end)
        elif family_of(activity) is Family.SEATED:
            self._sit(activity, step, end)
        elif activity is Activity.LIE:
            actor.sound(LYING.scaled(actor.wearer.restless))
        elif activity is Activity.BEND:
            self._bend(end)
        elif activity is Activity.DESK:
            actor.sound(ON_A_DESK)
        elif activity is Activity.BAG:
            self._carry(end)
        else:
            self._stand(end)

    def _sit(self, activity: Activity, step: Step, end: float) -> None:
        actor = self._actor
        if activity is Activity.CAR:
            actor.sound(DRIVING)
            return
        actor.sound(SITTING.scaled(actor.wearer.restless * self._bout(0.45)))
        if activity is Activity.WHEEL:
            wheel = actor.wearer.wheel
            actor.plan.rhythms.append(Rhythm(actor.now, end, wheel, 1.0, 1.0))
            self._turn_now_and_then(end)
            return
        plan_sitting(actor, activity, step, end)

    def _bout(self, spread: float) -> float:
        """Return how restless a bout is beside others of the same person."""
        return float(np.clip(self._actor.rng.lognormal(0, spread), *BOUT_FACTORS))

    def _stand(self, end: float) -> None:
        actor, rng = self._actor, self._actor.rng
        actor.sound(STANDING.scaled(actor.wearer.sway * self._bout(0.35)))
        start, neutral = actor.now, float(actor.pose[PITCH])
        while (next_s := actor.now + float(rng.exponential(18.0))) < end - 3:
            actor.now = next_s
            over_s = float(rng.uniform(0.7, 2.0))
            actor.go(PITCH, neutral + float(np.radians(rng.normal(0, 1.2))), over_s=over_s)
            actor.go(ROLL, float(np.radians(rng.normal(0, 2.0))), over_s=over_s)
            actor.go(YAW, float(actor.pose[YAW] + rng.normal(0, 0.4)), over_s=over_s)
            actor.burst(CHANGING.scaled(0.35 * actor.wearer.sway), over_s)
        actor.now = start

    def _bend(self, end: float) -> None:
        actor = self._actor
        actor.sound(STANDING.scaled(actor.wearer.sway * self._bout(0.35)))
        upright = float(actor.pose[PITCH])
        over_s = min(2.0, (end - actor.now) / 3)
        actor.go(PITCH, upright + float(np.radians(actor.rng.uniform(45, 75))), over_s=over_s)
        actor.go(PITCH, upright, after_s=end - actor.now - over_s, over_s=over_s)

    def _walk(self, activity: Activity, step: Step, end: float) -> None:
        actor = self._actor
        shape = {
            Activity.STAIRS_UP: actor.wearer.stairs_up,
            Activity.STAIRS_DOWN: actor.wearer.stairs_down,
        }.get(activity, actor.wearer.walk)
        strength = step.parameters.get("intensity", float(actor.rng.uniform(0.5, 1.15)))
        actor.sound(WALKING)
        start = actor.now
        actor.go(PITCH, float(np.radians(actor.rng.normal(1.0, 1.5))), over_s=1.5)
        speed_m_s = WALKING_SPEED_M_S * strength
        actor.plan.rhythms.append(Rhythm(actor.now, end, shape, strength, speed_m_s))
        self._turn_now_and_then(end)
        actor.now = start
        self._slip(end)

    def _turn_now_and_then(self, end: float) -> None:
        actor, rng = self._actor, self._actor.rng
        start = actor.now
        while (next_s := actor.now + float(rng.uniform(5, 20))) < end - 3:
            actor.now = next_s
            angle = float(rng.choice([-1, 1]) * np.radians(rng.uniform(30, 180)))
            actor.go(YAW, float(actor.pose[YAW]) + angle, over_s=float(rng.uniform(1.0, 2.5)))
        actor.now = start

    def _slip(self, end: float) -> None:
        actor = self._actor
        hours = (end - actor.now) / 3600
        slip_deg = actor.wearer.persona.slip_deg_per_hour * hours
        if slip_deg and end - actor.now > 1:
            way = float(np.radians(actor.rng.normal(slip_deg, slip_deg / 2)))
            target = float(np.clip(actor.pose[BELT_TILT] + way, -0.35, 0.35))
            actor.go(BELT_TILT, target, over_s=end - actor.now)

    def _carry(self, end: float) -> None:
        actor = self._actor
        actor.sound(IN_A_BAG)
        strength = float(actor.rng.uniform(0.4, 0.9))
        actor.plan.rhythms.append(Rhythm(actor.now, end, actor.wearer.walk, strength, 1.2))
        self._turn_now_and_then(end)

    def _lose_link(self, step: Step) -> None:
        actor = self._actor
        begin, end = actor.now, actor.now + step.duration_s
        actor.now = begin + step.duration_s / 3
        for key, family in (
            ("meanwhile_upright", Family.UPRIGHT),
            ("meanwhile_seated", Family.SEATED),
        ):
            if step.parameters.get(key) and self._changes.family is not Family.OFF:
                self._changes.to(family, step)
                actor.sound(STANDING if family is Family.UPRIGHT else SITTING)
        actor.now = max(end, actor.now)
        actor.plan.silences.append((begin, actor.now))
        actor.true("no_data", Activity.LINK_LOSS.value, begin)
