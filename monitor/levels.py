"""Where the rungs stand now: the settings, changed by an experiment and by the novelty guard."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from ingest.messages import NudgeMessage
from monitor.experiment import USUAL_SINKS, Experiment
from monitor.novelty import Novelty
from monitor.settings import NudgeSettings

PATIENCE: Final = 3.0  # times as long for a natural pause when prompts wear off


@dataclass(frozen=True, slots=True)
class Levels:
    """Rungs in seconds of load (0 leaves one out), and how a prompt is given.

    Attributes:
        budget: of the day.
        moment_s: how long a due nudge may wait for a natural pause.
        wording: an offset into the equal sentences, or None to take turns.
        varied: whether every day takes its turns from another sentence on.
    """

    hint_s: float
    nudge_s: float
    firm_s: float
    budget: int
    moment_s: float
    wording: int | None = None
    varied: bool = False


def levels_at(
    now_s: float,
    settings: NudgeSettings,
    *,
    experiment: Experiment | None,
    guard: Novelty,
    timezone: ZoneInfo,
) -> Levels:
    """Return the levels of a moment; an experiment moves all rungs together.

    When answers fade, other sentences come at better moments (vary), or fewer prompts (reduce).
    """
    value = None if experiment is None else experiment.value_at(now_s, timezone)
    shift_min, wording = 0.0, None
    if value is not None and experiment is not None:
        if experiment.setting == "nudge_min":
            shift_min = float(value) - settings.nudge_min
        elif experiment.setting == "wording":
            wording = int(value)
    reduced = guard is Novelty.REDUCE
    return Levels(
        hint_s=_rung(settings.hint_min, shift_min),
        nudge_s=_rung(settings.nudge_min, shift_min),
        firm_s=0.0 if reduced else _rung(settings.firm_min, shift_min),
        budget=math.ceil(settings.budget * 2 / 3) if reduced else settings.budget,
        moment_s=settings.moment_s * (PATIENCE if guard is Novelty.VARY else 1.0),
        wording=wording,
        varied=guard is Novelty.VARY,
    )


def extra_sink(
    nudge: NudgeMessage, experiment: Experiment | None, timezone: ZoneInfo
) -> str | None:
    """Return the sink that an experiment adds for a prompt, or None."""
    if experiment is None or experiment.setting != "sink":
        return None
    value = experiment.value_at(nudge.t_ms / 1000, timezone)
    return None if value == USUAL_SINKS else value


def _rung(minutes: float, shift_min: float) -> float:
    return max(minutes + shift_min, 1.0) * 60 if minutes > 0 else 0.0
