"""Ready-made scripts: a fixed working day, random days and the day of the demo."""

from __future__ import annotations

import numpy as np

from sensor.virtual.day_script import Activity, DayScript, Step
from sensor.virtual.personas import OFFICE, Persona

_MIN = 60.0

_WORKDAY: DayScript = (
    Step(Activity.STAND, 40),
    Step(Activity.WALK, 4 * _MIN),
    Step(Activity.STAND, 45),
    Step(Activity.SIT, 48 * _MIN),
    Step(Activity.STAND, 3 * _MIN),
    Step(Activity.WALK, 5 * _MIN),
    Step(Activity.SIT, 35 * _MIN),
    Step(Activity.WALK, 2 * _MIN),
    Step(Activity.STAND, 25 * _MIN),
    Step(Activity.SIT, 40 * _MIN),
    Step(Activity.SLUMP, 6 * _MIN),
    Step(Activity.SIT, 5 * _MIN),
    Step(Activity.WALK, 8 * _MIN),
    Step(Activity.SIT, 22 * _MIN),
    Step(Activity.WALK, 10 * _MIN),
    Step(Activity.LIE, 12 * _MIN),
    Step(Activity.WALK, 3 * _MIN),
    Step(Activity.SIT, 45 * _MIN),
    Step(Activity.LINK_LOSS, 90),
    Step(Activity.SIT, 8 * _MIN),
    Step(Activity.STAND, 2 * _MIN),
    Step(Activity.DESK, 9 * _MIN),
    Step(Activity.WALK, 4 * _MIN),
)

DEMO_PREAMBLE: DayScript = (
    Step(Activity.STAND, 25),
    Step(Activity.WALK, 3 * _MIN),
    Step(Activity.STAND, 20),
    Step(Activity.SIT, 27 * _MIN, {"tilt_deg": -19}),
)
"""What the demo's wearer has done when the demo begins: sitting such as most people's."""

_DEMO_OPENING: DayScript = (
    Step(Activity.SIT, 60, {"tilt_deg": -19}),
    Step(Activity.SLUMP, 110),
    Step(Activity.SIT, 190, {"still": 1, "tilt_deg": -19}),
    Step(Activity.STAND, 20),
    Step(Activity.WALK, 7 * _MIN),
    Step(Activity.SIT, 33 * _MIN, {"tilt_deg": -23}),
    Step(Activity.STAND, 12 * _MIN),
    Step(Activity.WALK, 4 * _MIN),
    Step(Activity.SIT, 20 * _MIN, {"tilt_deg": -15}),
    Step(Activity.LINK_LOSS, 75),
    Step(Activity.SIT, 8 * _MIN, {"tilt_deg": -15}),
    Step(Activity.WALK, 6 * _MIN),
    Step(Activity.LIE, 10 * _MIN),
    Step(Activity.WALK, 3 * _MIN),
    Step(Activity.DESK, 8 * _MIN),
    Step(Activity.WALK, 2 * _MIN),
)


def _cut(script: list[Step], duration_s: float) -> DayScript:
    out: list[Step] = []
    for step in script:
        left = duration_s - sum(done.duration_s for done in out)
        if left < 1:
            break
        out.append(step._replace(duration_s=min(step.duration_s, left)))
    return tuple(out)


def scripted_day(hours: float, *, seed: int) -> DayScript:
    """Return a working day of `hours`; every duration is varied by up to 10 % with the seed."""
    rng = np.random.default_rng(seed)
    script: list[Step] = []
    while sum(step.duration_s for step in script) < hours * 3600:
        script += [s._replace(duration_s=s.duration_s * rng.uniform(0.9, 1.1)) for s in _WORKDAY]
    return _cut(script, hours * 3600)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _work(rng: np.random.Generator, persona: Persona) -> Step:
    if rng.random() < persona.standing_share:
        return Step(Activity.STAND, _log_uniform(rng, 2 * _MIN, 50 * _MIN))
    return Step(Activity.SIT, _log_uniform(rng, 4 * _MIN, 75 * _MIN))


def _break(rng: np.random.Generator, persona: Persona) -> list[Step]:
    if not persona.stands:
        return [Step(Activity.WHEEL, _log_uniform(rng, 20, 6 * _MIN))]
    kind = rng.choice(
        ["walk", "stand", "stairs", "bend", "lie", "link", "off", "bag", "car", "hidden"],
        p=[0.45, 0.2, 0.1, 0.05, 0.03, 0.05, 0.05, 0.02, 0.02, 0.03],
    )
    walk = Step(Activity.WALK, _log_uniform(rng, 8, 9 * _MIN))
    stand = Step(Activity.STAND, _log_uniform(rng, 8, 6 * _MIN))
    some_min = _log_uniform(rng, 3 * _MIN, 25 * _MIN)
    breaks: dict[str, list[Step]] = {
        "walk": [walk, stand, walk._replace(duration_s=walk.duration_s / 2)],
        "stand": [stand],
        "stairs": [
            walk,
            Step(Activity.STAIRS_DOWN, _log_uniform(rng, 10, 40)),
            walk,
            Step(Activity.STAIRS_UP, _log_uniform(rng, 10, 50)),
            walk,
        ],
        "bend": [stand, Step(Activity.BEND, rng.uniform(5, 15)), stand],
        "lie": [walk, Step(Activity.LIE, some_min, {"side_deg": rng.normal(0, 50)})],
        "link": [Step(Activity.LINK_LOSS, _log_uniform(rng, 2, 5 * _MIN))],
        "off": [stand, Step(Activity.DESK, some_min), stand],
        "bag": [stand, Step(Activity.BAG, some_min), walk],
        "car": [walk, Step(Activity.CAR, some_min), walk],
        "hidden": [
            Step(Activity.LINK_LOSS, _log_uniform(rng, 20, 8 * _MIN), {"meanwhile_upright": 1}),
            stand,
        ],
    }
    return breaks[str(kind)]


def random_day(hours: float, *, seed: int, persona: Persona = OFFICE) -> DayScript:
    """Return a random day of `hours` such as `persona` lives it; begins standing and walking."""
    rng = np.random.default_rng(seed)
    script = [Step(Activity.STAND, rng.uniform(20, 60)), Step(Activity.WALK, rng.uniform(60, 300))]
    if not persona.stands:
        script = [Step(Activity.SIT, rng.uniform(60, 300))]
    while sum(step.duration_s for step in script) < hours * 3600:
        script.append(_work(rng, persona))
        script += _break(rng, persona)
    return _cut(script, hours * 3600)


def demo_script(hours: float, *, seed: int) -> DayScript:
    """Return the demo's day from the moment it begins, DEMO_PREAMBLE not included."""
    opening_s = sum(step.duration_s for step in _DEMO_OPENING)
    rest = scripted_day(max(0.0, hours - opening_s / 3600), seed=seed) if hours else ()
    return _cut([*_DEMO_OPENING, *rest], hours * 3600)
