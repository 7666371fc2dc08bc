"""What changed, in factual words, and the page for a physiotherapist.

Every figure carries how much of the time is known. Days with less than five worn hours are named,
not averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from ingest.past.history import DaySummary
from ingest.records import Event
from monitor import safety
from monitor.drills.journal import Practice

VALID_WORN_S: Final = 5 * 3600.0  # fewer worn hours say little of a day
LEAST_DAYS: Final = 3  # a mean of fewer is not compared
WINDOWS_S: Final = (60.0, 180.0, 300.0)
REFERENCE: Final = (0.144, 0.217, 0.304)
REFERENCE_SOURCE: Final = "2 628 vibrations to 26 older adults, Compernolle 2021, grade B-"


@dataclass(frozen=True, slots=True)
class ResponseRates:
    """How often the body answered a prompt.

    Attributes:
        prompts: nudges and firm nudges with a measured response.
        within: share that stood up within 1, 3 and 5 minutes; None without prompts.
    """

    prompts: int
    within: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the valid days of a period.

    Attributes:
        days: valid days.
        known_share: known share of the worn time of these days.
        sitting_h, up_h: hours a day.
        long_sitting_min: minutes a day in sitting bouts over 30 minutes.
        longest_min: longest sitting bout of a day, mean.
        breaks: credited a day.
    """

    days: int
    known_share: float
    sitting_h: float
    up_h: float
    long_sitting_min: float
    longest_min: float
    breaks: float


def response_rates(events: Iterable[Event]) -> ResponseRates:
    """Return how often the wearer was up within 1, 3 and 5 minutes.

    Hints are left out, and nudges after long standing: they ask for something else.
    """
    answers = [
        event.data.get("after_s")
        for event in events
        if event.kind == "response"
        and event.data.get("rung") != "hint"
        and event.data.get("topic") != "standing"
    ]
    if not answers:
        return ResponseRates(0, None)
    first, second, third = (
        sum(isinstance(a, int | float) and a <= limit_s for a in answers) / len(answers)
        for limit_s in WINDOWS_S
    )
    return ResponseRates(len(answers), (first, second, third))


def figures(days: Iterable[DaySummary]) -> Figures | None:
    """Return the means over the valid days, or None without any."""
    valid = [day for day in days if day.totals.worn_s >= VALID_WORN_S]
    if not valid:
        return None
    up = [day.totals.seconds["standing"] + day.totals.seconds["moving"] for day in valid]
    return Figures(
        days=len(valid),
        known_share=sum(d.totals.known_s for d in valid) / sum(d.totals.worn_s for d in valid),
        sitting_h=fmean(day.totals.seconds["sitting"] for day in valid) / 3600,
        up_h=fmean(up) / 3600,
        long_sitting_min=fmean(day.long_sitting_s for day in valid) / 60,
        longest_min=fmean(day.longest_sitting_s for day in valid) / 60,
        breaks=fmean(day.breaks for day in valid),
    )


def change_line(days: Sequence[DaySummary], before: Sequence[DaySummary]) -> str:
    """Return what changed against the days before, "" while one side has too few valid days."""
    now, then = figures(days), figures(before)
    if now is None or then is None or min(now.days, then.days) < LEAST_DAYS:
        return ""
    return _compared(now, then, f"the {len(before)} days before")


def period_lines(
    days: Sequence[DaySummary], events: Iterable[Event], journal: Iterable[Practice]
) -> list[str]:
    """Return means, what the body did after prompts, and days practised."""
    all_days = figures(days)
    if all_days is None:
        return [f"No day of these {len(days)} was worn for 5 h yet."]
    rates = response_rates(events)
    practised = {entry.day for entry in journal if days[0].date <= entry.day <= days[-1].date}
    lines = [
        f"{all_days.days} of {len(days)} days count; {_percent(all_days.known_share)} of their "
        "worn time is known.",
        f"A day has {all_days.sitting_h:.1f} h of sitting, {all_days.long_sitting_min:.0f} min of "
        f"it in bouts over 30 min, and {all_days.breaks:.0f} breaks.",
        f"Practised on {len(practised)} of {len(days)} days.",
    ]
    if rates.within is not None:
        shares = " / ".join(map(_percent, rates.within))
        usual = " / ".join(map(_percent, REFERENCE))
        lines.append(
            f"After {rates.prompts} nudges you were up within 1 / 3 / 5 min in {shares}; "
            f"published for others: {usual} ({REFERENCE_SOURCE})."
        )
    return lines


def physio_page(
    days: Sequence[DaySummary],
    events: Sequence[Event],
    journal: Sequence[Practice],
    *,
    simulated: bool = False,
) -> str:
    """Return one page of Markdown for a physiotherapist: figures, methods, limits, no diagnosis."""
    sharp = sum(entry.rating == "sharp" for entry in journal)
    marks = [event for event in events if event.kind == "mark"]
    parts = [
        f"# Sitting, breaks and drills{' (simulated data)' if simulated else ''}",
        f"{safety.ABOUT} {len(days)} days up to {days[-1].date.isoformat()}.",
        "## Figures",
        _listed(period_lines(days, events, journal)),
        _listed([f"Marked as hurting: {len(marks)}.", *_mark_lines(marks)]),
        _listed([f"Drills in the journal: {len(journal)}, ended with sharp pain: {sharp}."]),
        "## How it is measured",
        "One inertial sensor on the lower back. Posture is decided second by second from "
        "inclination, movement, walking and rises; a break counts when the body is up for a minute "
        "(half) to five minutes (all).",
        "## What it cannot tell",
        _listed(safety.LIMITS),
        f"## {safety.RED_FLAGS_TITLE}",
        _listed(safety.RED_FLAGS),
        f"{safety.RED_FLAGS_ACTION} {safety.CARE}",
    ]
    return "\n\n".join(parts) + "\n"


def _mark_lines(marks: Sequence[Event]) -> list[str]:
    """Return the personal zone of the marks: where the back was in the ten minutes before."""
    angles = [event.data.get("sagittal_mean_deg") for event in marks]
    known = sorted(float(angle) for angle in angles if isinstance(angle, int | float))
    if len(known) < 3:
        return []
    middle = known[len(known) // 2]
    return [
        f"In the ten minutes before, the mean inclination was {known[0]:.0f} to {known[-1]:.0f} "
        f"degrees, {middle:.0f} in the middle ({len(known)} marks with angles)."
    ]


def _compared(now: Figures, then: Figures, name: str) -> str:
    changes = [
        _change("minutes in long bouts", now.long_sitting_min, then.long_sitting_min, 5),
        _change("hours on your feet", now.up_h, then.up_h, 0.2),
        _change("breaks", now.breaks, then.breaks, 1),
    ]
    said = [change for change in changes if change]
    return f"Compared with {name}: " + (", ".join(said) if said else "much the same") + "."


def _change(what: str, now: float, then: float, least: float) -> str:
    """Return a change in words, or "" when it is smaller than `least`."""
    if abs(now - then) < least:
        return ""
    digits = 1 if least < 1 else 0
    return f"{abs(now - then):.{digits}f} {'more' if now > then else 'fewer'} {what}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
