"""N-of-1 experiments: which setting works for this wearer, by randomised half-days.

1. An experiment is registered before it starts: two arms, a number of days, one outcome.
2. Every day is a block: one half gets one arm, the other half the other, in an order that is drawn
   from the experiment's id and the date, so that anybody can draw it again.
3. The outcome of a half-day is minutes in sitting bouts over 30 minutes per worn hour; half-days
   with less than two worn hours do not count, and a day counts with both halves only.
4. The effect is the mean difference within days. Because the order within a day was drawn, under
   "no effect" the sign of each day's difference is a coin toss: the randomisation test flips signs
   (Edgington & Onghena, Randomization Tests, 4th ed. 2007, ch. 5), exactly up to 12 days, by 4 000
   seeded draws beyond. The interval holds every effect that the test does not reject at 3 %: of
   500 wearers without an effect fewer than 25 are then told of one, either way round.
5. Before the registered length there is no verdict, whatever the figures look like, and none for
   one that was stopped.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Half = Literal["am", "pm"]
Setting = Literal["nudge_min", "wording", "sink"]

MIN_WORN_H: Final = 2.0  # of a half-day
MIN_DAYS: Final = 10  # fewer can hardly reach 5 % and say little
MAX_DAYS: Final = 365
ADVISED_DAYS: Final = 50  # finds 25 % fewer long-bout minutes in 9 of 10: docs/experiments.md
ALPHA: Final = 0.03
EXACT_DAYS: Final = 12
DRAWS: Final = 4000
NOON: Final = 12
USUAL_SINKS: Final = "usual"
ADDED_SINKS: Final = ("desktop", "tmux", "strap", "command")
"""Arms of an experiment over the sink: the usual ones, or one more."""


class Finding(StrEnum):
    """What an experiment says, in the wearer's words."""

    NOT_ENOUGH = "not enough data yet"
    WORKS = "the second setting led to fewer long bouts"
    OPPOSITE = "the first setting led to fewer long bouts"
    NO_DIFFERENCE = "no difference was found"
    STOPPED = "stopped before its length, so there is no verdict"


@dataclass(frozen=True, slots=True)
class Experiment:
    """What was registered.

    Attributes:
        id: names it; also the seed of its order.
        setting: what is varied.
        arms: the first (usual) and the second value.
        first_day: local date of its start.
        days: its length.
        stopped: local date on which it was given up, or None.
    """

    id: str
    setting: Setting
    arms: tuple[str, str]
    first_day: date
    days: int = ADVISED_DAYS
    stopped: date | None = None

    def __post_init__(self) -> None:
        if not MIN_DAYS <= self.days <= MAX_DAYS:
            raise ValueError(f"an experiment takes {MIN_DAYS} to {MAX_DAYS} days, not {self.days}")
        if self.arms[0] == self.arms[1]:
            raise ValueError("the two settings of an experiment must differ")

    def over(self, day: date) -> bool:
        """Return whether it was stopped, or the last day of the registered length is past."""
        return self.stopped is not None or day >= self.first_day + timedelta(days=self.days)

    def arm(self, day: date, half: Half) -> int | None:
        """Return which arm (0 or 1) is in force, or None outside the experiment."""
        end = self.first_day + timedelta(days=self.days)
        if not self.first_day <= day < min(end, self.stopped or end):
            return None
        draw = hashlib.blake2b(f"{self.id}/{day.isoformat()}".encode(), digest_size=1).digest()
        first = draw[0] & 1
        return first if half == "am" else 1 - first

    def value_at(self, now_s: float, timezone: ZoneInfo) -> str | None:
        """Return the value of the setting at a moment, or None outside the experiment."""
        local = datetime.fromtimestamp(now_s, timezone)
        arm = self.arm(local.date(), "am" if local.hour < NOON else "pm")
        return None if arm is None else self.arms[arm]


@dataclass(frozen=True, slots=True)
class HalfDay:
    """What happened in half a day."""

    day: date
    half: Half
    worn_h: float
    long_sitting_min: float

    @property
    def outcome(self) -> float | None:
        """Return minutes in long bouts per worn hour, or None when it was worn too little."""
        return None if self.worn_h < MIN_WORN_H else self.long_sitting_min / self.worn_h


@dataclass(frozen=True, slots=True)
class Result:
    """The state of an experiment.

    Attributes:
        finding: what may be said.
        days: days that count so far.
        wanted: the registered length.
        effect: second minus first arm, minutes in long bouts per worn hour; None without days.
        low, high: 97 % interval of it; None before the registered length.
        p: of the randomisation test; None before the registered length.
        usual: mean outcome of the first arm.
    """

    finding: Finding
    days: int
    wanted: int
    effect: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    usual: float | None = None

    def export(self) -> dict[str, object]:
        """Return the result as plain values for a file."""
        return asdict(self)


def analyse(experiment: Experiment, halves: Iterable[HalfDay], today: date) -> Result:
    """Return what the experiment says on `today`."""
    pairs = _pairs(experiment, [half for half in halves if half.day < today])
    if experiment.stopped is not None:
        return Result(Finding.STOPPED, len(pairs), experiment.days)
    if not experiment.over(today) or len(pairs) < MIN_DAYS:
        return Result(Finding.NOT_ENOUGH, len(pairs), experiment.days)
    differences = np.array([second - first for first, second in pairs])
    usual = float(np.mean([first for first, _ in pairs]))
    test = _SignFlips(differences, experiment.id)
    p = test.p_value(0.0)
    low, high = test.interval()
    effect = float(differences.mean())
    finding = Finding.NO_DIFFERENCE
    if p <= ALPHA:
        finding = Finding.WORKS if effect < 0 else Finding.OPPOSITE
    return Result(finding, len(pairs), experiment.days, effect, low, high, p, usual)


def _pairs(experiment: Experiment, halves: Sequence[HalfDay]) -> list[tuple[float, float]]:
    """Return (first arm, second arm) of every day with both halves."""
    outcomes: dict[date, dict[int, float]] = {}
    for half in halves:
        arm, outcome = experiment.arm(half.day, half.half), half.outcome
        if arm is not None and outcome is not None:
            outcomes.setdefault(half.day, {})[arm] = outcome
    return [(both[0], both[1]) for _, both in sorted(outcomes.items()) if len(both) == 2]


def _signs(n: int, seed: str) -> NDArray[np.float64]:
    """Return the sign patterns of the test, (patterns, n); the observed one is the first."""
    if n <= EXACT_DAYS:
        return np.array(list(itertools.product((1.0, -1.0), repeat=n)))
    number = int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest(), "big")
    drawn = np.random.default_rng(number).choice((1.0, -1.0), size=(DRAWS, n))
    drawn[0] = 1.0
    return drawn


class _SignFlips:
    """The randomisation test of some differences, for any assumed effect."""

    def __init__(self, differences: NDArray[np.float64], seed: str) -> None:
        signs = _signs(len(differences), seed)
        self._differences = differences
        self._flipped = signs @ differences
        self._balance = signs.sum(axis=1)

    def p_value(self, effect: float) -> float:
        """Return the two-sided p of "the effect is `effect`"."""
        sums = np.abs(self._flipped - effect * self._balance)
        observed = abs(float(self._differences.sum()) - effect * len(self._differences))
        return float(np.mean(sums >= observed - 1e-9))

    def interval(self) -> tuple[float, float]:
        """Return the effects that the test does not reject: the test turned round."""
        mean = float(self._differences.mean())
        reach = float(np.ptp(self._differences)) + abs(mean) + 1e-9
        return self._edge(mean, mean - reach), self._edge(mean, mean + reach)

    def _edge(self, inside: float, outside: float) -> float:
        for _ in range(24):
            middle = (inside + outside) / 2
            if self.p_value(middle) > ALPHA:
                inside = middle
            else:
                outside = middle
        return inside
