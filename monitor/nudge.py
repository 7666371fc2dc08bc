"""The nudge ladder as one pure function of everything it depends on.

`decide` looks at a `NudgeInputs` and nothing else. Every stored prompt carries its inputs, so that
the decision can be made again and explained (`monitor.why`).

The ladder: a quiet hint, a nudge, a firm nudge, each once as the load rises; the top rung repeats.
Limits, in the order in which they speak: fresh data of a body that is loaded, the schedule, pauses,
the wearer's answers, the cap of the bout, the budget of the day, the cooldown, and at last whatever
holds a due prompt back (a call). A held prompt comes once, afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

MAX_RECORD_AGE_S: Final = 30.0  # never prompt from older records

Rung = Literal["hint", "nudge", "firm"]
Topic = Literal["sitting", "standing"]
Cause = Literal["ladder", "repeat", "snooze_over", "released"]
RUNGS: Final[tuple[Rung, ...]] = ("hint", "nudge", "firm")


class Outcome(StrEnum):
    """Why there is a prompt, or none."""

    PROMPT = "prompt"
    NOT_DUE = "not due"
    NO_FRESH_DATA = "no fresh data"
    OTHER_STATE = "another state"
    OFF = "switched off"
    OUTSIDE_HOURS = "outside your hours"
    QUIET_HOURS = "quiet hours"
    PAUSED = "paused"
    SNOOZED = "snoozed"
    SKIPPED = "skipped"
    BOUT_CAP = "enough for this bout"
    BUDGET_SPENT = "enough for today"
    COOLDOWN = "just prompted"
    HELD = "held back"
    WAITING = "waiting for a pause"


class NudgeInputs(Struct, frozen=True, kw_only=True):
    """Everything one decision depends on; times in seconds on the Timeline, loads in seconds.

    Attributes:
        topic: which load this is about.
        now_s: when it was decided.
        record_s: end of the newest second, or None before the first.
        loaded: whether that second is of the load's own state.
        load_s: load in force.
        break_s: relief of the break under way.
        break_end_s: end of the last credited break, or None.
        hint_s, nudge_s, firm_s: where the rungs stand; 0 leaves a rung out.
        repeat_s: between repeats of the top rung.
        rung_shown: highest rung shown in this bout ("" for none).
        prompts_in_bout: nudges and firm nudges of this bout, without those the wearer snoozed.
        max_per_bout: their cap.
        prompts_today: nudges and firm nudges of the local day, all topics.
        budget: their cap.
        last_prompt_s: the newest nudge or firm nudge, or None.
        cooldown_s: fewest seconds between that and the next prompt, and after a credited break.
        snoozed_until_s: end of a snooze that has not come back yet, or None.
        muted_until_s: end of a skip, or None.
        paused_until_s: end of a pause, or None.
        enabled: the switch of all prompts.
        open: whether the schedule welcomes prompts now.
        quiet: whether now is in quiet hours.
        hold: what holds prompts back now ("" for nothing).
        held: whether a prompt that is still due was held back before.
        moment_until_s: until when a due prompt waits for a natural pause, or None.
        max_age_s: oldest record that may prompt; more than 30 s only where time is accelerated.
        charge: end-range load, 0 to 1 (experimental): from one half on, no natural pause is waited
            for.
    """

    topic: Topic
    now_s: float
    record_s: float | None
    loaded: bool
    load_s: float
    break_s: float
    break_end_s: float | None
    hint_s: float
    nudge_s: float
    firm_s: float
    repeat_s: float
    rung_shown: Rung | Literal[""]
    prompts_in_bout: int
    max_per_bout: int
    prompts_today: int
    budget: int
    last_prompt_s: float | None
    cooldown_s: float
    snoozed_until_s: float | None
    muted_until_s: float | None
    paused_until_s: float | None
    enabled: bool
    open: bool
    quiet: bool
    hold: str
    held: bool
    moment_until_s: float | None
    max_age_s: float = MAX_RECORD_AGE_S
    charge: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided.

    Attributes:
        outcome: PROMPT, or why not.
        rung: the rung that is due, also when it may not be shown now; None when none is due.
        cause: what made it due.
    """

    outcome: Outcome
    rung: Rung | None = None
    cause: Cause = "ladder"

    @property
    def prompts(self) -> bool:
        """Whether a prompt is to be shown now."""
        return self.outcome is Outcome.PROMPT


def decide(inputs: NudgeInputs) -> Verdict:
    """Return whether to prompt now, at which rung and why, from the inputs alone."""
    if inputs.record_s is None or inputs.now_s - inputs.record_s > inputs.max_age_s:
        return Verdict(Outcome.NO_FRESH_DATA)
    if not inputs.loaded:
        return Verdict(Outcome.OTHER_STATE)
    due = _due(inputs)
    if due is None:
        return Verdict(Outcome.NOT_DUE)
    rung, cause = due
    return Verdict(_gate(inputs, rung, cause), rung, cause)


def next_due(inputs: NudgeInputs) -> tuple[Rung, float] | None:
    """Return the next rung and when it is due if the load goes on from the newest record.

    None when nothing will come in this bout. Schedule and holds are not looked ahead at.
    """
    if not inputs.enabled or inputs.prompts_today >= inputs.budget:
        return None
    target = _next_rung(inputs)
    if target is None:
        return None
    rung, load_s = target
    earliest_s = (inputs.record_s or inputs.now_s) + max(load_s - inputs.load_s, 0.0)
    return rung, max(earliest_s, inputs.now_s, _not_before(inputs))


def thresholds(inputs: NudgeInputs) -> dict[Rung, float]:
    """Return the load in seconds of every rung that is in use, lowest first."""
    levels = {"hint": inputs.hint_s, "nudge": inputs.nudge_s, "firm": inputs.firm_s}
    return {rung: levels[rung] for rung in RUNGS if levels[rung] > 0}


def _due(inputs: NudgeInputs) -> tuple[Rung, Cause] | None:
    reached = [rung for rung, load_s in thresholds(inputs).items() if inputs.load_s >= load_s]
    if not reached:
        return None
    rung = reached[-1]
    if inputs.snoozed_until_s is not None:
        return rung, "snooze_over"
    if _above(rung, inputs.rung_shown):
        return rung, "released" if inputs.held else "ladder"
    if _repeats(inputs, rung):
        return rung, "released" if inputs.held else "repeat"
    return None


def _above(rung: Rung, shown: Rung | Literal[""]) -> bool:
    return shown == "" or RUNGS.index(rung) > RUNGS.index(shown)


def _repeats(inputs: NudgeInputs, rung: Rung) -> bool:
    top = list(thresholds(inputs))[-1]
    if rung != top or rung == "hint" or inputs.last_prompt_s is None:
        return False
    return inputs.now_s - inputs.last_prompt_s >= inputs.repeat_s


def _gate(inputs: NudgeInputs, rung: Rung, cause: Cause) -> Outcome:
    """Return the first limit that speaks against a due rung, or PROMPT."""
    now_s = inputs.now_s
    checks = (
        (not inputs.enabled, Outcome.OFF),
        (not inputs.open, Outcome.OUTSIDE_HOURS),
        (inputs.quiet, Outcome.QUIET_HOURS),
        (_before(now_s, inputs.paused_until_s), Outcome.PAUSED),
        (_before(now_s, inputs.snoozed_until_s), Outcome.SNOOZED),
        (_before(now_s, inputs.muted_until_s), Outcome.SKIPPED),
        (cause != "snooze_over" and _capped(inputs, rung), Outcome.BOUT_CAP),
        (inputs.prompts_today >= inputs.budget, Outcome.BUDGET_SPENT),
        (cause != "snooze_over" and now_s < _cool_at(inputs), Outcome.COOLDOWN),
        (inputs.hold != "", Outcome.HELD),
        (rung == "nudge" and _before(now_s, inputs.moment_until_s), Outcome.WAITING),
    )
    return next((outcome for applies, outcome in checks if applies), Outcome.PROMPT)


def _capped(inputs: NudgeInputs, rung: Rung) -> bool:
    return rung != "hint" and inputs.prompts_in_bout >= inputs.max_per_bout


def _before(now_s: float, end_s: float | None) -> bool:
    return end_s is not None and now_s < end_s


def _cool_at(inputs: NudgeInputs) -> float:
    """Return when the cooldown after the last prompt and the last credited break is over."""
    since = [t for t in (inputs.last_prompt_s, inputs.break_end_s) if t is not None]
    return max(since) + inputs.cooldown_s if since else 0.0


def _next_rung(inputs: NudgeInputs) -> tuple[Rung, float] | None:
    """Return the rung that comes next and the load it needs."""
    levels = thresholds(inputs)
    if inputs.snoozed_until_s is not None:
        reached = [rung for rung, load_s in levels.items() if inputs.load_s >= load_s]
        return (reached[-1], 0.0) if reached else None
    for rung, load_s in levels.items():
        if _above(rung, inputs.rung_shown) and not _overtaken(inputs, rung, levels):
            return None if _capped(inputs, rung) else (rung, load_s)
    top = list(levels)[-1]
    if top == "hint" or _capped(inputs, top):
        return None
    return top, 0.0


def _overtaken(inputs: NudgeInputs, rung: Rung, levels: dict[Rung, float]) -> bool:
    """Return whether the load has passed a higher rung already, which then comes instead."""
    return any(inputs.load_s >= load_s for other, load_s in levels.items() if _above(other, rung))


def _not_before(inputs: NudgeInputs) -> float:
    """Return the earliest moment that answers, pauses, repeats and cooldown allow."""
    times = [_cool_at(inputs) if inputs.snoozed_until_s is None else 0.0]
    levels = thresholds(inputs)
    if inputs.last_prompt_s is not None and levels and inputs.rung_shown == list(levels)[-1]:
        times.append(inputs.last_prompt_s + inputs.repeat_s)
    times += [
        end_s
        for end_s in (inputs.snoozed_until_s, inputs.muted_until_s, inputs.paused_until_s)
        if end_s is not None
    ]
    return max(times)
