"""What a sitting body does by itself: shifts, fidgets, slumps and leans."""

from __future__ import annotations

import numpy as np

from sensor.virtual.day_actor import Actor
from sensor.virtual.day_script import Activity, Step
from sensor.virtual.wearer import FIDGETING
from sensor.virtual.wearer_moves import PITCH, ROLL, YAW

SIT_BACK_RANGE_DEG = (-4.0, 46.0)
BACK_TO_SEAT_RAD = 0.05


def seat_tilt_rad(actor: Actor, step: Step) -> float:
    """Return the inclination (+ forward) of a fresh bout of sitting relative to standing."""
    if "tilt_deg" in step.parameters and step.activity == Activity.SIT:
        return float(np.radians(step.parameters["tilt_deg"]))
    drawn = actor.rng.normal(actor.wearer.sit_back_deg, actor.wearer.persona.bout_sd_deg)
    return -float(np.radians(np.clip(drawn, *SIT_BACK_RANGE_DEG)))


def plan_sitting(actor: Actor, activity: Activity, step: Step, end: float) -> None:
    """Fill the time until `end`, from the actor's now, and note the truth of it."""
    begin = actor.now
    if activity is not Activity.SIT:
        _hold(actor, activity, _target(actor, activity, actor.seat, step), end)
        return
    if "tilt_deg" in step.parameters:
        actor.seat = seat_tilt_rad(actor, step)
    if abs(float(actor.pose[PITCH]) - actor.seat) > BACK_TO_SEAT_RAD and end - begin > 4:
        _shift(actor, actor.seat)
    if not step.parameters.get("still"):
        begin = _live(actor, actor.seat, begin, end)
    actor.now = max(end, actor.now)
    actor.true("sitting", Activity.SIT.value, begin)


def _live(actor: Actor, base: float, begin: float, end: float) -> float:
    """Play spontaneous movements until `end`; return since when the plain sitting lasts."""
    persona = actor.wearer.persona
    per_hour = np.array(
        [persona.shifts, persona.fidgets, persona.slumps, persona.leans_back, persona.leans_forward]
    )
    while True:
        next_s = actor.now + float(actor.rng.exponential(3600 / per_hour.sum()))
        if next_s > end - 8:
            return begin
        actor.now = next_s
        which = int(actor.rng.choice(5, p=per_hour / per_hour.sum()))
        if which == 0:
            _shift(actor, base)
        elif which == 1:
            _fidget(actor)
        else:
            kind = (Activity.SLUMP, Activity.LEAN_BACK, Activity.LEAN_FORWARD)[which - 2]
            actor.true("sitting", Activity.SIT.value, begin)
            hold_s = _hold_s(actor, kind)
            target = _target(actor, kind, base, Step(kind, hold_s))
            _hold(actor, kind, target, min(actor.now + hold_s, end - 4))
            begin = actor.now
            _shift(actor, base)


def _shift(actor: Actor, base: float) -> None:
    over_s = float(actor.rng.uniform(0.8, 2.5))
    actor.go(PITCH, base + float(np.radians(actor.rng.normal(0, 2.0))), over_s=over_s)
    actor.go(ROLL, float(np.radians(actor.rng.normal(0, 2.5))), over_s=over_s)
    actor.go(YAW, float(actor.pose[YAW] + actor.rng.normal(0, 0.2)), over_s=over_s)
    actor.burst(FIDGETING.scaled(float(actor.rng.uniform(0.5, 1.0))), over_s)
    actor.now += over_s


def _fidget(actor: Actor) -> None:
    over_s = float(actor.rng.uniform(0.5, 5.0))
    actor.burst(FIDGETING.scaled(float(actor.rng.uniform(0.25, 1.0))), over_s)
    actor.now += over_s


def _hold_s(actor: Actor, kind: Activity) -> float:
    low, high = {
        Activity.SLUMP: (60.0, 600.0),
        Activity.LEAN_BACK: (20.0, 300.0),
        Activity.LEAN_FORWARD: (8.0, 120.0),
    }[kind]
    return float(np.exp(actor.rng.uniform(np.log(low), np.log(high))))


def _target(actor: Actor, kind: Activity, base: float, step: Step) -> float:
    if "tilt_deg" in step.parameters:
        return float(np.radians(step.parameters["tilt_deg"]))
    rng = actor.rng
    degrees = {
        Activity.SLUMP: -float(rng.uniform(6, 16)),
        Activity.LEAN_BACK: -float(rng.uniform(8, 20)),
        Activity.LEAN_FORWARD: actor.wearer.persona.lean_forward_deg.draw(rng),
    }[kind]
    return base + float(np.radians(degrees))


def _hold(actor: Actor, kind: Activity, target: float, end: float) -> None:
    """Go to `target` and stay until `end`; slumping is slow, leaning is not."""
    begin = actor.now
    slow = kind is Activity.SLUMP
    over_s = float(actor.rng.uniform(3, 20) if slow else actor.rng.uniform(0.8, 2.5))
    over_s = min(over_s, max(0.5, (end - begin) / 2))
    actor.go(PITCH, target, over_s=over_s)
    if not slow:
        actor.burst(FIDGETING.scaled(0.6), over_s)
    actor.now = max(end, begin + over_s)
    actor.true("sitting", kind.value, begin)
