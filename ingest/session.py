"""One wearer's measuring: pipeline, outbox and timeline kept in step, through stepped clocks too.

A session numbers the seconds of one run of the clock. Readers prefer the newest session where two
of them claim the same second, so a clock that was set back never rewrites what was recorded.
"""

from __future__ import annotations

import logging
from enum import Enum
from typing import Final, Protocol, Self

import msgspec

from ingest.commands import wall_ms
from ingest.delivery.outbox import Outbox
from ingest.measurement.pipeline import Pipeline
from ingest.measurement.posture import PostureParams
from ingest.output import Output
from ingest.past.backfill import Backfill, Stretch
from ingest.records import Record, Revision
from sensor.sample import ImuBatch
from sensor.timeline import Timeline, TimelineOrigin

logger = logging.getLogger(__name__)

JUMP_S: Final = 2.0  # behind the wall clock: the machine slept, or its clock was put right
TOLERATED_S: Final = 0.5  # ahead of it, before anything is done
MAX_SLEW_S: Final = 300.0  # ahead of it: more is no correction but another time
# Slower than this the timeline would look to the strap's clock like a faulty crystal.
SLEW_RATE: Final = 1 - 200e-6


class ClockStep(Enum):
    """What to do about the distance between timeline and wall clock."""

    NONE = "go on"
    JUMP = "jump forward and leave a gap"
    SLEW = "go on a little slower until the wall clock has caught up"
    RESTART = "begin a new session at the wall clock's time"


def clock_step(ahead_s: float, *, slewing: bool) -> ClockStep:
    """Return what a live timeline does that is `ahead_s` ahead of the wall clock."""
    if ahead_s < -JUMP_S:
        return ClockStep.JUMP
    if ahead_s > MAX_SLEW_S:
        return ClockStep.RESTART
    if ahead_s > (0.0 if slewing else TOLERATED_S):
        return ClockStep.SLEW
    return ClockStep.NONE


class PosturePipeline(Protocol):
    """What a session needs of a pipeline; see ingest.measurement.pipeline."""

    def feed(self, batch: ImuBatch) -> Output:
        """Take the next batch."""

    def advance(self, now_s: float) -> Output:
        """Decide what time alone decides."""

    def finish(self) -> Output:
        """Decide the rest."""

    def calibrate(self, step: str, now_s: float) -> tuple[bool, str]:
        """Calibrate from the last seconds."""

    def learn(self, params: PostureParams) -> None:
        """Assume other things of the body from now on."""

    def checkpoint(self) -> bytes:
        """Return what to continue from."""

    def fork(self) -> Self:
        """Return one that goes on from the same samples; asked for only with a backfill."""


class PipelineFactory(Protocol):
    """Makes the pipeline of a session."""

    def __call__(
        self, *, session_ms: int, now_s: float, checkpoint: bytes | None
    ) -> PosturePipeline:
        """Return one that goes on from `checkpoint`, or a new one."""


class Session:
    """Owns the pipeline and puts what it decides into the outbox.

    Args:
        timeline: posture time.
        outbox: where records go, with the checkpoint from which a crash is continued.
        make: makes pipelines.
        restore: whether the first one continues from the outbox's checkpoint.
        backfill: what judges samples that arrive late; None drops them.
    """

    def __init__(
        self,
        timeline: Timeline,
        outbox: Outbox,
        make: PipelineFactory,
        *,
        restore: bool,
        backfill: Backfill | None = None,
    ) -> None:
        self._timeline = timeline
        self._outbox = outbox
        self._make = make
        self._backfill = backfill
        self._records: list[Record] = []
        self._params: PostureParams | None = None
        self._resume_clock()
        self._pipeline = self._begin(outbox.checkpoint() if restore else None)

    def feed(self, batch: ImuBatch) -> Output:
        """Take a batch; one that arrives late changes nothing of what is live."""
        if batch.backfill:
            if self._backfill is not None:
                self._backfill.late(batch, self._timeline.now())
            return Output()
        if self._backfill is not None:
            self._backfill.live(batch, self._pipeline)
        return self._take(self._pipeline.feed(batch))

    def advance(self, now_s: float) -> Output:
        """Decide what is decided by `now_s`."""
        if self._backfill is not None:
            self._backfill.advancing(now_s, self._pipeline)
        return self._take(self._pipeline.advance(now_s))

    def finish(self) -> Output:
        """Decide the rest."""
        return self._take(self._pipeline.finish())

    def calibrate(self, step: str) -> tuple[bool, str]:
        """Calibrate from the last seconds; return whether it was accepted, and why (not)."""
        return self._pipeline.calibrate(step, self._timeline.now())

    def learn(self, params: PostureParams) -> None:
        """Assume of the body from now on, in later sessions too, what its wearer has taught."""
        self._params = params
        self._pipeline.learn(params)

    def keep(self) -> None:
        """Put what was decided into the outbox, together with the checkpoint."""
        revisions = self._revisions()
        if self._records or revisions or self._outbox.trouble:
            records, self._records = self._records, []
            self._outbox.append([*records, *revisions], checkpoint=self._pipeline.checkpoint())

    def take_whole(self, stored_until_s: float) -> list[Stretch]:
        """Return stored stretches around filled gaps, whose bouts can be mended."""
        return [] if self._backfill is None else self._backfill.take_whole(stored_until_s)

    def follow_clock(self) -> bool:
        """Compare a live timeline with the wall clock; return whether it was anchored anew."""
        timeline = self._timeline
        if timeline.origin is not TimelineOrigin.LIVE:
            return False
        slewing = timeline.rate != 1.0
        ahead_s = timeline.ahead_s()
        step = clock_step(ahead_s, slewing=slewing)
        if step is ClockStep.NONE and not slewing:
            return False
        if step is ClockStep.SLEW and slewing:
            return False
        logger.warning("posture time is %.1f s ahead of the clock: %s", ahead_s, step.value)
        self._correct(step, ahead_s)
        return True

    def _correct(self, step: ClockStep, ahead_s: float) -> None:
        now_s = self._timeline.now()
        if self._backfill is not None and step in (ClockStep.JUMP, ClockStep.RESTART):
            self._backfill.forget()
        match step:
            case ClockStep.NONE:
                self._timeline.reanchor(now_s, rate=1.0)
            case ClockStep.SLEW:
                self._timeline.reanchor(now_s, rate=SLEW_RATE)
            case ClockStep.JUMP:
                self._timeline.reanchor(now_s - ahead_s, rate=1.0)
            case ClockStep.RESTART:
                self.finish()
                self.keep()
                checkpoint = self._pipeline.checkpoint()
                self._timeline.reanchor(now_s - ahead_s, rate=1.0)
                self._pipeline = self._begin(checkpoint)

    def _revisions(self) -> list[Revision]:
        if self._backfill is None:
            return []
        return self._backfill.take(self._timeline.now(), self._outbox.next_rev(wall_ms()))

    def _resume_clock(self) -> None:
        """Begin where the last run ended if the clock was set back a little since then."""
        last_ms = self._outbox.last_ms()
        if self._timeline.origin is not TimelineOrigin.LIVE or last_ms is None:
            return
        behind_s = last_ms / 1000 - self._timeline.now()
        if 0 < behind_s <= MAX_SLEW_S:
            logger.warning("the clock was set back by %.1f s or more: time goes on", behind_s)
            self._timeline.reanchor(last_ms / 1000, rate=1.0)

    def _begin(self, checkpoint: bytes | None) -> PosturePipeline:
        now_s = self._timeline.now()
        session_ms = self._outbox.session_ms(round(now_s * 1000))
        made = self._make(session_ms=session_ms, now_s=now_s, checkpoint=checkpoint)
        if self._params is not None:
            made.learn(self._params)
        return made

    def _take(self, output: Output) -> Output:
        self._records.extend(output.records)
        if self._backfill is not None:
            self._backfill.recorded(output.records)
        return output


def pipelines(position: str, *, live_trace: bool) -> PipelineFactory:
    """Return what makes real pipelines for a strap at `position`."""

    def make(*, session_ms: int, now_s: float, checkpoint: bytes | None) -> PosturePipeline:
        if checkpoint is not None:
            try:
                return Pipeline.restored(
                    checkpoint, session_ms=session_ms, now_s=now_s, live_trace=live_trace
                )
            except (ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
                logger.warning("the checkpoint of another version is not used: %s", error)
        return Pipeline(session_ms=session_ms, position=position, live_trace=live_trace)

    return make
