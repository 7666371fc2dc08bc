"""Once a local day is over, it is judged again with everything that came later.

The stored seconds are all that is read (`ingest.measurement.smoother`); the outcome is a revision
like that of a correction. What the wearer said stays as it was said. A day that was judged again
already is recognised by its seconds and left alone, so that doing it twice changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from ingest.errors import StoreError
from ingest.measurement.posture import PARAMS, PostureParams
from ingest.measurement.smoother import HISTORY_RULE, Correction, bouts_of, frames_of, revise
from ingest.past import correction
from ingest.past.correction import all_kept, whole_bouts
from ingest.past.habits import habits
from ingest.past.history import CALIBRATIONS_S, local_day
from ingest.records import DEFAULT_POSITION, Revision, Second
from ingest.store.base import Store, Window

REASON: Final = "day"
LOOK_EVERY_S: Final = 60.0  # wall seconds between looks at the calendar
DAYS_BACK: Final = 3  # a computer that was off over the weekend catches up
PATIENCE_S: Final = 12 * 3600  # how long a bout over midnight may keep a day waiting
FINAL: Final = frozenset({HISTORY_RULE, correction.RULE})
logger = logging.getLogger(__name__)


class DailyReview:
    """Knows which local days of one wearer are due, and judges them.

    Args:
        timezone: where the wearer's midnight is.
        rev: numbers revisions, rising.
        params: what is assumed of the wearer before any correction.
    """

    def __init__(
        self,
        *,
        wearer: str,
        timezone: ZoneInfo,
        rev: Callable[[], int],
        position: str = DEFAULT_POSITION,
        params: PostureParams = PARAMS,
    ) -> None:
        self._wearer, self._position = wearer, position
        self._timezone = timezone
        self._rev = rev
        self._params = params
        self._done: set[dt.date] = set()
        self._again: set[dt.date] = set()

    async def run(
        self,
        open_history: Callable[[], Store],
        stored_until: Callable[[], float],
        publish: Callable[[Sequence[Revision]], None],
    ) -> None:
        """Judge each day that is over, in a thread, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            until_s = stored_until()
            for date in self.due(until_s):
                try:
                    revisions = await asyncio.to_thread(self._read, open_history, date, until_s)
                except StoreError as error:
                    logger.warning("%s is not judged again: %s", date, error)
                    continue
                if revisions:
                    publish(revisions)

    def due(self, stored_until_s: float) -> list[dt.date]:
        """Return the days to judge of which everything is stored, oldest first."""
        today = dt.datetime.fromtimestamp(stored_until_s, self._timezone).date()
        days = [today - dt.timedelta(days=n) for n in range(DAYS_BACK, 0, -1)]
        asked = {date for date in self._again if date < today}
        return sorted({date for date in days if date not in self._done} | asked)

    def corrected(self, window: Window) -> None:
        """Judge the days of a window again: the wearer has said what it was."""
        for at_s in window:
            self._again.add(dt.datetime.fromtimestamp(at_s, self._timezone).date())

    def judge(self, store: Store, date: dt.date, stored_until_s: float) -> list[Revision]:
        """Return the revision of a day: none where there is nothing to change, or not yet."""
        rev = self._rev()  # before reading, so that a correction made meanwhile counts
        day = local_day(date, self._timezone)
        if stored_until_s - day[1] < PATIENCE_S and self._open_at(store, day[1]):
            return []
        asked = date in self._again
        revision = self._revision(store, day, stored_until_s, rev=rev, asked=asked)
        self._done.add(date)
        self._again.discard(date)
        return [] if revision is None else [revision]

    def _revision(
        self, store: Store, day: Window, now_s: float, *, rev: int, asked: bool
    ) -> Revision | None:
        seconds = store.seconds(self._wearer, self._position, day)
        if not seconds or (not asked and all(s.rule in FINAL for s in seconds)):
            return None
        window = whole_bouts(store.bouts(self._wearer, self._position, day), day)
        seconds = store.seconds(self._wearer, self._position, window)
        if not all_kept(store, self._wearer, self._position, window, seconds):
            return None
        events = store.events(
            self._wearer, (max(0, window[0] - CALIBRATIONS_S), window[1]), ["calibration"]
        )
        frames = frames_of([e.event for e in events if e.event.position == self._position])
        if not {s.calibration for s in seconds if s.calibration} <= frames.keys():
            return None  # judging them under another calibration would be worse than before
        params = habits(store, self._wearer, self._position, now_s, base=self._params)
        judged = revise(seconds, frames, corrections=said(seconds), params=params).seconds
        judged = [
            old if old.rule == correction.RULE else new
            for old, new in zip(seconds, judged, strict=True)
        ]
        return Revision(
            position=self._position,
            from_s=window[0],
            to_s=window[1],
            rev=rev,
            reason=REASON,
            seconds=judged,
            bouts=bouts_of(judged),
        )

    def _read(
        self, open_history: Callable[[], Store], date: dt.date, stored_until_s: float
    ) -> list[Revision]:
        with contextlib.closing(open_history()) as store:
            return self.judge(store, date, stored_until_s)

    def _open_at(self, store: Store, at_s: int) -> bool:
        """Tell whether a bout that has not ended yet reaches over an instant."""
        around = (at_s - 1, at_s + 1)
        measured = store.seconds(self._wearer, self._position, around)
        return len(measured) == 2 and not store.bouts(self._wearer, self._position, around)


def said(seconds: Sequence[Second]) -> list[Correction]:
    """Return what the wearer said of some seconds, as it stands in them."""
    told = []
    for (rule, state), run in groupby(seconds, key=lambda s: (s.rule, s.state)):
        if rule == correction.RULE:
            own = list(run)
            told.append(Correction(own[0].t_s, own[-1].t_s + 1, state))
    return told
