"""Why this nudge? The stored decision, made again and explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from ingest.records import Event
from monitor.nudge import NudgeInputs, Verdict, decide

EVIDENCE: Final = {
    "sitting": (
        "C",
        "Small laboratory studies found the best effect on blood sugar and pressure with 5 min of "
        "walking every 30 min (Diaz 2023, 11 people). WHO 2020 sets no limit: 30 min is a default.",
    ),
    "standing": (
        "B-",
        "Prolonged standing instead of sitting did not lessen discomfort (three pooled studies, "
        "2020); the 50 min are this product's default.",
    ),
}
_LATER: Final = ("max_age_s", "charge")
"""Inputs with a default: prompts that were stored before they existed lack them."""
_CAUSES: Final = {
    "ladder": "the next rung of the ladder was reached",
    "repeat": "the top rung repeats while the bout goes on",
    "snooze_over": "the snooze you asked for was over",
    "released": "it was due before and held back until then",
}
_CHANGES: Final = {
    "sitting": "nudges.hint_min, nudges.nudge_min, nudges.firm_min, nudges.repeat_min",
    "standing": "nudges.standing_min (0 switches it off)",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a screen shows for "why this nudge?".

    Attributes:
        rule: the rule that fired, in one sentence.
        inputs: what it looked at, as (name, value) in the wearer's words.
        grade: strength of the evidence: A (best) to D.
        evidence: what the studies say, with their size.
        change: the settings that change it.
    """

    rule: str
    inputs: tuple[tuple[str, str], ...]
    grade: str
    evidence: str
    change: str


def inputs_of(event: Event) -> NudgeInputs:
    """Return the inputs that a stored hint or nudge was decided from.

    Raises ValueError for an event that holds none.
    """
    names = NudgeInputs.__struct_fields__
    fields = {name: event.data.get(name) for name in names if name not in _LATER}
    fields |= {name: event.data[name] for name in _LATER if event.data.get(name) is not None}
    try:
        return msgspec.convert(fields, NudgeInputs)
    except msgspec.ValidationError as error:
        raise ValueError(f"the event {event.kind} holds no decision: {error}") from error


def recompute(event: Event) -> Verdict:
    """Return the decision that the stored inputs lead to."""
    return decide(inputs_of(event))


def explain(event: Event) -> Explanation:
    """Return the explanation of a stored hint or nudge."""
    inputs = inputs_of(event)
    verdict = decide(inputs)
    grade, evidence = EVIDENCE[inputs.topic]
    return Explanation(
        rule=f"{_CAUSES[verdict.cause]} ({verdict.rung or 'none'})",
        inputs=_facts(inputs),
        grade=grade,
        evidence=evidence,
        change=_CHANGES[inputs.topic],
    )


def _facts(inputs: NudgeInputs) -> tuple[tuple[str, str], ...]:
    loaded = (
        (("end-range load (experimental)", f"{inputs.charge * 100:.0f} %"),)
        if inputs.charge
        else ()
    )
    return (
        (f"{inputs.topic} counted", _minutes(inputs.load_s)),
        ("since the last credited break", _since(inputs.now_s, inputs.break_end_s)),
        ("since the last nudge", _since(inputs.now_s, inputs.last_prompt_s)),
        ("nudges in this bout", f"{inputs.prompts_in_bout} of {inputs.max_per_bout}"),
        ("nudges today", f"{inputs.prompts_today} of {inputs.budget}"),
        ("age of the newest second", f"{inputs.now_s - (inputs.record_s or inputs.now_s):.0f} s"),
        *loaded,
    )


def _minutes(seconds: float) -> str:
    """Return whole minutes that have passed, as hours and minutes from two hours on."""
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02}"


def _since(now_s: float, then_s: float | None) -> str:
    return "none yet" if then_s is None else _minutes(now_s - then_s)
