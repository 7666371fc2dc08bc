"""The newest experiment of a wearer, found in the history."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from monitor.experiment import Experiment, Result, analyse
from monitor.trials import half_days
from tui.exits import CommandError

if TYPE_CHECKING:
    from ingest.history import History
    from ingest.records import Event

LOOK_BACK_DAYS: Final = 400


def newest(history: History, today: dt.date, zone: ZoneInfo) -> tuple[Experiment, Result]:
    """Return the newest experiment and what it says today; raise CommandError without any."""
    until = dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), zone)
    since = until - dt.timedelta(days=LOOK_BACK_DAYS)
    span = (int(since.timestamp()), int(until.timestamp()))
    events = [stored.event for stored in history.events(*span, ("experiment",))]
    started = [event for event in events if event.data.get("action") == "started"]
    if not started:
        raise CommandError("there was no experiment yet: `lumbar experiment start --help`")
    experiment = _registered(started[-1])
    halves = half_days(history, experiment, today, zone)
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
        interval = "" if result.low is None else f" (95 %: {result.low:+.1f} to {result.high:+.1f})"
        lines.append(
            f"{result.effect:+.1f} minutes in long bouts per worn hour with {second}{interval}"
        )
    return lines


def _registered(event: Event) -> Experiment:
    data = event.data
    return Experiment(
        id=str(data["experiment"]),
        setting="wording" if data.get("setting") == "wording" else "nudge_min",
        arms=(str(data.get("first")), str(data.get("second"))),
        first_day=dt.date.fromisoformat(str(data.get("first_day"))),
        days=int(data.get("days") or 0),
    )
