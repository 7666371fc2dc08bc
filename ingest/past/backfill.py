"""What a strap kept during a link loss, judged late and told as revisions.

When the strap falls silent, a fork of the pipeline is set aside as it was at the last sample. The
samples that arrive late run on the fork, followed by those with which the strap came back, so that
the gap is judged as if it had never been. The live pipeline is not touched: its records and its
display stay as they were, and the seconds of the gap become a revision.

After a gap the live pipeline may not know for a while whether the wearer sits, and a bout was cut.
The fork therefore runs along until both agree; once the next bout has ended and is stored, `mended`
says in a second revision what the whole stretch was, from the first bout's start to the last's end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import floor
from typing import Final, Protocol, Self

from ingest.measurement.bouts import MAX_INTERRUPTION_S
from ingest.measurement.decision import RULE
from ingest.measurement.intake import GRACE_S
from ingest.measurement.posture import LAG_S
from ingest.output import Output
from ingest.past.correction import all_kept, bouts_of, whole_bouts
from ingest.records import Bout, PostureState, Record, Revision, Second
from ingest.store.base import Store, Window
from sensor.sample import ImuBatch

REASON: Final = "backfill"
SILENT_S: Final = 0.5  # without samples, before a fork is set aside
LEAST_GAP_S: Final = 0.5  # a shorter one empties no second
AFTERMATH_S: Final = LAG_S + 3.0  # of samples after the gap, which its last seconds are judged by
PATIENCE_S: Final = 60.0  # without late samples; then what has come is all there is
AGREE_S: Final = 30  # seconds in a row that fork and live pipeline judge alike
MOST_GAPS: Final = 8  # of which forks are kept


class Forkable(Protocol):
    """What is needed of a pipeline."""

    def fork(self) -> Self:
        """Return one that goes on from the same samples without touching this one."""

    def feed(self, batch: ImuBatch) -> Output:
        """Take the next batch."""

    def advance(self, now_s: float) -> Output:
        """Decide what can receive no more samples at `now_s`."""


@dataclass(slots=True)
class _Gap:
    """One link loss between two live samples, and what is known of it so far."""

    pipeline: Forkable
    from_s: float
    to_s: float
    waiting_since_s: float
    after: list[ImuBatch] = field(default_factory=list)
    seconds: dict[int, Second] = field(default_factory=dict)
    last_before_s: int | None = None
    first_after_s: int | None = None
    complete: bool = False
    filled: bool = False

    @property
    def heard_s(self) -> float:
        """For how long the live samples after the gap were kept."""
        return float(self.after[-1].t[-1]) - self.to_s if self.after else 0.0

    def feed(self, batch: ImuBatch) -> None:
        self.take(self.pipeline.feed(batch).records)

    def take(self, records: Sequence[Record]) -> None:
        """Keep the seconds that the fork has decided."""
        self.seconds.update({r.t_s: r for r in records if isinstance(r, Second)})

    def note(self, second: Second) -> None:
        """Take note of where the live record ends before the gap and goes on after it."""
        if second.t_s <= self.from_s:
            self.last_before_s = second.t_s
        elif self.first_after_s is None:
            self.first_after_s = second.t_s

    def ready(self, now_s: float, patience_s: float) -> bool:
        """Tell whether everything has come that will."""
        all_there = self.complete or now_s - self.waiting_since_s > patience_s
        return all_there and self.first_after_s is not None and self.heard_s >= AFTERMATH_S

    def rest(self) -> dict[int, Second]:
        """Return the fork's seconds after the gap."""
        return {t: s for t, s in self.seconds.items() if t >= (self.first_after_s or 0)}

    def revision(self, position: str, rev: int) -> Revision | None:
        """Return the seconds of the gap as judged by the fork, or None when nothing came."""
        if not self.filled or self.first_after_s is None:
            return None
        for batch in self.after:
            self.feed(batch)
        self.take(self.pipeline.advance(self.to_s + self.heard_s + GRACE_S).records)
        from_s = floor(self.from_s) if self.last_before_s is None else self.last_before_s + 1
        window = range(from_s, self.first_after_s)
        seconds = [self.seconds[t_s] for t_s in window if t_s in self.seconds]
        if not seconds:
            return None
        return Revision(
            position=position,
            from_s=window.start,
            to_s=window.stop,
            rev=rev,
            reason=REASON,
            seconds=seconds,
            bouts=[],
        )


@dataclass(slots=True)
class _Seam:
    """A filled gap and what follows it, until fork and live pipeline agree again."""

    pipeline: Forkable
    from_s: int
    to_s: int
    seconds: dict[int, Second] = field(default_factory=dict)
    live: dict[int, PostureState] = field(default_factory=dict)
    agreed: bool = False
    end_s: int | None = None

    def feed(self, batch: ImuBatch) -> None:
        """Run the fork along."""
        if not self.agreed and self.end_s is None:
            self.take(self.pipeline.feed(batch).records)

    def take(self, records: Sequence[Record]) -> None:
        """Keep what the fork decided of seconds after the gap."""
        for record in records:
            if isinstance(record, Second) and record.t_s >= self.to_s:
                self.seconds[record.t_s] = record
        newest = list(self.seconds)[-AGREE_S:]
        same = (self.live.get(t_s) is self.seconds[t_s].state for t_s in newest)
        self.agreed |= len(newest) == AGREE_S and all(same)

    def note(self, record: Record) -> None:
        """Take note of a live record; a bout that ends after the gap completes the seam."""
        if isinstance(record, Second):
            self.live[record.t_s] = record.state
        elif isinstance(record, Bout) and self.end_s is None:
            ends_s = record.end_ms // 1000
            self.end_s = ends_s if ends_s > self.to_s else None

    def stretch(self) -> Stretch:
        """Return what is to be mended."""
        end_s = self.to_s if self.end_s is None else self.end_s
        better = {t_s: second for t_s, second in self.seconds.items() if t_s < end_s}
        return Stretch((self.from_s - MAX_INTERRUPTION_S - 1, end_s), better)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A window around a filled gap, and the seconds in it that are known better than stored."""

    window: Window
    better: Mapping[int, Second]


class Backfill:
    """Watches the live samples for gaps and judges what arrives late for them.

    Args:
        position: where the strap is worn.
        patience_s: Timeline seconds without late samples after which a gap is given up.
    """

    def __init__(self, position: str, *, patience_s: float = PATIENCE_S) -> None:
        self._position = position
        self._patience_s = patience_s
        self._gaps: list[_Gap] = []
        self._seams: list[_Seam] = []
        self._spare: Forkable | None = None
        self._last_t: float | None = None
        self._newest_second_s: int | None = None

    def advancing(self, now_s: float, pipeline: Forkable) -> None:
        """Set a fork aside before the pipeline is told of a silence."""
        silent = self._last_t is not None and now_s - self._last_t > SILENT_S
        if silent and self._spare is None:
            self._spare = pipeline.fork()

    def live(self, batch: ImuBatch, pipeline: Forkable) -> None:
        """Look at a live batch before the pipeline takes it."""
        begins_s = float(batch.t[0])
        if batch.lost and self._last_t is not None and begins_s - self._last_t > LEAST_GAP_S:
            fork = self._spare or pipeline.fork()
            gap = _Gap(fork, self._last_t, begins_s, begins_s, last_before_s=self._newest_second_s)
            self._gaps = [*self._gaps, gap][-MOST_GAPS:]
        self._spare = None
        self._last_t = float(batch.t[-1])
        for gap in self._gaps:
            gap.after.append(batch)
        for seam in self._seams:
            seam.feed(batch)

    def late(self, batch: ImuBatch, now_s: float) -> None:
        """Judge samples that lie in a gap; others are dropped."""
        for gap in self._gaps:
            if gap.from_s < batch.t[0] and batch.t[-1] < gap.to_s:
                gap.feed(batch)
                gap.filled = True
                gap.waiting_since_s = now_s
                period_s = float(batch.t[-1] - batch.t[0]) / max(1, len(batch) - 1)
                gap.complete |= gap.to_s - float(batch.t[-1]) < 3 * period_s

    def recorded(self, records: Sequence[Record]) -> None:
        """Take note of what the live pipeline has decided."""
        for record in records:
            if isinstance(record, Second):
                self._newest_second_s = record.t_s
                for gap in self._gaps:
                    gap.note(record)
            for seam in self._seams:
                seam.note(record)

    def take(self, now_s: float, rev: int) -> list[Revision]:
        """Return the revisions of the gaps that are ready; `rev` numbers them."""
        ready = [gap for gap in self._gaps if gap.ready(now_s, self._patience_s)]
        self._gaps = [gap for gap in self._gaps if gap not in ready]
        made = [(gap, gap.revision(self._position, rev)) for gap in ready]
        seams = [_Seam(gap.pipeline, r.from_s, r.to_s, gap.rest()) for gap, r in made if r]
        self._seams = [*self._seams, *seams][-MOST_GAPS:]
        return [revision for _, revision in made if revision is not None]

    def take_whole(self, stored_until_s: float) -> list[Stretch]:
        """Return stretches whose bouts can be mended, since all of them is stored."""
        whole = [s for s in self._seams if s.end_s is not None and s.end_s < stored_until_s]
        self._seams = [seam for seam in self._seams if seam not in whole]
        return [seam.stretch() for seam in whole]

    def forget(self) -> None:
        """Give up every gap: the clock was set, and old times mean nothing any more."""
        self._gaps, self._seams, self._spare = [], [], None
        self._last_t = self._newest_second_s = None


def mended(
    store: Store, wearer: str, position: str, stretch: Stretch, *, rev: int
) -> Revision | None:
    """Return the revision that joins the bouts around a filled gap.

    None when they are right, or reach to where single seconds are no longer kept.
    """
    before = store.bouts(wearer, position, stretch.window)
    from_s, to_s = whole_bouts(before, stretch.window)
    stored = store.seconds(wearer, position, (from_s, to_s))
    if not all_kept(store, wearer, position, (from_s, to_s), stored):
        return None
    # What the wearer corrected meanwhile stands.
    seconds = [stretch.better.get(s.t_s, s) if s.rule == RULE else s for s in stored]
    bouts = bouts_of(seconds, position, rule=RULE) if seconds else []
    if seconds == stored and bouts == before:
        return None
    return Revision(
        position=position,
        from_s=from_s,
        to_s=to_s,
        rev=rev,
        reason=REASON,
        seconds=seconds,
        bouts=bouts,
    )
