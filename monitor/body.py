"""What the body has been doing: ledgers, breaks and responses, from seconds in order of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ingest.records import DEFAULT_POSITION, Event, PostureState, Second
from monitor import response
from monitor.credit import Credit, Ledger, LedgerParams
from monitor.marks import Recent
from monitor.orders import Value
from monitor.settings import NudgeSettings
from monitor.slump import Slump, SlumpParams, follow_load, follow_slump, seated_percent
from monitor.state import MonitorState, Stretch

SHIFT_ACC_SD_MS2: Final = 0.25  # a shift in the chair; breathing and typing stay below


class Body:
    """Follows one strap; seconds wait in a queue until `follow` counts them."""

    def __init__(self, settings: NudgeSettings, state: MonitorState) -> None:
        self._settings = settings
        self._state = state
        self._queue: list[Stretch] = []
        self.recent = Recent()
        self.sitting = Ledger(sitting_params(settings), state.sitting)
        self.standing = Ledger(standing_params(settings), state.standing)

    def take(self, item: Second | Stretch) -> None:
        """Queue a second or a stretch."""
        if isinstance(item, Second):
            self.recent.add(item)
            item = stretch_of(item)
        self._queue.append(item)

    def follow(self, now_s: float) -> list[Event]:
        """Count what is queued in order of time; return the breaks and responses it completed."""
        records: list[Event] = []
        for stretch in sorted(self._queue, key=lambda stretch: (stretch.session, stretch.t_s)):
            if not self._is_next(stretch):
                continue
            credit = self._count(stretch)
            if credit is not None:
                records.append(self._break_event(credit, now_s))
            slump = self._follow_posture(stretch)
            if slump is not None:
                records.append(self._slump_event(slump, now_s))
            answer = response.follow(self._state, stretch, now_s)
            if answer is not None:
                records.append(answer)
        self._queue.clear()
        return records

    def learn(self, seconds: Iterable[Second]) -> None:
        """Count seconds of the past without recording anything about them."""
        for second in seconds:
            stretch = stretch_of(second)
            if self._is_next(stretch):
                self.recent.add(second)
                self._count(stretch)

    def _is_next(self, stretch: Stretch) -> bool:
        state = self._state
        if state.position is None:
            state.position = stretch.position
        late = state.record_s is not None and stretch.t_s < state.record_s
        return stretch.position == state.position and not late

    def _count(self, stretch: Stretch) -> Credit | None:
        """Count one stretch; return the sitting break it completed."""
        state = self._state
        state.record_s, state.posture = stretch.t_s + stretch.seconds, stretch.state
        off = stretch.state is PostureState.OFF_BODY
        state.off_body_s = state.off_body_s + stretch.seconds if off else 0.0
        if stretch.shifted:
            state.shifted_s = stretch.t_s
        self._note_strap(stretch)
        feed = (stretch.t_s, stretch.state)
        if self.standing.feed(*feed, seconds=stretch.seconds) or self.standing.load_s == 0:
            state.start_bout("standing")
        credit = self.sitting.feed(*feed, seconds=stretch.seconds)
        if credit is not None:
            state.last_break_s = credit.end_s
            state.breaks_today += 1
        if credit is not None or self.sitting.load_s == 0:
            state.start_bout("sitting")
        return credit

    def _note_strap(self, stretch: Stretch) -> None:
        strap, end_s = self._state.strap, stretch.t_s + stretch.seconds
        if stretch.state is not PostureState.OFF_BODY:
            strap.worn_s = end_s
        if stretch.state is not PostureState.LYING:
            strap.lying_since_s = None
        elif strap.lying_since_s is None:
            strap.lying_since_s = stretch.t_s

    def _follow_posture(self, stretch: Stretch) -> Slump | None:
        """Follow slumps and end-range load; return the slump that has just ended, if any."""
        state, settings = self._state, self._settings
        percent = seated_percent(stretch.state, stretch.sagittal_deg, state.own_range)
        follow_load(state.slump, stretch.t_s, percent, seconds=stretch.seconds)
        params = SlumpParams(
            enter_percent=settings.slump_enter_percent,
            leave_percent=settings.slump_leave_percent,
            least_s=settings.slump_s,
        )
        last_s = stretch.t_s + stretch.seconds - 1
        return follow_slump(state.slump, last_s, percent, params)

    def _slump_event(self, slump: Slump, now_s: float) -> Event:
        data: dict[str, Value] = {
            "start_s": slump.start_s,
            "end_s": slump.end_s,
            "slumped_s": slump.end_s - slump.start_s,
            "enter_percent": self._settings.slump_enter_percent,
            "leave_percent": self._settings.slump_leave_percent,
            "charge": self._state.slump.charge,
            "now_s": now_s,
        }
        return Event(kind="slump", t_ms=round(slump.start_s * 1000), data=data)

    def _break_event(self, credit: Credit, now_s: float) -> Event:
        params = self.sitting.params
        data: dict[str, Value] = {
            "start_s": credit.start_s,
            "end_s": credit.end_s,
            "up_s": credit.relief_s,
            "share": credit.share,
            "before_s": credit.before_s,
            "after_s": credit.after_s,
            "nudge": self._state.answered,
            "now_s": now_s,
            "half_s": params.half_s,
            "full_s": params.full_s,
            "cap_s": params.cap_s,
        }
        return Event(kind="break", t_ms=round(credit.end_s * 1000), data=data)


def stretch_of(second: Second) -> Stretch:
    """Return a second as a stretch of one second."""
    return Stretch(
        t_s=second.t_s,
        seconds=1.0,
        state=second.state,
        session=second.session,
        position=second.position,
        shifted=second.acc_sd_ms2 >= SHIFT_ACC_SD_MS2,
        sagittal_deg=second.sagittal_deg,
    )


def stretch(t_s: float, seconds: float, state: PostureState) -> Stretch:
    """Return a stretch of one state, for days that are driven by their transitions."""
    return Stretch(
        t_s=t_s, seconds=seconds, state=state, session=0, position=DEFAULT_POSITION, shifted=False
    )


def sitting_params(settings: NudgeSettings) -> LedgerParams:
    """Return how sitting is counted: being on the feet pays it back."""
    return LedgerParams(
        load=frozenset({PostureState.SITTING}),
        relief=frozenset({PostureState.STANDING, PostureState.MOVING}),
        half_s=settings.short_break_min * 60,
        full_s=settings.full_break_min * 60,
        cap_s=settings.nudge_min * 60,
    )


def standing_params(settings: NudgeSettings) -> LedgerParams:
    """Return how standing still is counted: any other posture pays it back."""
    relief = {PostureState.SITTING, PostureState.MOVING, PostureState.LYING}
    return LedgerParams(
        load=frozenset({PostureState.STANDING}),
        relief=frozenset(relief),
        half_s=settings.short_break_min * 60,
        full_s=settings.full_break_min * 60,
        cap_s=max(settings.standing_min, settings.nudge_min) * 60,
    )
