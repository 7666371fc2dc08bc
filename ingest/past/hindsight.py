"""What a running service does to the past: gaps mended, days judged again, stretches corrected.

Everything is read from the store, once it is there, and ends as a revision in the outbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import closing
from zoneinfo import ZoneInfo

from ingest.commands import accepted, refused, wall_ms
from ingest.delivery.outbox import Outbox
from ingest.errors import StoreError
from ingest.measurement.posture import PARAMS, PostureParams
from ingest.messages import Command, Reply
from ingest.past.backfill import Stretch, mended
from ingest.past.correction import SETTLED_S, RefusedError, correct, wish_of
from ingest.past.habits import habits, sample
from ingest.past.review import DailyReview
from ingest.store.base import Store
from sensor.timeline import Timeline

logger = logging.getLogger(__name__)


class Hindsight:
    """Revises what one strap recorded earlier.

    Args:
        wearer: whose it is.
        position: where the strap is worn.
        timeline: posture time.
        outbox: where the revisions go.
        open_history: opens the store for reading; None when none is kept.
        timezone: where the wearer's days end; without it no day is judged again.
        params: what is assumed of the wearer before any correction.
        learn: is told what the wearer's corrections teach of their body.
    """

    def __init__(
        self,
        *,
        wearer: str,
        position: str,
        timeline: Timeline,
        outbox: Outbox,
        open_history: Callable[[], Store] | None,
        timezone: ZoneInfo | None,
        learn: Callable[[PostureParams], None],
        params: PostureParams = PARAMS,
    ) -> None:
        self._wearer, self._position = wearer, position
        self._timeline = timeline
        self._outbox = outbox
        self._open_history = open_history
        self._learn = learn
        self._params = params
        self._review = None
        if timezone is not None:
            self._review = DailyReview(
                wearer=wearer, timezone=timezone, rev=self._rev, position=position, params=params
            )

    async def remember(self) -> None:
        """Learn once what earlier corrections taught; a stepped replay knows only its samples."""
        if self._open_history is not None and not self._timeline.stepped:
            try:
                self._learn(await asyncio.to_thread(self._remembered, self._open_history))
            except StoreError as error:
                logger.debug("no habits are known: %s", error)

    def _remembered(self, open_history: Callable[[], Store]) -> PostureParams:
        with closing(open_history()) as store:
            return habits(
                store, self._wearer, self._position, self._timeline.now(), base=self._params
            )

    async def review(self) -> None:
        """Judge each day again once it is over, until cancelled; return where nothing is to do."""
        if self._review and self._open_history and not self._timeline.stepped:
            await self._review.run(
                self._open_history,
                lambda: self.stored_until_s(self._timeline.now()),
                self._outbox.append,
            )

    def _rev(self) -> int:
        """Return the number of the next revision; the clock may have been set back."""
        return self._outbox.next_rev(wall_ms())

    def stored_until_s(self, now_s: float) -> float:
        """Return the posture time before which everything measured is stored."""
        oldest_ms = self._outbox.oldest_ms
        settled_s = now_s - SETTLED_S
        return settled_s if oldest_ms is None else min(settled_s, oldest_ms / 1000)

    def mend(self, stretches: Iterable[Stretch]) -> None:
        """Join the bouts around filled gaps of which everything is stored."""
        if self._open_history is None:
            return
        for stretch in stretches:
            try:
                with closing(self._open_history()) as store:
                    revision = mended(store, self._wearer, self._position, stretch, rev=self._rev())
            except StoreError as error:
                logger.warning("the bouts around a filled gap stay cut: %s", error)
                continue
            if revision is not None:
                self._outbox.append([revision])

    def correct(self, command: Command) -> Reply:
        """Judge a stretch as the wearer says."""
        if self._open_history is None:
            return refused(command, "no history is kept here")
        until_s = self.stored_until_s(self._timeline.now())
        try:
            wish = wish_of(command.args, stored_until_s=until_s)
            with closing(self._open_history()) as store:
                # The newest correction counts, and its number says which one that is.
                revision = correct(store, self._wearer, self._position, wish, rev=self._rev())
                now_s = self._timeline.now()
                told = sample(wish, revision.seconds, now_s)
                made = [] if told is None else [told]
                params = habits(
                    store, self._wearer, self._position, now_s, base=self._params, made=made
                )
        except (RefusedError, StoreError) as error:
            return refused(command, str(error))
        self._outbox.append([revision, *made])
        self._learn(params)
        if self._review:
            self._review.corrected((wish.from_s, wish.to_s))
        return accepted(command, f"{len(revision.seconds)} seconds are judged anew")
