"""The questions of the first run; pure: what is asked, what an answer means, what is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import available_timezones

from monitor.errors import ScheduleError
from monitor.schedule import Hours

Settings = dict[tuple[str, str], object]
"""What to write: values by table and key."""

WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
WEEKEND = ("saturday", "sunday")
SINKS = {
    "1": ("screen only", ["screen"], ["screen"]),
    "2": ("screen and desktop notices", ["screen", "desktop"], ["screen", "desktop"]),
    "3": ("the same, and tmux when firm", ["screen", "desktop"], ["screen", "desktop", "tmux"]),
}


class AnswerError(ValueError):
    """An answer that cannot be used; the text says what would be."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        text: what is asked.
        hint: what Enter means.
        settle: turns a non-empty answer into settings; raises AnswerError.
    """

    text: str
    hint: str
    settle: Callable[[str], Settings]


def questions(zone: str) -> tuple[Question, ...]:
    """Return the questions in order; `zone` is the system's time zone."""
    return (
        Question("A name for the wearer (letters, digits, _ and -)", "me", _name),
        Question("Time zone of your days", zone, _zone),
        Question("How many minutes of sitting before a nudge?", "30", _minutes),
        Question(
            "When are prompts welcome on workdays? Such as 09:00-12:30, 13:30-18:00",
            "at all hours",
            _hours,
        ),
        Question("Prompts at the weekend too? yes or no", "yes", _weekend),
        Question(_sink_text(), "3", _sinks),
    )


def _sink_text() -> str:
    choices = "; ".join(f"{number} {text}" for number, (text, *_) in SINKS.items())
    return f"Where should a nudge appear? {choices}"


def _name(answer: str) -> Settings:
    from ingest.topics import check_wearer  # noqa: PLC0415  # keeps the module light

    try:
        return {("wearer", "id"): check_wearer(answer)}
    except ValueError as error:
        raise AnswerError(str(error)) from error


def _zone(answer: str) -> Settings:
    if answer not in available_timezones():
        raise AnswerError(f"there is no zone {answer!r}; one is Europe/Vienna")
    return {("wearer", "timezone"): answer}


def _minutes(answer: str) -> Settings:
    try:
        nudge = float(answer)
    except ValueError:
        raise AnswerError("a number of minutes, such as 30") from None
    if not 5 <= nudge <= 240:
        raise AnswerError("between 5 and 240 minutes")
    return {
        ("nudges", "hint_min"): max(0.0, nudge - 5),
        ("nudges", "nudge_min"): nudge,
        ("nudges", "firm_min"): nudge * 1.5,
    }


def _hours(answer: str) -> Settings:
    ranges = [part.strip() for part in answer.split(",") if part.strip()]
    try:
        for part in ranges:
            Hours.parse(part)
    except ScheduleError as error:
        raise AnswerError(str(error)) from error
    return {("schedule", day): ranges for day in WORKDAYS}


def _weekend(answer: str) -> Settings:
    word = answer.lower()
    if word not in ("y", "yes", "n", "no"):
        raise AnswerError("yes or no")
    return {} if word.startswith("y") else {("schedule", day): [] for day in WEEKEND}


def _sinks(answer: str) -> Settings:
    if answer not in SINKS:
        raise AnswerError("1, 2 or 3")
    _, nudge, firm = SINKS[answer]
    return {("sinks", "nudge"): nudge, ("sinks", "firm"): firm}
