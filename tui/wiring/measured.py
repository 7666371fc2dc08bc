"""Runs a day that ends and counts what arrived in the store: `demo --headless` and `replay`."""

from __future__ import annotations

import secrets
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ingest.records import DEFAULT_POSITION, NO_DATA
from sensor.sample import ImuBatch
from sensor.source import LinkStatus, SampleSource
from sensor.timeline import Timeline
from tui.exits import Exit
from tui.wiring.services import Household, run_everything, run_with
from tui.wiring.verdict import Stretch, agreement, delivery, heard_seconds, truth_totals

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from ingest.store.base import Store, Totals

NUDGE_KINDS: Final = ("nudge",)
BREAK_KINDS: Final = ("break",)
SILENCE_S: Final = 1.0  # shorter stretches without samples leave a second with most of its own


@dataclass
class Counted:
    """A source that notes what went through it.

    Attributes:
        samples: how many samples were handed on.
        first_s: Timeline seconds of the first one, or None.
        last_s: Timeline seconds of the newest one, or None.
        silences: (from, to) of stretches without samples that were longer than SILENCE_S.
    """

    source: SampleSource
    samples: int = 0
    first_s: float | None = None
    last_s: float | None = None
    silences: list[tuple[float, float]] = field(default_factory=list)

    async def events(self) -> AsyncIterator[ImuBatch | LinkStatus]:
        """Hand on the source's events."""
        inner = cast("AsyncGenerator[ImuBatch | LinkStatus]", self.source.events())
        async with aclosing(inner) as events:
            async for event in events:
                if isinstance(event, ImuBatch):
                    self._count(event)
                yield event

    def _count(self, batch: ImuBatch) -> None:
        begin, end = float(batch.t[0]), float(batch.t[-1])
        if self.last_s is not None and begin - self.last_s > SILENCE_S:
            self.silences.append((self.last_s, begin))
        self.first_s = begin if self.first_s is None else self.first_s
        self.last_s = end
        self.samples += len(batch)

    def heard(self) -> list[Stretch]:
        """Return the stretches during which samples came, as a truth that knows no state."""
        if self.first_s is None or self.last_s is None:
            return []
        begins = [self.first_s, *(silence[1] for silence in self.silences)]
        ends = [*(silence[0] for silence in self.silences), self.last_s]
        return [Stretch("unknown", a, b) for a, b in zip(begins, ends, strict=True)]


def clean_up_when_told_to_end() -> None:
    """Let this process clean up when it is told to end, or its terminal is closed.

    By SystemExit, which ends the process with its code wherever it is raised. What is ignored from
    the start, as under nohup, stays ignored.
    """

    def end(_number: int, _frame: object) -> None:
        raise SystemExit(Exit.INTERRUPTED)

    for name in {"SIGTERM", "SIGHUP"} & set(signal.Signals.__members__):
        if signal.getsignal(signal.Signals[name]) is not signal.SIG_IGN:
            signal.signal(signal.Signals[name], end)


async def run_measured(
    home: Household, source: SampleSource, timeline: Timeline, *, monitored: bool = True
) -> float:
    """Run the day through broker, recorder, monitor and one screen; return the wall seconds."""
    from ingest.delivery.broker import EmbeddedBroker
    from tui.feed import MqttFeed

    began = time.monotonic()
    async with EmbeddedBroker(token=secrets.token_hex(32)) as broker:

        async def watch() -> None:
            async for _fact in MqttFeed(broker.connection, home.wearer).facts():
                pass

        main = run_everything(
            home,
            broker.connection,
            source=source,
            timeline=timeline,
            monitored=monitored,
            attended=False,
        )
        await run_with(main, watch())
    return time.monotonic() - began


def stored_figures(
    store: Store,
    home: Household,
    *,
    truth: Sequence[Stretch],
    heard: Sequence[Stretch],
    from_s: float,
    to_s: float,
) -> dict[str, Any]:
    """Return what the store holds of [from_s, to_s), compared with the truth.

    `heard` says when the strap was heard, so which seconds must be there; `truth` what the wearer
    did, as far as that is known.
    """
    window = (floor(from_s), ceil(to_s))
    rows = _row_seconds(store, home.wearer, window)
    arrived = delivery(heard_seconds(heard, from_s=window[0], to_s=window[1]), rows)
    totals = store.totals(home.wearer, DEFAULT_POSITION, [window])[0]
    seconds = store.seconds(home.wearer, DEFAULT_POSITION, window)
    bouts = store.bouts(home.wearer, DEFAULT_POSITION, window)
    # What was decided at the very end carries that moment.
    events = store.events(home.wearer, (window[0], window[1] + 1))
    kinds = [stored.event.kind for stored in events]
    known = agreement(truth, seconds)
    return {
        "records_stored": len(rows) + len(bouts) + len(events),
        "expected_seconds": arrived.expected,
        "lost": arrived.lost,
        "duplicates": arrived.duplicates,
        "seconds_by_state": _rounded(_seconds_by_state(totals, to_s - from_s)),
        "truth_seconds_by_state": _rounded(truth_totals(truth, from_s=from_s, to_s=to_s)),
        "agreement": None if known is None else round(known, 4),
        "coverage": None if totals.known_share is None else round(totals.known_share, 4),
        "bouts": len(bouts),
        "nudges": sum(kind in NUDGE_KINDS for kind in kinds),
        "breaks_credited": sum(kind in BREAK_KINDS for kind in kinds),
    }


def _seconds_by_state(totals: Totals, length_s: float) -> dict[str, float]:
    """Return the totals without what their whole seconds add at both ends: that is nobody's."""
    extra_s = (totals.to_s - totals.from_s) - length_s
    no_data_s = max(0.0, totals.seconds[NO_DATA] - extra_s)
    return {**totals.seconds, NO_DATA: no_data_s}


def _rounded(totals: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 3) for key, value in totals.items()}


def published_records(home: Household) -> int:
    """Return how many records the outboxes of a household have numbered."""
    return sum(_last_seq(path) for path in home.data_dir.glob("outbox-*.sqlite"))


def _last_seq(path: Path) -> int:
    from ingest.delivery.outbox import Outbox
    from ingest.settings import OutboxSettings

    with closing(Outbox(path, origin="reader", settings=OutboxSettings())) as outbox:
        return outbox.last_seq


def _row_seconds(store: Store, wearer: str, window: tuple[int, int]) -> list[int]:
    """Return the `t_s` of every row of seconds in a window.

    SQLite is asked for its rows, so that a wall second that is there twice shows. Another store is
    asked what it answers, which is one second per wall second.
    """
    path = getattr(store, "path", None)
    if path is None:
        return [second.t_s for second in store.seconds(wearer, DEFAULT_POSITION, window)]
    query = """
      SELECT t_s FROM second JOIN strap ON strap.id = second.strap
      WHERE wearer = ? AND t_s >= ? AND t_s < ? ORDER BY t_s"""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as sql:
        return [t_s for (t_s,) in sql.execute(query, (wearer, *window))]
