"""Gathers what a decision depends on, lets `monitor.nudge` decide, and words the prompt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from ingest.messages import NudgeMessage, StatusMessage
from ingest.records import Event
from monitor import response, wording
from monitor.body import Body
from monitor.levels import Levels, levels_at
from monitor.novelty import novelty
from monitor.nudge import (
    MAX_RECORD_AGE_S,
    NudgeInputs,
    Outcome,
    Rung,
    Topic,
    Verdict,
    decide,
    next_due,
    thresholds,
)
from monitor.presence import Screens
from monitor.schedule import Schedule
from monitor.settings import MonitorSettings
from monitor.slump import crept
from monitor.state import BoutState, MonitorState, Watch

TOPICS: Final[tuple[Topic, ...]] = ("sitting", "standing")
LAG_S: Final = 2.0  # wall seconds that a record may travel; in a demo at 60x that is 120 s
JUST_S: Final = 15.0  # a shift that is so recent still is a natural pause; seconds lag by 5 to 15 s
Propose = Callable[[Topic, int], str | None]
"""Chooses the drill of a prompt from its topic and the number of the prompt in the day."""


def no_proposal(topic: Topic, number: int) -> str | None:
    """Propose no drill."""
    del topic, number
    return None


class Judge:
    """Asks the ladder about every topic and turns a yes into a prompt and its record."""

    def __init__(
        self,
        settings: MonitorSettings,
        state: MonitorState,
        body: Body,
        schedule: Schedule,
        *,
        propose: Propose,
        screens: Screens,
    ) -> None:
        self._settings = settings
        self._state = state
        self._body = body
        self._schedule = schedule
        self._propose = propose
        self.rate = 1.0
        self._screens = screens

    def prompt(self, now_s: float) -> tuple[NudgeMessage | None, list[Event]]:
        """Return the prompt that is due at `now_s`, if any, and the records of it."""
        for topic in TOPICS:
            if not self._loaded(topic):
                continue
            inputs, verdict = self._decide(topic, now_s)
            if verdict.prompts:
                return self._show(inputs, verdict)
        return None, []

    def inputs(self, topic: Topic, now_s: float) -> NudgeInputs:
        """Return everything that the decision about one topic depends on at `now_s`."""
        state, nudges = self._state, self._settings.nudges
        sitting = topic == "sitting"
        loaded = self._loaded(topic)
        levels = self._levels(now_s)
        bout, ledger = state.bout(topic), self._body.sitting if sitting else self._body.standing
        return NudgeInputs(
            topic=topic,
            now_s=now_s,
            record_s=state.record_s,
            loaded=loaded,
            load_s=ledger.load_s,
            break_s=ledger.break_s,
            break_end_s=state.last_break_s,
            hint_s=levels.hint_s if sitting else 0.0,
            nudge_s=levels.nudge_s if sitting else nudges.standing_min * 60,
            firm_s=levels.firm_s if sitting else 0.0,
            repeat_s=nudges.repeat_min * 60,
            rung_shown=bout.rung_shown,
            prompts_in_bout=bout.prompts,
            max_per_bout=nudges.max_per_bout if sitting else 1,
            prompts_today=state.prompts_today,
            budget=levels.budget,
            last_prompt_s=state.last_prompt_s,
            cooldown_s=nudges.cooldown_min * 60,
            snoozed_until_s=bout.snoozed_until_s,
            muted_until_s=bout.muted_until_s,
            paused_until_s=state.paused_until_s,
            enabled=nudges.enabled,
            open=self._schedule.is_open(now_s),
            quiet=self._schedule.is_quiet(now_s),
            hold=state.hold(now_s),
            held=bout.held,
            moment_until_s=self._moment_until_s(bout),
            charge=state.slump.charge,
            max_age_s=max(MAX_RECORD_AGE_S, LAG_S * self.rate),
        )

    def _loaded(self, topic: Topic) -> bool:
        """Return whether the newest second is of the topic's own posture."""
        ledger = self._body.sitting if topic == "sitting" else self._body.standing
        return self._state.posture in ledger.params.load

    def _levels(self, now_s: float) -> Levels:
        return levels_at(
            now_s,
            self._settings.nudges,
            experiment=self._state.experiment,
            guard=novelty(self._state.responses),
            timezone=self._schedule.timezone,
        )

    def status(self) -> StatusMessage:
        """Return the monitor's view of the moment it has decided up to."""
        state = self._state
        inputs = self.inputs("sitting", state.now_s)
        paused = state.paused_until_s is not None and state.now_s < state.paused_until_s
        due = None if paused or not inputs.loaded else next_due(inputs)
        levels = thresholds(inputs)
        return StatusMessage(
            now_ms=round(state.now_s * 1000),
            sitting_s=inputs.load_s,
            full_s=levels[due[0]] if due else _next_level_s(levels, inputs.load_s),
            next_rung=due[0] if due else None,
            next_ms=_ms(due[1]) if due else None,
            held=_held_text(inputs),
            paused_until_ms=_ms(state.paused_until_s) if paused else None,
            last_break_ms=_ms(state.last_break_s),
            breaks_today=state.breaks_today,
            nudges_today=state.prompts_today,
            break_s=inputs.break_s,
        )

    def _decide(self, topic: Topic, now_s: float) -> tuple[NudgeInputs, Verdict]:
        """Decide about one topic; remember what is held, and since when a pause is waited for."""
        inputs = self.inputs(topic, now_s)
        verdict = decide(inputs)
        bout = self._state.bout(topic)
        if verdict.outcome is Outcome.HELD:
            bout.held = True
        if verdict.prompts and bout.due_since_s is None and self._levels(now_s).moment_s > 0:
            bout.due_since_s = now_s
            inputs = self.inputs(topic, now_s)
            verdict = decide(inputs)
        return inputs, verdict

    def _moment_until_s(self, bout: BoutState) -> float | None:
        """Return until when a due prompt waits for a natural pause.

        None when one is there, or when the end-range load is high: who is stuck at the end of the
        range does not shift.
        """
        if bout.due_since_s is None or crept(self._state.slump):
            return None
        shifted_s = self._state.shifted_s
        if shifted_s is not None and shifted_s >= bout.due_since_s - JUST_S:
            return None
        return bout.due_since_s + self._levels(self._state.now_s).moment_s

    def _show(self, inputs: NudgeInputs, verdict: Verdict) -> tuple[NudgeMessage, list[Event]]:
        earlier = response.finish(self._state, inputs.now_s)
        message = self._message(inputs, verdict)
        self._count(inputs, verdict)
        self._state.active = message
        self._state.watch = Watch(
            nudge=message.id, rung=message.rung, topic=inputs.topic, t_s=inputs.now_s
        )
        record = _nudge_event(inputs, verdict, message)
        return message, [record] if earlier is None else [earlier, record]

    def _message(self, inputs: NudgeInputs, verdict: Verdict) -> NudgeMessage:
        state, nudges = self._state, self._settings.nudges
        rung = verdict.rung or "nudge"
        since_s = None if state.last_break_s is None else inputs.now_s - state.last_break_s
        number = state.prompts_today
        return NudgeMessage(
            id=f"n{round(inputs.now_s * 1000)}",
            t_ms=round(inputs.now_s * 1000),
            expires_ms=round((inputs.now_s + nudges.lifetime_min * 60) * 1000),
            rung=rung,
            topic=inputs.topic,
            reason=wording.reason(
                inputs.topic,
                rung,
                inputs.load_s,
                variant=self._variant(inputs.now_s),
                stands=self._settings.stands,
            ),
            since_break_s=None if since_s is None else max(since_s, 0.0),
            snoozed=state.bout(inputs.topic).snoozes,
            drill=None if rung == "hint" else self._propose(inputs.topic, number),
            shown_by=self._screens.in_use(),
        )

    def _variant(self, now_s: float) -> int:
        """Return which of the equal sentences has its turn."""
        levels = self._levels(now_s)
        if levels.wording is not None:
            return levels.wording
        turn = self._state.prompts_today
        return turn + self._schedule.day_number(now_s) if levels.varied else turn

    def _count(self, inputs: NudgeInputs, verdict: Verdict) -> None:
        state, bout = self._state, self._state.bout(inputs.topic)
        rung = verdict.rung or "nudge"
        bout.rung_shown = rung
        bout.snoozed_until_s = bout.due_since_s = None
        bout.held = False
        if rung != "hint":
            bout.prompts += 1
            state.prompts_today += 1
            state.last_prompt_s = inputs.now_s


def _nudge_event(inputs: NudgeInputs, verdict: Verdict, message: NudgeMessage) -> Event:
    data = {
        "nudge": message.id,
        "rung": message.rung,
        "cause": verdict.cause,
        "reason": message.reason,
        "drill": message.drill,
        "shown_by": message.shown_by,
        **msgspec.structs.asdict(inputs),
    }
    kind = "hint" if message.rung == "hint" else "nudge"
    return Event(kind=kind, t_ms=message.t_ms, data=data)


def _next_level_s(levels: dict[Rung, float], load_s: float) -> float:
    """Return the lowest level above the load, or else the highest."""
    above = (level_s for level_s in levels.values() if level_s > load_s)
    return min(above, default=max(levels.values(), default=0.0))


def _held_text(inputs: NudgeInputs) -> str:
    """Return why a due prompt is not shown, or "" when none is due or it is."""
    verdict = decide(inputs)
    if verdict.rung is None or verdict.prompts:
        return ""
    return inputs.hold if verdict.outcome is Outcome.HELD else verdict.outcome.value


def _ms(at_s: float | None) -> int | None:
    return None if at_s is None else round(at_s * 1000)
