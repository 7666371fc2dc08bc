"""The newest experiment of a wearer, found in the history."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor import trials
from monitor.experiment import Experiment, Result, analyse
from tui.exits import CommandError

if TYPE_CHECKING:
    from ingest.past.history import History


def newest(history: History, today: dt.date, zone: ZoneInfo) -> tuple[Experiment, Result]:
    """Return the newest experiment and what it says today; raise CommandError without any."""
    experiment = trials.newest(history, today, zone)
    if experiment is None:
        raise CommandError("there was no experiment yet: `lumbar experiment start --help`")
    halves = trials.half_days(history, experiment, today, zone)
    return experiment, analyse(experiment, halves, today)


def words(experiment: Experiment, result: Result) -> list[str]:
    """Return the state of an experiment for a person."""
    first, second = experiment.arms
    last = experiment.first_day + dt.timedelta(days=experiment.days - 1)
    lines = [
        f"{experiment.setting}: {first} against {second}, {experiment.first_day} to {last}",
        f"{result.days} of {result.wanted} days count: {result.finding.value}",
    ]
    if result.effect is not None:
        interval = "" if result.low is None else f" (97 %: {result.low:+.1f} to {result.high:+.1f})"
        lines.append(
            f"{result.effect:+.1f} minutes in long bouts per worn hour with {second}{interval}"
        )
    return lines
