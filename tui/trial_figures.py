"""The newest experiment as named figures."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from monitor.experiment import Experiment, Result, analyse
from monitor.trials import half_days, newest

if TYPE_CHECKING:
    from ingest.past.history import History

NONE_YET: Final = (("none yet", "lumbar experiment start"),)


def experiment_figures(
    history: History, today: dt.date, zone: ZoneInfo
) -> tuple[tuple[str, str], ...]:
    """Return what the newest experiment says today."""
    found = newest(history, today, zone)
    if found is None:
        return NONE_YET
    return figures_of(found, analyse(found, half_days(history, found, today, zone), today))


def figures_of(experiment: Experiment, result: Result) -> tuple[tuple[str, str], ...]:
    """Return setting, progress, finding and, once there is one, the effect with its interval."""
    first, second = experiment.arms
    rows = (
        (experiment.setting.replace("_", " "), f"{first} against {second}"),
        ("days that count", f"{result.days} of {result.wanted}"),
        ("finding", result.finding.value),
    )
    if result.effect is None or result.low is None or result.high is None:
        return rows
    words = f"{result.effect:+.1f} ({result.low:+.1f} to {result.high:+.1f})"
    return (*rows, ("long-bout min per worn hour", words))
