"""The nudges of the demo's past weeks: each recomputes to its decision like a real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from ingest.records import Bout, Event, PostureState
from monitor.nudge import NudgeInputs, decide
from monitor.settings import NudgeSettings

DELAY_S: Final = 4.0  # between a second and the decision about it
RESPONSE_S: Final = 300.0  # a rise within five minutes counts as an answer (docs/metrics.md)


def prompts(bouts: Sequence[Bout], settings: NudgeSettings) -> Iterator[Event]:
    """Yield the nudges of one day's bouts and how the wearer answered them, in order."""
    last_prompt_s: float | None = None
    shown = 0
    for bout in bouts:
        if bout.state is not PostureState.SITTING:
            continue
        now_s = bout.start_ms / 1000 + settings.nudge_min * 60 + DELAY_S
        if now_s >= bout.end_ms / 1000:
            continue
        inputs = _inputs(settings, now_s, shown=shown, last_prompt_s=last_prompt_s)
        verdict = decide(inputs)
        if not verdict.prompts:
            continue
        shown, last_prompt_s = shown + 1, now_s
        identity = f"past-{round(now_s)}"
        yield _event("nudge", now_s, nudge=identity, cause=verdict.cause, inputs=inputs)
        yield _response(identity, now_s, bout.end_ms / 1000 - now_s)


def _inputs(
    settings: NudgeSettings, now_s: float, *, shown: int, last_prompt_s: float | None
) -> NudgeInputs:
    return NudgeInputs(
        topic="sitting",
        now_s=now_s,
        record_s=now_s - DELAY_S,
        loaded=True,
        load_s=settings.nudge_min * 60,
        break_s=0.0,
        break_end_s=None,
        hint_s=settings.hint_min * 60,
        nudge_s=settings.nudge_min * 60,
        firm_s=settings.firm_min * 60,
        repeat_s=settings.repeat_min * 60,
        rung_shown="hint",
        prompts_in_bout=0,
        max_per_bout=settings.max_per_bout,
        prompts_today=shown,
        budget=settings.budget,
        last_prompt_s=last_prompt_s,
        cooldown_s=settings.cooldown_min * 60,
        snoozed_until_s=None,
        muted_until_s=None,
        paused_until_s=None,
        enabled=True,
        open=True,
        quiet=False,
        hold="",
        held=False,
        moment_until_s=None,
    )


def _event(kind: str, now_s: float, *, nudge: str, cause: str, inputs: NudgeInputs) -> Event:
    data = {"nudge": nudge, "rung": "nudge", "cause": cause, **msgspec.structs.asdict(inputs)}
    return Event(kind=kind, t_ms=round(now_s * 1000), data=data)


def _response(nudge: str, now_s: float, after_s: float) -> Event:
    stood_up = after_s <= RESPONSE_S
    at_s = now_s + min(after_s, RESPONSE_S)
    data: dict[str, str | int | float | bool | None] = {
        "nudge": nudge,
        "rung": "nudge",
        "topic": "sitting",
        "stood_up": stood_up,
        "now_s": at_s,
        "after_s": after_s if stood_up else None,
    }
    return Event(kind="response", t_ms=round(at_s * 1000), data=data)
