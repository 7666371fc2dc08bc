"""Stored events as sentences for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ingest.records import Event
from tui import phrases
from tui.drill_names import drill_name

if TYPE_CHECKING:
    from ingest.store.base import StoredEvent

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a day's story."""

    t_s: float
    kind: str
    words: str


def happening(event: Event) -> Happening | None:
    """Return what to say of an event, or None where nothing is said of its kind."""
    words = _WORDS.get(event.kind)
    if words is None:
        return None
    return Happening(event.t_ms / 1000, event.kind, words(event.data))


def happenings(events: Sequence[StoredEvent]) -> tuple[Happening, ...]:
    """Return the newest first."""
    found = (happening(stored.event) for stored in reversed(events))
    return tuple(item for item in found if item is not None)


ANSWERS: Final = {
    "snooze": "put off",
    "skip": "skipped",
    "in_call": "in a call",
    "pause": "paused",
    "done": "getting up",
}


def _response(data: Data) -> str:
    standing = data.get("topic") == "standing"
    prompt = "hint" if data.get("rung") == "hint" else "nudge"
    if data.get("stood_up"):
        what = "sat down or walked" if standing else "stood up"
        return f"{what} {phrases.duration(data.get('after_s') or 0.0)} after the {prompt}"
    answer = str(data.get("answer") or "")
    if answer:
        return f"answered: {ANSWERS.get(answer, answer)}"
    return f"stayed {'standing' if standing else 'seated'} after the {prompt}"


def _break(data: Data) -> str:
    share = phrases.percent(data.get("share"))
    return f"break, {phrases.duration(data.get('up_s') or 0.0)} on your feet, {share} credited"


def _drill(data: Data) -> str:
    words = f"drill {drill_name(str(data.get('drill', '')))}"
    words += f", {phrases.duration(data.get('duration_s') or 0.0)}"
    rating = data.get("rating")
    return words + (f", {phrases.RATING.get(rating, rating)}" if rating else "")


SLIPS: Final = {
    "tilted": "the strap slipped by {shift:.0f}°; corrected",
    "turned": "the strap turned by {shift:.0f}°; corrected",
    "upside_down": "the strap was put on the other way up; corrected",
}


def _slip(data: Data) -> str:
    known = SLIPS.get(data["kind"], "the strap sits differently; corrected")
    words = known.format(shift=data["shift_deg"])
    return f"{words}. A new calibration would be surer" if data.get("asked") else words


def _reason(word: str) -> Callable[[Data], str]:
    return lambda data: f"{word}: {data.get('reason') or data.get('topic', '')}"


def _fixed(word: str) -> Callable[[Data], str]:
    return lambda _: word


_WORDS: Final[dict[str, Callable[[Data], str]]] = {
    "hint": _reason("hint"),
    "nudge": _reason("nudge"),
    "response": _response,
    "break": _break,
    "snooze": _fixed("nudge put off"),
    "skip": _fixed("nudge skipped"),
    "pause": _fixed("nudges paused"),
    "resume": _fixed("nudges on again"),
    "mark": lambda data: f"marked: {data.get('note') or 'hurts now'}",
    "drill": _drill,
    "check_in": lambda data: f"day after: {phrases.RATING.get(data['answer'], data['answer'])}",
    "calibration": lambda data: f"calibrated ({data['method'].replace('+', ', ')})",
    "slip": _slip,
    "calibration_refused": lambda data: f"calibration refused: {data['reason']}",
}
